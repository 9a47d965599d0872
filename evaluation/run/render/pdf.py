"""PDF of a page: PDF/A-2a and PDF/UA-1 by the Typst of the wheel, with its own fonts and no others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import typst

from evaluation.errors import RunError

STANDARDS = ["a-2a", "ua-1"]
TEMPLATE = Path(__file__).parent / "report.typ"


@dataclass(frozen=True)
class Part:
    """A page within a document.

    Attributes
    ----------
    title : str
        Heading above it; empty where the document has no more than this page.
    body : str
        Typst, as the filters drew it.
    """

    title: str
    body: str


def literal(value: Any) -> str:
    r"""Write a value of JSON as Typst does.

    Examples
    --------
    >>> literal({"title": 'a "b"', "date": [2024, 12, 31], "contents": True, "header": None})
    '(title: "a \\"b\\"", date: (2024, 12, 31,), contents: true, header: none,)'
    """
    if value is None:
        return "none"
    if isinstance(value, Mapping):
        return f"({''.join(f'{key}: {literal(one)}, ' for key, one in value.items()).rstrip()})"
    if isinstance(value, list | tuple):
        return f"({''.join(f'{literal(one)}, ' for one in value).rstrip()})"
    return json.dumps(value, ensure_ascii=False)


def pdf(parts: list[Part], given: Mapping[str, Any], pictures: Mapping[str, bytes], *, where: str) -> bytes:
    """Set a document.

    Parameters
    ----------
    parts : list of Part
    given : Mapping
        What ``report`` of the template asks for.
    pictures : Mapping
        Path that the parts name -> content.
    where : str
        The page, for the message of an error.

    Raises
    ------
    RunError
        ``typst-failed``: with what Typst said.
    """
    head = f"{_template()}\n#let given = {literal(given)}\n#show: report.with(given)\n#title-block(given)\n"
    bodies = [_headed(part) for part in parts]
    files = {name.lstrip("/"): content for name, content in pictures.items()}
    source = head + "\n\n".join(bodies)
    return _compile({"main.typ": source.encode(), **files}, where, pdf_standards=STANDARDS)


def _headed(part: Part) -> str:
    """Put a page below its title, where it has one: its own headings are one level deeper then."""
    return f"#chapter({literal(part.title)})[\n{part.body}\n]" if part.title else part.body


def png(svg: bytes, *, ppi: float, where: str) -> bytes:
    """Draw an SVG as PNG, for formats whose readers may not know SVG.

    Raises
    ------
    RunError
        ``typst-failed``.
    """
    page = '#set page(width: auto, height: auto, margin: 0pt)\n#image("picture.svg")'
    return _compile({"main.typ": page.encode(), "picture.svg": svg}, where, format="png", ppi=ppi)


def _compile(files: dict[str, bytes], where: str, **options: Any) -> bytes:
    try:
        made = typst.compile(files, ignore_system_fonts=True, **options)
    except typst.TypstError as error:
        raise RunError("typst-failed", where=where, reason=error.message, hints=error.diagnostic) from None
    return made if isinstance(made, bytes) else b"".join(made or ())


@cache
def _template() -> str:
    return TEMPLATE.read_text(encoding="utf-8")
