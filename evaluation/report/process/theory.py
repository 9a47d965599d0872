"""The theory of change: what leads to what, level by level from above."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from evaluation.disclosure import Publishable
from evaluation.report.canvas import SIZE, canvas, to_svg
from evaluation.report.html import Column, html_table
from evaluation.report.words import Labels, caption, say

LEVELS = ("input", "activity", "output", "outcome", "impact")
_FILL = dict(zip(LEVELS, ("#f0f0f0", "#dcebf5", "#cfe8df", "#fdeccb", "#f8dccb"), strict=True))
MOST, GUTTER, GAP, HEAD = 3, 0.3, 0.46, 0.3  # boxes in a row; inches between boxes, rows and above a level
SIZE_OF_TEXT, LINE, PADDING = 10.0, 0.185, 0.2  # points; inches
_CHARACTER = 0.083  # inches, mean width of one at this size
ARROW = "#44546a"

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A node where it is drawn, in inches from the upper left corner.

    Attributes
    ----------
    row : int
    left, top, width, height : float
    lines : tuple of str
    level : str
    """

    row: int
    left: float
    top: float
    width: float
    height: float
    lines: tuple[str, ...]
    level: str

    @property
    def middle(self) -> float:
        """Return the middle from left to right."""
        return self.left + self.width / 2


def theory(published: Publishable, lang: str, labels: Labels) -> tuple[str, str]:
    """Draw the nodes below each other with arrows; return the SVG and the picture in words."""
    frame = published.tables["table"]
    boxes = layout(frame, lang)
    bottom = max(box.top + box.height for box in boxes.values())
    with canvas(caption(lang, "figure-theory-title", published, labels), height=bottom + 0.75) as (fig, axes):
        axes.set_axis_off()
        axes.set_xlim(0, SIZE[0])
        axes.set_ylim(bottom + 0.05, 0)
        _levels(axes, boxes, lang)
        for number, (start, end) in enumerate(_arrows(frame)):
            _arrow(axes, route(boxes, start, end, shift=0.05 * (number % 5 - 2)))
        for box in boxes.values():
            _box(axes, box)
        svg = to_svg(fig)
    counts = {level: int((frame["level"] == level).sum()) for level in LEVELS}
    return svg, say(lang, "alt-theory", **counts, arrows=sum(1 for _ in _arrows(frame)))


def layout(frame: pd.DataFrame, lang: str) -> dict[str, Box]:
    """Place each node: levels from above, at most three beside each other, near those that lead to them.

    Examples
    --------
    >>> nodes = {"node": ["a", "b"], "level": ["input", "impact"], "label_en": ["Money", "Homes"]}
    >>> boxes = layout(pd.DataFrame(nodes | {"leads_to": ["b", ""]}), "en")
    >>> boxes["a"].row, boxes["b"].row, boxes["a"].top < boxes["b"].top
    (0, 1, True)
    """
    boxes: dict[str, Box] = {}
    top, row = 0.0, 0
    for level in LEVELS:
        nodes = _ordered(frame[frame["level"] == level], frame, boxes)
        top += HEAD if len(nodes) else 0.0
        for line in _rows(nodes, lang):
            width = (SIZE[0] - GUTTER * (len(line) + 1)) / len(line)
            written = [textwrap.wrap(words, int((width - 0.15) / _CHARACTER)) for _, words in line]
            height = LINE * max(map(len, written)) + PADDING
            for i, ((node, _), lines) in enumerate(zip(line, written, strict=True)):
                left = GUTTER + i * (width + GUTTER)
                boxes[node] = Box(row, left, top, width, height, tuple(lines), level)
            top, row = top + height + GAP, row + 1
    return boxes


def _ordered(nodes: pd.DataFrame, frame: pd.DataFrame, boxes: Mapping[str, Box]) -> pd.DataFrame:
    """Sort the nodes of a level: those that lead to others of it first, else by what leads to them."""
    sources: dict[str, list[float]] = {node: [] for node in nodes["node"]}
    for start, end in _arrows(frame):
        if end in sources and start in boxes:
            sources[end].append(boxes[start].middle)
    places = [sum(at) / len(at) if (at := sources[node]) else SIZE[0] / 2 for node in nodes["node"]]
    order = ["depth", "place"]
    return nodes.assign(depth=_depths(nodes, frame), place=places).sort_values(order, kind="stable")


def _depths(nodes: pd.DataFrame, frame: pd.DataFrame) -> list[int]:
    """Return how many nodes of the same level lead to each, one after another."""
    depth = dict.fromkeys(nodes["node"], 0)
    for _ in depth:
        for start, end in _arrows(frame):
            if start in depth and end in depth:
                depth[end] = min(max(depth[end], depth[start] + 1), len(depth))
    return list(depth.values())


def _rows(nodes: pd.DataFrame, lang: str) -> Iterator[list[tuple[str, str]]]:
    """Spread the nodes of a level over as few rows as hold them, evenly."""
    named = list(zip(nodes["node"], nodes[f"label_{lang}"], strict=True))
    rows = -(-len(named) // MOST)
    for i in range(rows):
        yield named[i * len(named) // rows : (i + 1) * len(named) // rows]


def _arrows(frame: pd.DataFrame) -> Iterator[tuple[str, str]]:
    for node, ends in zip(frame["node"], frame["leads_to"], strict=True):
        yield from ((node, end) for end in str(ends).split())


def route(boxes: Mapping[str, Box], start: str, end: str, *, shift: float = 0.0) -> list[Point]:
    """Return the corners of an arrow that passes the rows between two nodes beside their boxes."""
    one, two = boxes[start], boxes[end]
    if one.row == two.row:
        right = one.left < two.left
        middle = one.top + one.height / 2 + shift
        ends = (one.left + one.width, two.left) if right else (one.left, two.left + two.width)
        return [(ends[0], middle), (ends[1], middle)]
    down = one.row < two.row
    first = (one.middle + shift, one.top + one.height if down else one.top)
    last = (two.middle + shift, two.top if down else two.top + two.height)
    corners = [first]
    for row in range(one.row + 1, two.row) if down else range(one.row - 1, two.row, -1):
        beside = [box for box in boxes.values() if box.row == row]
        x = _gutter(beside, (corners[-1][0] + last[0]) / 2) + shift
        ends = (beside[0].top, beside[0].top + beside[0].height)
        corners += [(x, y) for y in (ends if down else ends[::-1])]
    return [*corners, last]


def _gutter(beside: Sequence[Box], x: float) -> float:
    """Return the middle of the free space of a row that is nearest to x."""
    edges = sorted(box.left for box in beside)
    free = [edge - GUTTER / 2 for edge in edges] + [SIZE[0] - GUTTER / 2]
    return min(free, key=lambda at: abs(at - x))


def _arrow(axes: Axes, corners: Sequence[Point]) -> None:
    codes = [Path.MOVETO, *[Path.LINETO] * (len(corners) - 1)]
    axes.add_patch(
        FancyArrowPatch(
            path=Path(corners, codes), arrowstyle="-|>", mutation_scale=10, color=ARROW, linewidth=1.1,
            zorder=3, joinstyle="round",
        )
    )  # fmt: skip


def _box(axes: Axes, box: Box) -> None:
    shape = "round,pad=0,rounding_size=0.06"
    axes.add_patch(
        FancyBboxPatch(
            (box.left, box.top), box.width, box.height, boxstyle=shape, facecolor=_FILL[box.level],
            edgecolor=ARROW, linewidth=0.9, zorder=2,
        )
    )  # fmt: skip
    middle = (box.middle, box.top + box.height / 2)
    axes.text(*middle, "\n".join(box.lines), ha="center", va="center", fontsize=SIZE_OF_TEXT, zorder=4)


def _levels(axes: Axes, boxes: Mapping[str, Box], lang: str) -> None:
    """Write the name of each level above its first row."""
    for level in LEVELS:
        tops = [box.top for box in boxes.values() if box.level == level]
        if tops:
            words = say(lang, f"level-{level}")
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
            axes.text(
                0.02, min(tops) - 0.08, words, va="bottom", fontsize=10.5, weight="bold", bbox=box, zorder=5
            )


def theory_table(published: Publishable, lang: str, labels: Labels) -> str:
    """Write each node with what it leads to."""
    frame = published.tables["table"]
    name = dict(zip(frame["node"], frame[f"label_{lang}"], strict=True))
    heads = [
        Column(say(lang, "label-level")),
        Column(say(lang, "label-node"), header=True),
        Column(say(lang, "label-leads-to")),
    ]
    rows = [
        [
            say(lang, f"level-{level}"),
            name[row["node"]],
            "; ".join(name[end] for end in row["leads_to"].split()),
        ]
        for level in LEVELS
        for _, row in frame[frame["level"] == level].iterrows()
    ]
    return html_table(heads, rows, caption=caption(lang, "figure-theory-title", published, labels))
