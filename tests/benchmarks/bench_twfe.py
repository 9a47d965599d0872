"""Two-way fixed effects of a million rows: ``python -m tests.benchmarks.bench_twfe``."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from evaluation.design import StudyDesign
from evaluation.estimators import twfe
from evaluation.inference import clustered
from tests.benchmarks.timing import best, calibration, report

UNITS, PERIODS = 50_000, 20


def panel(missing: float = 0.0, staggered: bool = False) -> pd.DataFrame:
    """50,000 units x 20 periods; half treated, from the middle or from four different periods on."""
    rng = np.random.default_rng(1)
    i, t = np.divmod(np.arange(UNITS * PERIODS), PERIODS)
    start = np.where(i % 2 == 0, 99, 6 + 3 * ((i // 2) % 4) if staggered else 10)
    treated = (t >= start).astype(float)
    y = rng.normal(size=UNITS)[i] + 0.1 * t + treated + rng.normal(size=len(i))
    frame = pd.DataFrame({"unit": i, "time": t, "treated": treated, "y": y})
    return frame[rng.random(len(i)) >= missing]


def main() -> None:
    rows = {}
    given = {"outcome": "y", "unit": "unit", "time": "time", "treatment": "treated"}
    for name, frame in {
        "balanced": panel(),
        "staggered, 5 % of rows missing": panel(0.05, staggered=True),
    }.items():
        design = StudyDesign.from_frame(frame, **given)
        rows[f"{name}: twfe and clustered, from arrays"] = best(lambda d=design: clustered(twfe(d)))
        rows[f"{name}: twfe and clustered, from the table"] = best(
            lambda f=frame: clustered(twfe(StudyDesign.from_frame(f, **given))), 3
        )
        by = dataclasses.replace(
            design, outcome=np.where(design.observed, np.exp(design.outcome / 4), np.nan)
        )
        rows[f"{name}: Poisson and clustered, from arrays"] = best(
            lambda d=by: clustered(twfe(d, family="poisson")), 1
        )
    report(rows, calibration())


if __name__ == "__main__":
    main()
