"""The HTML of a page's body, read once more: what plain HTML in the sources brought with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from evaluation.run.render.website import SUFFIXES

FETCHED = {
    "img": "src", "script": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src",
    "embed": "src", "object": "data", "link": "href",
}  # fmt: skip
PAGE_LINK = re.compile(r'(<a\b(?![^>]*\bdownload\b)[^>]*\bhref=")([^":?#]+)\.(?:qmd|ipynb)(?=["#?])')
STYLE_FETCHES = re.compile(r"@import\s+[^;]+|url\(\s*['\"]?(?:https?:)?//[^)]*\)")


@dataclass
class Markup(HTMLParser):
    """What was found in the HTML of a body.

    Attributes
    ----------
    links, fetched : list of str
        Targets of links; files that a browser loads by itself.
    ids : list of str
        Every id, as often as it occurs.
    without_alt, formulas : list of str
        Pictures that have no text alternative; formulas that could not be converted.
    """

    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    without_alt: list[str] = field(default_factory=list)
    formulas: list[str] = field(default_factory=list)
    _is_formula: bool = False

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take up the addresses and ids of an element."""
        found = {name: value or "" for name, value in attrs}
        if found.get("id"):
            self.ids.append(found["id"])
        if tag == "a" and found.get("href") and found.get("aria-hidden") != "true":
            self.links.append(found["href"])
        if found.get(FETCHED.get(tag, "")):
            self.fetched.append(found[FETCHED[tag]])
        if tag == "img" and not found.get("alt") and found.get("role") != "presentation":
            self.without_alt.append(found.get("src", ""))
        self._is_formula = tag == "span" and found.get("class", "").split()[:1] == ["math"]
        self.fetched.extend(STYLE_FETCHES.findall(found.get("style", "")))

    def handle_data(self, data: str) -> None:
        """Take up the text of a formula, and addresses in a style sheet."""
        if self._is_formula:
            self.formulas.append(data.strip("$ "))
        self._is_formula = False
        if self.cdata_elem == "style":
            self.fetched.extend(STYLE_FETCHES.findall(data))


def read_markup(body: str) -> Markup:
    """Read the HTML of a body.

    Examples
    --------
    >>> found = read_markup('<p id="a"><a href="b.csv">b</a><img src="c.svg"></p>')
    >>> found.ids, found.links, found.fetched, found.without_alt
    (['a'], ['b.csv'], ['c.svg'], ['c.svg'])
    """
    found = Markup()
    found.feed(body)
    found.close()
    return found


def with_page_links(body: str) -> str:
    """Let links of plain HTML to sources lead to pages; downloads stay what they are.

    Examples
    --------
    >>> with_page_links('<a href="a/index.qmd#sec-x">x</a> <a href="n.ipynb" download>n</a>')
    '<a href="a/index.html#sec-x">x</a> <a href="n.ipynb" download>n</a>'
    """
    return PAGE_LINK.sub(r"\1\2.html", body)


def is_elsewhere(address: str) -> bool:
    """Whether a browser would ask a network for it."""
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme not in {"", "data"} or address.startswith(("@import", "url("))


def as_page(target: str) -> str:
    """Write the link to a source as the link to its page."""
    path, mark, rest = target.partition("#")
    return path.removesuffix(next((s for s in SUFFIXES if path.endswith(s)), "\0")) + (
        ".html" if path.endswith(SUFFIXES) else ""
    ) + mark + rest  # fmt: skip
