"""Pages as documents to print and to file: PDF and Word, from the same Markdown as the page itself."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from markupsafe import Markup

from evaluation.locales import text
from evaluation.report import number
from evaluation.run.render.check import resolved
from evaluation.run.render.defects import Defect
from evaluation.run.render.listing import authors_of
from evaluation.run.render.markup import as_page
from evaluation.run.render.page import Page
from evaluation.run.render.pandoc import Given, convert
from evaluation.run.render.pdf import Part, pdf, png
from evaluation.run.render.website import Website, walk
from evaluation.run.render.word import reference, without_traces

FORMATS = {"pdf": "typst", "docx": "docx"}
"""What is made -> what ``format`` of the metadata calls it."""

LOCALES = {"cs": "cs-CZ", "en": "en-GB"}
WHOLE = "report"
_PPI, _WIDEST = 220, 6.2
_EARLIEST = date(1980, 1, 1)


@dataclass(frozen=True)
class Document:
    """A document of the site.

    Attributes
    ----------
    page : str
        Address of the page that offers it.
    address : str
        Path of the file in the site.
    format : str
        A key of `FORMATS`.
    content : bytes
    """

    page: str
    address: str
    format: str
    content: bytes

    @property
    def is_whole(self) -> bool:
        """Whether it holds the whole report."""
        return self.address == f"{WHOLE}.pdf"


def documents(site: Website, pages: Sequence[Page], formats: Sequence[str]) -> list[Document]:
    """Make the documents of all pages whose ``format`` asks for them, and the whole report as PDF.

    Parameters
    ----------
    site : Website
    pages : sequence of Page
    formats : sequence of str
        Keys of `FORMATS`.

    Raises
    ------
    RunError
        ``pandoc-failed`` or ``typst-failed``, with the page.
    """
    ordered = _in_reading_order(site, pages)
    wanted = [
        (page, one) for page in ordered for one in formats if FORMATS[one] in page.metadata.get("format", {})
    ]
    printed = [page for page, one in wanted if one == "pdf"]
    written = [page for page, one in wanted if one == "docx"]
    with ThreadPoolExecutor(max_workers=2) as pool:
        bodies = list(pool.map(lambda pair: _typst(site, *pair), enumerate(printed)))
        words = pool.map(lambda page: _docx(site, page), written)
        made = list(pool.map(lambda page, body: _pdf(site, page, *body), printed, bodies))
        made += [_of(page, "docx", content) for page, content in zip(written, words, strict=True)]
    return made + ([_whole(site, printed, bodies)] if len(printed) > 1 else [])


def check_documents(pages: Sequence[Page], formats: Sequence[str]) -> list[Defect]:
    """Return what documents need and pages do not have: PDF/A asks for a date."""
    asked = [page for page in pages if "pdf" in formats and FORMATS["pdf"] in page.metadata.get("format", {})]
    return [Defect(f"{page.name}:1", "no-date", "date") for page in asked if _day(page) is None]


def _in_reading_order(site: Website, pages: Sequence[Page]) -> list[Page]:
    """Order the pages as the navigation does; others follow."""
    order = [as_page(item.href) for item, _ in walk(site.sidebar)]
    return sorted(pages, key=lambda p: order.index(p.address) if p.address in order else len(order))


def _of(page: Page, made: str, content: bytes) -> Document:
    address = str(Path(page.address).with_suffix(f".{made}").as_posix())
    return Document(page.address, address, made, content)


def _options(page: Page, made: str) -> Mapping[str, Any]:
    """Return the metadata of a page with the options of a format, which win."""
    return {**page.metadata, **page.metadata["format"][FORMATS[made]]}


def _given(page: Page, options: Mapping[str, Any], more: Mapping[str, str]) -> Given:
    """Return what the filters read; headings begin at level one, as the title is none of them."""
    numbered = str(bool(options.get("number-sections"))).lower()
    words = {**page.given.words, "numbered": numbered, "shift": "1", **more}
    return replace(page.given, words=words)


def _pictures(site: Website, page: Page) -> dict[str, tuple[str, bytes]]:
    """Return the pictures of a page: target -> address in the site, content."""
    found = {}
    for target, _ in page.images:
        if target.startswith("data:"):
            continue
        address = resolved(page.address, unquote(target))
        content = page.files.get(target)
        found[target] = (address, content if content is not None else (site.root / address).read_bytes())
    return found


def _about(page: Page) -> Mapping[str, str]:
    about = page.metadata.get("document") or {}
    return {key: str(about.get(key) or "") for key in ("author", "header", "footer", "date")}


def _subtitle(page: Page) -> str:
    return str(Markup(page.texts.get("subtitle", "")).striptags())


def _authors(page: Page) -> list[str]:
    """Return the names of the page's authors, else of the project."""
    own = [name for name, _ in authors_of(page.metadata)]
    return own or [name for name in [_about(page)["author"]] if name]


def _day(page: Page) -> date | None:
    written = page.metadata.get("date") or _about(page)["date"]
    return date.fromisoformat(str(written)) if written else None


def _date_text(site: Website, page: Page) -> str:
    day = _day(page)
    return text(site.lang, "document-date", day=number(day.isoformat(), site.lang, "date")) if day else ""


def _footer(site: Website, page: Page) -> str:
    """Return the words at the foot, with the profile where there is one."""
    known = site.profile in {"public", "internal"}
    profile = text(site.lang, f"document-{site.profile}") if known else site.profile
    return " · ".join(part for part in (_about(page)["footer"], profile) if part)


def _page_of(site: Website) -> tuple[str, str, str]:
    """Return the words around the number of a page and of all pages."""
    before, _, rest = text(site.lang, "document-page", page="\0", pages="\1").partition("\0")
    between, _, after = rest.partition("\1")
    return before, between, after


def _typst(site: Website, n: int, page: Page) -> tuple[str, dict[str, bytes]]:
    """Return a page in Typst and its pictures; its ids carry its number, so that it fits into the whole."""
    pictures = _pictures(site, page)
    more = {f"picture:{target}": f"/{address}" for target, (address, _) in pictures.items()}
    given = _given(page, _options(page, "pdf"), {"prefix": f"page-{n}-", **more})
    body, _ = convert(page.lines, page.metadata, given, page.source, options=("-t", "typst-citations"))
    return body.decode(), dict(pictures.values())


def _template(site: Website, page: Page, *, contents: bool, depth: int) -> dict[str, Any]:
    lang, _, region = LOCALES[site.lang].partition("-")
    day, about = _day(page), _about(page)
    return {
        "title": page.title,
        "subtitle": _subtitle(page),
        "authors": _authors(page),
        "description": str(page.metadata.get("description") or "") or None,
        "date": [day.year, day.month, day.day] if day else None,
        "date-text": _date_text(site, page),
        "lang": lang,
        "region": region,
        "header": about["header"],
        "footer": _footer(site, page),
        "contents": contents,
        "contents-title": text(site.lang, "document-contents"),
        "depth": depth,
        "page-of": _page_of(site),
    }


def _pdf(site: Website, page: Page, body: str, pictures: Mapping[str, bytes]) -> Document:
    options = _options(page, "pdf")
    depth = max(int(options.get("toc-depth", 3)) - 1, 1)
    given = _template(site, page, contents=bool(options.get("toc", True)), depth=depth)
    return _of(page, "pdf", pdf([Part("", body)], given, pictures, where=page.name))


def _whole(
    site: Website, pages: Sequence[Page], bodies: Sequence[tuple[str, Mapping[str, bytes]]]
) -> Document:
    """Set all pages as one report; the title of a page is a heading."""
    parts = [Part(page.title, body) for page, (body, _) in zip(pages, bodies, strict=True)]
    pictures = {name: content for _, some in bodies for name, content in some.items()}
    first = pages[0]
    given = _template(site, first, contents=True, depth=2)
    given |= {"title": site.title, "subtitle": _subtitle(first)}
    return Document(first.address, f"{WHOLE}.pdf", "pdf", pdf(parts, given, pictures, where=WHOLE))


def _docx(site: Website, page: Page) -> bytes:
    options, about = _options(page, "docx"), _about(page)
    with tempfile.TemporaryDirectory() as scratch:
        more = _drawn(_pictures(site, page), Path(scratch), page.name)
        styles = Path(scratch) / "reference.docx"
        words = {"header": about["header"], "footer": _footer(site, page)}
        styles.write_bytes(reference(locale=LOCALES[site.lang], page_of=_page_of(site), **words))
        given = replace(_given(page, options, more), metadata=_word_metadata(site, page))
        writer = ["-t", "docx", "-o", "-", f"--reference-doc={styles}", f"--resource-path={scratch}"]
        if options.get("toc", True):
            writer += ["--toc", f"--toc-depth={max(int(options.get('toc-depth', 3)) - 1, 1)}"]
        content, _ = convert(
            page.lines, page.metadata, given, page.source, options=writer, epoch=_epoch(_day(page))
        )
    return without_traces(content)


def _epoch(day: date | None) -> int:
    """Return the time that a document carries: noon of its date; zip files know none before 1980."""
    return int(datetime.combine(day or _EARLIEST, time(12), UTC).timestamp())


def _word_metadata(site: Website, page: Page) -> dict[str, Any]:
    return {
        "title": page.title,
        "subtitle": _subtitle(page),
        "author": _authors(page),
        "date": _date_text(site, page),
        "lang": LOCALES[site.lang],
        "toc-title": text(site.lang, "document-contents"),
    }


def _drawn(pictures: Mapping[str, tuple[str, bytes]], folder: Path, where: str) -> dict[str, str]:
    """Write the pictures for Word as PNG, and return their files and widths for the filter."""
    words = {}
    for n, (target, (address, content)) in enumerate(pictures.items()):
        is_svg = address.endswith(".svg")
        file = folder / f"picture-{n}{'.png' if is_svg else Path(address).suffix}"
        drawn = png(content, ppi=_PPI, where=where) if is_svg else content
        file.write_bytes(drawn)
        words[f"picture:{target}"] = file.name
        if is_svg:
            inches = struct.unpack(">I", drawn[16:20])[0] / _PPI
            words[f"width:{target}"] = f"{min(inches, _WIDEST):.2f}in"
    return words


def offered(made: Iterable[Document], page: Page) -> list[Document]:
    """Return the documents that a page offers."""
    return [one for one in made if one.page == page.address]
