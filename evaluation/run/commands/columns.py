"""A table of text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset(), indent: int = 2) -> str:
    """Return rows with columns of equal width, two spaces apart.

    Parameters
    ----------
    rows : sequence of rows, all of the same length
    right : frozenset of int
        Columns that are set flush right.
    indent : int
        Spaces before each row.

    Examples
    --------
    >>> print(aligned([["term", "n"], ["att", "57"]], right=frozenset({1}), indent=0))
    term   n
    att   57
    """
    if not rows:
        return ""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join(" " * indent + line.rstrip() for line in lines)
