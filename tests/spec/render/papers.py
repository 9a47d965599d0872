"""What a test reads of a PDF and of a Word document."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

from pypdf import PdfReader

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
NUMBER = re.compile(r"−?\d+(?:[.,]\d+)*")
SKIPPED = {"script", "style", "nav", "annotation", "head"}


def reader(content: bytes) -> PdfReader:
    """Open a PDF; anything that the reader complains about is an error."""
    return PdfReader(io.BytesIO(content), strict=True)


def structure(document: PdfReader) -> Iterator[dict[str, Any]]:
    """Yield every element of the structure tree."""
    todo = [document.trailer["/Root"]["/StructTreeRoot"]]
    while todo:
        element = todo.pop().get_object()
        if isinstance(element, list):
            todo.extend(element)
        elif isinstance(element, dict):
            if "/S" in element:
                yield element
            if "/K" in element:
                todo.append(element["/K"])


def words_of_pdf(document: PdfReader) -> str:
    """Return the text of a PDF with words that were broken at the end of a line put together."""
    whole = "\n".join(page.extract_text() for page in document.pages)
    return re.sub(r"\s+", " ", re.sub(r"[-\u00ad\u2010]\n(?=\w)", "", whole))


class _Visible(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.depth, self.pieces = 0, []  # type: ignore[var-annotated]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        hidden = tag in SKIPPED or dict(attrs).get("class") in {"downloads", "foot"}
        if self.depth or hidden:
            self.depth += tag not in {"meta", "link", "br", "img", "input"}

    def handle_endtag(self, tag: str) -> None:
        self.depth -= bool(self.depth)

    def handle_data(self, data: str) -> None:
        if not self.depth:
            self.pieces.append(data)


def words_of_html(html: str) -> str:
    """Return the text of the body of a page, without its navigation."""
    body = html[html.index('<div class="body">') : html.index("</main>")]
    parser = _Visible()
    parser.feed(body)
    return re.sub(r"\s+", " ", " ".join(parser.pieces))


def numbers(text: str) -> set[str]:
    """Return the numbers of a text as they are written."""
    return set(NUMBER.findall(text.replace("\u00a0", " ")))


def part(content: bytes, name: str) -> ET.Element:
    """Return one part of a Word document as XML."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return ET.fromstring(archive.read(name))


def words_of_word(content: bytes) -> str:
    """Return the text of a Word document, a paragraph a line."""
    body = part(content, "word/document.xml")
    lines = ("".join(t.text or "" for t in p.iter(f"{WORD}t")) for p in body.iter(f"{WORD}p"))
    return "\n".join(lines)
