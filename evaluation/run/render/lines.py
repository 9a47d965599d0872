"""Lines of a page that remember where they were written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evaluation.run.render.metadata import split_front_matter


@dataclass(frozen=True)
class Line:
    """One line of text and the place it comes from.

    Attributes
    ----------
    text, place : str
    literal : bool
        Code and output of a notebook: shortcodes in it are text.
    """

    text: str
    place: str
    literal: bool = False


def read_lines(file: Path, root: Path) -> tuple[list[Line], str]:
    """Return the body of a page, and its front matter as YAML text."""
    rows = file.read_text(encoding="utf-8-sig").splitlines()
    front, skipped = split_front_matter(rows)
    name = file.relative_to(root).as_posix()
    return [Line(row, f"{name}:{n}") for n, row in enumerate(rows, start=1) if n > skipped], front
