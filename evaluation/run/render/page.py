"""One page: from its source to the HTML of its body."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from evaluation.locales import text
from evaluation.run.render.defects import Defect
from evaluation.run.render.lines import Line, read_lines
from evaluation.run.render.markup import Markup, as_page, read_markup, with_page_links
from evaluation.run.render.metadata import as_list, read_yaml, truths
from evaluation.run.render.notebook import read_notebook
from evaluation.run.render.options import PAGE, check_options
from evaluation.run.render.pandoc import Given, convert
from evaluation.run.render.shortcodes import Context, expand
from evaluation.run.render.styles import classes_of
from evaluation.run.render.website import Website

WORDS = ("fig", "tbl", "eq", "sec", "callout-note", "callout-tip", "callout-important", "callout-warning",
         "callout-caution", "table_region", "references", "code")  # fmt: skip
MARKS = {
    "unresolved-reference": "@",
    "unknown-citation": "@",
    "no-caption": "#",
    "no-table": "#",
    "duplicate-id": "#",
}
QUOTES = {"cs": "„“‚‘", "en": "“”‘’"}


@dataclass(frozen=True)
class Heading:
    """An entry of the table of contents."""

    level: int
    id: str
    html: str
    number: str


@dataclass(frozen=True)
class Page:
    """A rendered page without its frame.

    Attributes
    ----------
    source : Path
    address : str
        Path of the HTML file in the site.
    title : str
    metadata : Mapping
    body : str
    headings : tuple of Heading
    links, images : tuple of (target, place)
    ids : frozenset of str
        What links to the page may name.
    texts : Mapping
        Title, subtitle, description and footer as HTML, where they are given.
    files : Mapping
        Pictures made of notebook outputs: name relative to the page -> content.
    lines : tuple of Line
        The page as Markdown, once everything was included.
    given : Given
        What the filters were told beside it.
    used : frozenset of str
        Keys of the metadata that shortcodes and conditions of the page read.
    name : str
        The source, relative to the project.
    """

    source: Path
    address: str
    title: str
    metadata: Mapping[str, Any]
    body: str
    headings: tuple[Heading, ...]
    links: tuple[tuple[str, str], ...]
    images: tuple[tuple[str, str], ...]
    ids: frozenset[str]
    texts: Mapping[str, str]
    files: Mapping[str, bytes]
    lines: tuple[Line, ...]
    given: Given
    used: frozenset[str]
    name: str


def address_of(source: Path, root: Path) -> str:
    """Path of a page in the site."""
    return source.relative_to(root).with_suffix(".html").as_posix()


def read_page(source: Path, site: Website, defects: list[Defect]) -> Page:
    """Render the body of a page; what cannot be rendered is added to `defects`."""
    lines, front, heading, files = _read_source(source, site, defects)
    name = source.relative_to(site.root).as_posix()
    metadata = site.metadata_of(source, read_yaml(front, where=name, first_line=2))
    defects.extend(check_options(front, PAGE, where=name, first_line=2))
    context = Context(site.root, source, metadata, site.variables, text(site.lang, "render-code"))
    lines = expand(lines, context)
    defects.extend(context.defects)
    absent = [file for file in as_list(metadata.get("bibliography")) if not Path(file).is_file()]
    defects.extend(Defect(f"{name}:1", "missing-bibliography", Path(file).name) for file in absent)
    address = address_of(source, site.root)
    fragments = {"title": heading or metadata.get("title"), "subtitle": metadata.get("subtitle")}
    fragments |= {"footer": site.footer, "description": metadata.get("description")}
    words = _words(metadata, site, "../" * address.count("/"), titled=bool(fragments["title"]))
    given = Given(words, fragments)
    html, found = convert(lines, metadata, given, source, options=("-t", "html", "--mathml"))
    body = with_page_links(html.decode().strip())
    markup, places = read_markup(body), Places(lines, name)
    defects.extend(
        Defect(places(d["what"], d["code"]), d["code"], d["what"]) for d in _rows(found["defects"])
    )
    defects.extend(_defects_of(markup, places))
    links = [*_rows(found["links"]), *_missing_from(markup.links, map(as_page, _rows(found["links"])))]
    images = [*_rows(found["images"]), *_missing_from(markup.fetched, _rows(found["images"]))]
    texts = {key: text["html"] for key, text in dict(found["fragments"]).items()}
    title = found["fragments"]["title"]["plain"] if "title" in texts else found.get("title", source.stem)
    return Page(
        source=source,
        address=address,
        title=title,
        metadata=metadata,
        body=body,
        headings=tuple(Heading(**row) for row in _rows(found["headings"])),
        links=tuple((link, places(link)) for link in links),
        images=tuple((image, places(image)) for image in images),
        ids=frozenset(markup.ids),
        texts={"title": escape(title), **texts},
        files={**files, **context.files},
        lines=tuple(lines),
        given=given,
        used=frozenset(context.used) | frozenset(_rows(found["used"])),
        name=name,
    )


def _read_source(
    source: Path, site: Website, defects: list[Defect]
) -> tuple[list[Line], str, str, Mapping[str, bytes]]:
    """Return lines, front matter, first heading and pictures of a page or notebook."""
    if source.suffix != ".ipynb":
        return *read_lines(source, site.root), "", {}
    notebook = read_notebook(source, site.root, code=text(site.lang, "render-code"))
    defects.extend(notebook.defects)
    return notebook.lines, notebook.front, notebook.title, notebook.files


def _defects_of(markup: Markup, places: Places) -> Iterator[Defect]:
    """Yield the defects that plain HTML and TeX brought with them."""
    for code, found in {
        "no-alt": markup.without_alt,
        "bad-equation": markup.formulas,
        "duplicate-id": [id_ for id_, times in Counter(markup.ids).items() if times > 1],
    }.items():
        yield from (Defect(places(what, code), code, what) for what in found)


def _missing_from(found: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return what was found and is not known, each once."""
    seen = set(known)
    return [item for item in dict.fromkeys(found) if item not in seen and unquote(item) not in seen]


def _rows(value: Any) -> list[Any]:
    """Return a list: an empty Lua table arrives as an object."""
    return list(value) if isinstance(value, list) else []


class Places:
    """Where on a page a word stands: its first line, or with what marks it as a reference or an id."""

    def __init__(self, lines: Iterable[Line], name: str) -> None:
        self.lines = tuple(lines)
        self.name = name

    def __call__(self, what: str, code: str = "") -> str:
        """Return file and line; the first line of the page where the word does not stand literally."""
        word, mark = re.escape(what), MARKS.get(code, "[(\"'=]")
        patterns = (rf"{mark}{word}(?![\w-])", rf"(?<![\w-]){word}(?![\w-])", word)
        for pattern in patterns:
            for line in self.lines:
                if re.search(pattern, line.text):
                    return line.place
        return f"{self.name}:1"


def _words(metadata: Mapping[str, Any], site: Website, base: str, *, titled: bool) -> dict[str, str]:
    """Return what the filter reads: words of the language and options of the page."""
    options = {
        "numbered": str(bool(metadata.get("number-sections"))).lower(),
        "profile": site.profile,
        "titled": str(titled).lower(),
        "base": base,
        "fold": str(metadata.get("code-fold", False)).lower(),
        "truths": f"`{' '.join(truths(metadata))}`",
        "classes": f"`{' '.join(classes_of(tuple(as_list(metadata.get('css')))))}`",
    }
    if metadata.get("code-summary"):
        options["summary"] = str(metadata["code-summary"])
    quotes = QUOTES.get(site.lang, QUOTES["en"])
    marks = zip(("open", "close", "inner_open", "inner_close"), quotes, strict=True)
    return {word: text(site.lang, f"render-{word}") for word in WORDS} | options | dict(marks)
