"""What the documentation shows of the size study: ``python -m tests.coverage.size_pages``.

Writes the figures of docs/images and prints the tables of `evaluation.inference.size_study` and its page.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm
from matplotlib.figure import Figure

from tests.coverage.rejections import METHODS
from tests.coverage.size_study import FILE, GRID

IMAGES = Path(__file__).resolve().parents[2] / "docs/images"
TREATED = tuple(dict.fromkeys(cell.treated for cell in GRID))
CLUSTERS = tuple(dict.fromkeys(cell.clusters for cell in GRID))
SETTINGS = (("equal", 1.0), ("equal", 4.0), ("unequal", 1.0), ("unequal", 4.0))
DESIGN = ["clusters", "treated", "sizes", "variance"]
ORDER = (*METHODS, "rearrangement")
DARK = (1.5, 24.0)
"""Shares below and above which a cell is dark."""
COLOURS = LinearSegmentedColormap.from_list("size", ["#0072B2", "#f7f7f7", "#D55E00"])


def pooled(table: pd.DataFrame) -> pd.DataFrame:
    """Pool the correlations, on which no method that takes clusters as a whole depends.

    Columns of `DESIGN`, method, rejection, std_error, panels; undefined methods are left out.
    """
    table = table[table["defined"] > 0].assign(hits=lambda one: one["rejection"] * one["panels"])
    sums = table.groupby([*DESIGN, "method"], sort=False)[["hits", "panels"]].sum().reset_index()
    share = sums["hits"] / sums["panels"]
    sums["rejection"] = share.round(5)
    sums["std_error"] = np.sqrt(share * (1 - share) / sums["panels"])
    return sums.drop(columns="hits")


def literal(found: pd.DataFrame, sizes: str = "equal") -> str:
    """Return rows as they stand in `evaluation.inference.size_study`: variances are equal."""
    plain = found[(found["sizes"] == sizes) & (found["variance"] == 1)]
    lines = []
    for method in [name for name in ORDER if name in set(plain["method"])]:
        known = plain[plain["method"] == method].set_index(["clusters", "treated"])["rejection"]
        values = [known.get((clusters, treated)) for clusters in CLUSTERS for treated in TREATED]
        written = " ".join("-" if value is None else f"{100 * value:.1f}" for value in values)
        lines.append(f'    "{method}": "{written}",')
    return "\n".join(lines)


def markdown(found: pd.DataFrame) -> str:
    """Return the table of the page: equal sizes, equal variances, in per cent."""
    plain = found[(found["sizes"] == "equal") & (found["variance"] == 1)]
    grid = 100 * plain.pivot_table(index="method", columns=["clusters", "treated"], values="rejection")
    grid = grid.reindex(index=ORDER)
    heads = [f"{treated} of {clusters}" for clusters, treated in grid.columns]
    lines = [f"| | {' | '.join(heads)} |", f"|{'---|' * (len(heads) + 1)}"]
    for method, row in grid.iterrows():
        cells = ["–" if np.isnan(share) else f"{share:.1f}" for share in row]
        lines.append(f"| `{method}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(found: pd.DataFrame, clusters: int) -> Figure:
    """Draw the rejection rates of every method as a table whose cells are coloured by the excess."""
    methods = list(ORDER)
    figure = Figure(figsize=(11.5, 0.36 * len(methods) + 1.7), layout="constrained")
    FigureCanvasSVG(figure)
    for at, (sizes, variance) in enumerate(SETTINGS):
        axes = figure.add_subplot(1, len(SETTINGS), at + 1)
        rows = found[
            (found["clusters"] == clusters) & (found["sizes"] == sizes) & (found["variance"] == variance)
        ]
        grid = rows.pivot_table(index="method", columns="treated", values="rejection")
        shares = 100 * grid.reindex(index=methods, columns=list(TREATED)).to_numpy()
        axes.imshow(shares, cmap=COLOURS, norm=TwoSlopeNorm(5, 0, 30), aspect="auto")
        for (y, x), share in np.ndenumerate(shares):
            words = "–" if np.isnan(share) else f"{share:.0f}" if share >= 10 else f"{share:.1f}"
            axes.text(x, y, words, ha="center", va="center", fontsize=8.5, color=_ink(share))
        axes.set_xticks(range(len(TREATED)), [str(one) for one in TREATED])
        axes.set_yticks(range(len(methods)), methods if at == 0 else [""] * len(methods))
        axes.tick_params(length=0, labelsize=8.5)
        axes.set_title(f"{sizes} sizes, variance ×{variance:g}", fontsize=9.5)
        axes.set_xlabel("treated clusters", fontsize=9)
        axes.spines[:].set_visible(False)
    figure.suptitle(
        f"True nulls rejected at 5 %, in per cent, {clusters} clusters", fontsize=11.5, fontweight="bold"
    )
    return figure


def _ink(share: float) -> str:
    return "white" if share < DARK[0] or share > DARK[1] else "black"


def main() -> None:
    """Write the figures and print the tables."""
    found = pooled(pd.read_csv(FILE))
    with mpl.rc_context({"font.family": ["DejaVu Sans"], "svg.hashsalt": "size", "svg.fonttype": "none"}):
        for clusters in CLUSTERS:
            file = IMAGES / f"size_study_{clusters}.svg"
            draw(found, clusters).savefig(file, format="svg", metadata={"Date": None, "Creator": None})
            file.write_text("\n".join(line.rstrip() for line in file.read_text("utf-8").splitlines()) + "\n")
    sys.stdout.write(f"{literal(found)}\n\n{markdown(found)}\n")


if __name__ == "__main__":
    main()
