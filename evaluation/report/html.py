"""Semantic HTML tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

HIDDEN = "•"


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    label : str
    numeric : bool
        Right-aligned, with digits of equal width.
    header : bool
        Whether its cells head their rows.
    """

    label: str
    numeric: bool = False
    header: bool = False


@dataclass(frozen=True)
class Markup:
    """A cell that is HTML already."""

    html: str


def html_table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str | Markup]],
    *,
    caption: str = "",
    notes: Sequence[str] = (),
    hidden: str = "",
) -> str:
    """Return a table with its caption, scoped headers, and visible notes below.

    Parameters
    ----------
    columns : sequence of Column
    rows : sequence of sequence of str or Markup
        Text is escaped. A cell that equals `HIDDEN` is marked as suppressed.
    caption : str
    notes : sequence of str
        Shown below the table.
    hidden : str
        What a suppressed cell says to those who do not see the dot.

    Examples
    --------
    >>> print(html_table([Column("A", header=True), Column("n", numeric=True)], [["x", "3"]]))
    <table class="data">
    <thead><tr><th scope="col">A</th><th scope="col" class="num">n</th></tr></thead>
    <tbody>
    <tr><th scope="row">x</th><td class="num">3</td></tr>
    </tbody>
    </table>
    """
    head = "".join(f'<th scope="col"{_class(column)}>{escape(column.label)}</th>' for column in columns)
    body = "\n".join(
        f"<tr>{''.join(_cell(c, v, hidden) for c, v in zip(columns, row, strict=True))}</tr>" for row in rows
    )
    lines = [
        '<table class="data">',
        *([f"<caption>{escape(caption)}</caption>"] if caption else []),
        f"<thead><tr>{head}</tr></thead>",
        f"<tbody>\n{body}\n</tbody>" if rows else "<tbody></tbody>",
        "</table>",
        *(f'<p class="table-note">{escape(note)}</p>' for note in notes),
    ]
    return "\n".join(lines)


def _class(column: Column, more: str = "") -> str:
    names = " ".join(name for name in ("num" if column.numeric else "", more) if name)
    return f' class="{names}"' if names else ""


def _cell(column: Column, value: str | Markup, hidden: str) -> str:
    if isinstance(value, Markup):
        inner, more = value.html, ""
    elif value == HIDDEN:
        inner, more = f'<abbr title="{escape(hidden)}">{HIDDEN}</abbr>', "suppressed"
    else:
        inner, more = escape(value), ""
    if column.header:
        return f'<th scope="row"{_class(column, more)}>{inner}</th>'
    return f"<td{_class(column, more)}>{inner}</td>"
