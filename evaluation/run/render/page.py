"""One page: from its source to the HTML of its body."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pypandoc

from evaluation.errors import RunError
from evaluation.locales import text
from evaluation.run.render.defects import Defect
from evaluation.run.render.lines import Context, Line, expand, read_lines
from evaluation.run.render.metadata import as_list, read_yaml
from evaluation.run.render.notebook import read_notebook
from evaluation.run.render.website import Website

FILTER = Path(__file__).parent / "filters" / "quarto.lua"
FOUND = re.compile(r"\n?<!--found:(.*?)-->\n?", re.DOTALL)
WORDS = ("fig", "tbl", "eq", "sec", "callout-note", "callout-tip", "callout-important", "callout-warning",
         "callout-caution", "table_region")  # fmt: skip
MARKDOWN = "markdown+lists_without_preceding_blankline-blank_before_header"


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
    files : Mapping
        Pictures made of notebook outputs: name relative to the page -> content.
    """

    source: Path
    address: str
    title: str
    metadata: Mapping[str, Any]
    body: str
    headings: tuple[Heading, ...]
    links: tuple[tuple[str, str], ...]
    images: tuple[tuple[str, str], ...]
    files: Mapping[str, bytes] = field(default_factory=dict)


@cache
def pandoc() -> str:
    """Path of the pandoc in the wheel."""
    return str(pypandoc.get_pandoc_path())


def address_of(source: Path, root: Path) -> str:
    """Path of a page in the site."""
    return source.relative_to(root).with_suffix(".html").as_posix()


def read_page(source: Path, site: Website, defects: list[Defect]) -> Page:
    """Render the body of a page; what cannot be rendered is added to `defects`."""
    files: Mapping[str, bytes] = {}
    heading = ""
    if source.suffix == ".ipynb":
        notebook = read_notebook(source, site.root, code=text(site.lang, "render-code"))
        lines, front, heading, files = notebook.lines, notebook.front, notebook.title, notebook.files
        defects.extend(notebook.defects)
    else:
        lines, front = read_lines(source, site.root)
    name = source.relative_to(site.root).as_posix()
    metadata = site.metadata_of(source, read_yaml(front, where=name, first_line=2))
    context = Context(site.root, source, metadata, metadata.get("variables", {}))
    lines = expand(lines, context)
    defects.extend(context.defects)
    absent = [file for file in as_list(metadata.get("bibliography")) if not Path(file).is_file()]
    defects.extend(Defect(f"{name}:1", "missing-bibliography", Path(file).name) for file in absent)
    body, found = _convert(lines, {} if absent else metadata, site.lang, source.parent)
    defects.extend(
        Defect(_place(lines, d["what"], name), d["code"], d["what"]) for d in _rows(found["defects"])
    )
    return Page(
        source=source,
        address=address_of(source, site.root),
        title=heading or str(metadata.get("title", "")),
        metadata=metadata,
        body=body,
        headings=tuple(Heading(**row) for row in _rows(found["headings"])),
        links=tuple((link, _place(lines, link, name)) for link in _rows(found["links"])),
        images=tuple((image, _place(lines, image, name)) for image in _rows(found["images"])),
        files=files,
    )


def _rows(value: Any) -> list[Any]:
    """Return a list: an empty Lua table arrives as an object."""
    return list(value) if isinstance(value, list) else []


def _place(lines: Iterable[Line], what: str, name: str) -> str:
    return next((line.place for line in lines if what in line.text), f"{name}:1")


def _convert(
    lines: Iterable[Line], metadata: Mapping[str, Any], lang: str, folder: Path
) -> tuple[str, dict[str, Any]]:
    words = {word: text(lang, f"render-{word}") for word in WORDS}
    words |= {
        "numbered": str(bool(metadata.get("number-sections"))).lower(),
        "profile": str(metadata.get("profile", "")),
    }
    with tempfile.TemporaryDirectory() as scratch:
        given = Path(scratch) / "words.json"
        given.write_text(json.dumps({"words": words, "lang": lang}), encoding="utf-8")
        command = [
            pandoc(),
            "-f",
            MARKDOWN,
            "-t",
            "html",
            "--mathml",
            "--wrap=none",
            f"--metadata-file={given}",
        ]
        command += [f"--lua-filter={FILTER}", *_citations(metadata)]
        source = "\n".join(line.text for line in lines)
        done = subprocess.run(
            command, input=source, capture_output=True, encoding="utf-8", cwd=folder, check=False
        )
    if done.returncode:
        raise RunError(
            "pandoc-failed", reason=done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "?"
        )
    match = FOUND.search(done.stdout)
    assert match is not None
    return FOUND.sub("\n", done.stdout).strip(), json.loads(match[1])


def _citations(metadata: Mapping[str, Any]) -> list[str]:
    files = as_list(metadata.get("bibliography"))
    styles = as_list(metadata.get("csl"))
    if not files:
        return []
    return [
        "--citeproc",
        *(f"--bibliography={file}" for file in files),
        *(f"--csl={file}" for file in styles[:1]),
    ]
