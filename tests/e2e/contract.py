"""The contract of the two renderers: the same words, numbers, links and figures on every page.

What a page looks like is each renderer's own. What it says is compared: headings with their numbers, captions
with theirs, the words of the text, where links lead, how many figures and tables there are, and the
alternative text of each picture.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pypdf import PdfReader

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
AROUND = {"script", "style", "nav", "head", "annotation", "button", "summary"}
FURNITURE = {
    "downloads",
    "foot",
    "nav-footer",
    "quarto-title-block",
    "title",
    "skip",
    "anchorjs-link",
    "breadcrumbs",
}
HEADINGS = {"h2", "h3", "h4", "h5", "h6"}
WORD = re.compile(r"[^\W_]+(?:[.,/]\d+)*")
ALLOWED = 0.01
"""Share of words that may differ: renderers name parts of a page (contents, code) in their own words."""


@dataclass
class Seen(HTMLParser):
    """What a page says.

    Attributes
    ----------
    headings, captions, alts : list of str
        In their order; captions of figures and tables with their numbers.
    links : list of str
        Targets within the site and beyond, without those of the navigation.
    words : list of str
    figures, tables : int
    """

    headings: list[str] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    alts: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    tables: int = 0
    _around: int = 0
    _open: list[tuple[str, list[str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take up pictures, links and the beginning of headings and captions."""
        given = {name: value or "" for name, value in attrs}
        if self._around or tag in AROUND or FURNITURE & set(given.get("class", "").split()):
            self._around += tag not in VOID
            return
        self.tables += tag == "table"
        if tag == "img":
            self.alts.append(given.get("alt", ""))
        if tag == "a" and given.get("href"):
            self.links.append(_target(given["href"]))
        if tag in HEADINGS or tag in {"figcaption", "caption"}:
            self._open.append((tag, []))

    def handle_endtag(self, tag: str) -> None:
        """Take up a heading or caption that ends here."""
        if self._around:
            self._around -= 1
        elif self._open and self._open[-1][0] == tag:
            words = _plain(" ".join(self._open.pop()[1]))
            (self.headings if tag in HEADINGS else self.captions).append(words)

    def handle_data(self, data: str) -> None:
        """Take up words."""
        if not self._around:
            self.words += WORD.findall(data)
            for _, pieces in self._open:
                pieces.append(data)


def _target(href: str) -> str:
    """Write a link as both renderers mean it: a page by its file, an anchor by its id."""
    parts = urlsplit(href)
    if parts.scheme or parts.netloc:
        return href
    return unquote(re.sub(r"^\./", "", parts.path)) + (f"#{parts.fragment}" if parts.fragment else "")


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace(" :", ":").strip()


def read_html(file: Path) -> Seen:
    """Return what the body of a page says: from its first section to the end of its main part."""
    html = file.read_text(encoding="utf-8")
    seen = Seen()
    seen.feed(html[html.index("<main") : html.rindex("</main>")])
    return seen


def read_pdf(file: Path) -> list[str]:
    """Return the words of a PDF; those broken at the end of a line are put together."""
    text = "\n".join(page.extract_text() for page in PdfReader(file).pages)
    return WORD.findall(re.sub(r"[-\u00ad\u2010]\n(?=\w)", "", text))


def differences(one: Path, other: Path) -> Iterator[str]:
    """Yield how two rendered sites differ, a line for each.

    Parameters
    ----------
    one, other : Path
        Folders of the same site, each as a renderer wrote it.
    """
    pages = {path.relative_to(one) for path in one.rglob("*") if path.suffix in {".html", ".pdf"}}
    others = {path.relative_to(other) for path in other.rglob("*") if path.suffix in {".html", ".pdf"}}
    yield from (f"{name}: only in {one.name}" for name in sorted(pages - others) if name.name != "report.pdf")
    yield from (f"{name}: only in {other.name}" for name in sorted(others - pages))
    for name in sorted(pages & others):
        if name.suffix == ".pdf":
            yield from _of_words(name, read_pdf(one / name), read_pdf(other / name))
        else:
            yield from _of_pages(name, read_html(one / name), read_html(other / name))


def _of_pages(name: Path, one: Seen, other: Seen) -> Iterator[str]:
    for what in ("headings", "captions", "alts"):
        yield from _of_lists(name, what, getattr(one, what), getattr(other, what))
    yield from _of_lists(name, "links", sorted(one.links), sorted(other.links))
    if one.tables != other.tables:
        yield f"{name}: tables: {one.tables} and {other.tables}"
    yield from _of_words(name, one.words, other.words)


def _of_lists(name: Path, what: str, one: list[str], other: list[str]) -> Iterator[str]:
    if one != other:
        lost, new = Counter(one) - Counter(other), Counter(other) - Counter(one)
        said = f"missing {list(lost)[:3]}, new {list(new)[:3]}" if lost or new else "another order"
        yield f"{name}: {what}: {said}"


def _of_words(name: Path, one: list[str], other: list[str]) -> Iterator[str]:
    """Yield the numbers that are not on both, and the words if they are too many."""
    lost, new = Counter(one) - Counter(other), Counter(other) - Counter(one)
    numbers = sorted(word for word in {*lost, *new} if word[0].isdigit() and len(word) > 1)
    if numbers:
        yield f"{name}: numbers: {numbers[:5]}"
    count = sum(lost.values()) + sum(new.values())
    if count > ALLOWED * max(len(one), 1):
        yield f"{name}: words: {count} of {len(one)}, such as {[*lost, *new][:5]}"
