"""The size study: how often each inference rejects a true null, cell by cell into a CSV that stays.

    python -m tests.coverage.size_study [CELLS] [PANELS]

CELLS is a pattern of names such as ``22-3-*`` (clusters-treated-rho-sizes-variance). Cells that the file
already holds with as many panels are not simulated again.
"""

from __future__ import annotations

import fnmatch
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from evaluation.design import StudyDesign
from evaluation.estimators import twfe
from evaluation.inference import rearrangement
from tests.coverage.rejections import METHODS, Fits
from tests.coverage.simulated import Cell, Floats, Panels, simulate

FILE = Path(__file__).resolve().parents[2] / "docs/data/size_study.csv"
SEED = 108
PANELS = 2000
ONE_BY_ONE = 250
"""Panels of a method that is applied as it is, one panel at a time."""
LEVELS = {"rejection_01": 0.01, "rejection": 0.05, "rejection_10": 0.10}
GRID = tuple(
    Cell(*values)
    for values in itertools.product(
        (22, 57), (1, 2, 3, 5, 10, 16), (0.0, 0.3, 0.6, 0.9), ("equal", "unequal"), (1.0, 4.0)
    )
)
KEY = ["clusters", "treated", "rho", "sizes", "variance"]
WIDTH = 30  # characters of the progress bar


def name(cell: Cell) -> str:
    """Name of a cell, by which CELLS chooses."""
    return f"{cell.clusters}-{cell.treated}-{cell.rho:g}-{cell.sizes}-{cell.variance:g}"


def p_values(panels: Panels) -> Iterator[tuple[str, Floats]]:
    """Yield each method with its p-values, NaN where it does not exist."""
    fits = Fits(panels)
    for method, test in METHODS.items():
        yield method, test(fits)
    if panels.treated[0].sum() == 1:
        some = range(min(ONE_BY_ONE, len(panels.treated)))
        yield "rearrangement", np.array([_rearranged(panels.frame(at)) for at in some])


def _rearranged(frame: pd.DataFrame) -> float:
    roles = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort", "weights": "size"}
    return float(rearrangement(twfe(StudyDesign.from_frame(frame, **roles))).p_value[0])


def measured(cell: Cell, panels: int, seed: int = SEED) -> pd.DataFrame:
    """Simulate a cell: one row for each method.

    ``defined`` is the share of panels in which the method exists; where it does not, it does not reject.
    """
    rows = []
    for method, p_value in p_values(simulate(cell, panels, seed)):
        shares = {column: float((p_value <= level).mean()) for column, level in LEVELS.items()}
        error = (shares["rejection"] * (1 - shares["rejection"]) / len(p_value)) ** 0.5
        facts = {key: getattr(cell, key) for key in KEY}
        facts |= {"method": method, **shares, "std_error": round(error, 6)}
        rows.append(facts | {"defined": np.isfinite(p_value).mean(), "panels": len(p_value), "seed": seed})
    return pd.DataFrame(rows)


def main(pattern: str = "*", panels: int = PANELS) -> None:
    """Simulate the cells that are missing, and write the file after each."""
    known = pd.read_csv(FILE) if FILE.is_file() else pd.DataFrame()
    done = set()
    if len(known):
        kept = known[(known["panels"] == panels) & (known["seed"] == SEED)]
        done = set(kept[KEY].drop_duplicates().itertuples(index=False, name=None))
    wanted = [
        cell
        for cell in GRID
        if fnmatch.fnmatch(name(cell), pattern) and tuple(getattr(cell, key) for key in KEY) not in done
    ]
    for number, cell in enumerate(wanted, start=1):
        new = measured(cell, panels)
        if len(known):
            same = (known[KEY] == [getattr(cell, key) for key in KEY]).all(axis=1)
            known = known[~same]
        known = pd.concat([known, new], ignore_index=True)
        known = known.sort_values(KEY, kind="stable", ignore_index=True)
        FILE.parent.mkdir(parents=True, exist_ok=True)
        known.to_csv(FILE, index=False, lineterminator="\n")
        bar = "#" * (WIDTH * number // len(wanted))
        sys.stderr.write(f"\r[{bar:<{WIDTH}}] {number} of {len(wanted)} cells  {name(cell):<24}")
    sys.stderr.write(f"\n{FILE}: {len(known)} rows\n")


if __name__ == "__main__":
    main(*sys.argv[1:2], *(int(text) for text in sys.argv[2:3]))
