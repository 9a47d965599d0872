"""The index for searching: a script, because a page read from disk may load scripts but no data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser

from evaluation.run.render.page import Page

HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
SKIPPED = {"annotation", "script", "style", "button"}
INLINE = {"a", "abbr", "b", "code", "em", "i", "mark", "small", "span", "strong", "sub", "sup"}
SPACE = re.compile(r"\s+")


@dataclass
class _Sections(HTMLParser):
    """The text of a body, cut at its headings: id, heading and words of each part."""

    parts: list[tuple[str, list[str], list[str]]] = field(default_factory=lambda: [("", [], [])])
    _heading: bool = False
    _skipped: int = 0

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a part at a heading that can be linked to."""
        self._skipped += tag in SKIPPED
        name = dict(attrs).get("id")
        if tag in HEADINGS and name:
            self.parts.append((name, [], []))
            self._heading = True
        elif tag not in INLINE:
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        """End a heading, or what is skipped."""
        self._skipped -= tag in SKIPPED and self._skipped > 0
        if tag not in INLINE:
            self.handle_data(" ")
        if tag in HEADINGS:
            self._heading = False

    def handle_data(self, data: str) -> None:
        """Take up words."""
        if not self._skipped:
            _, heading, words = self.parts[-1]
            (heading if self._heading else words).append(data)


def sections_of(body: str) -> list[tuple[str, str, str]]:
    """Return id, heading and text of the parts of a body.

    Examples
    --------
    >>> sections_of('<p>Lead.</p><h2 id="a">First</h2><p>One <b>two</b>.</p>')
    [('', '', 'Lead.'), ('a', 'First', 'One two.')]
    """
    found = _Sections()
    found.feed(body)
    found.close()
    parts = [(name, _joined(heading), _joined(words)) for name, heading, words in found.parts]
    return [(name, heading, words) for name, heading, words in parts if heading or words]


def _joined(words: Iterable[str]) -> str:
    return SPACE.sub(" ", "".join(words)).strip()


def index_of(pages: Iterable[Page]) -> str:
    """Return the script: one row ``[address, title, id, heading, text]`` for each section of each page."""
    rows = [
        [page.address, page.title, *section]
        for page in pages
        for section in [("", "", ""), *sections_of(page.body)]
    ]
    return f"window.searchIndex = {json.dumps(rows, ensure_ascii=False, separators=(',', ':'))};\n"
