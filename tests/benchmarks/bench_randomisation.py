"""10,000 assignments of 57 x 24: ``python -m tests.benchmarks.bench_randomisation``."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from evaluation.design import StudyDesign
from evaluation.estimators import twfe
from evaluation.inference import randomisation
from tests.benchmarks.timing import best, calibration, report


def panel() -> pd.DataFrame:
    """57 districts x 24 quarters, 16 treated in four cohorts."""
    rng = np.random.default_rng(1)
    i, t = np.divmod(np.arange(57 * 24), 24)
    start = np.where(i < 16, 8 + 3 * (i % 4), 0)
    people = rng.uniform(3e4, 2e5, 57)[i]
    y = rng.normal(size=57)[i] + 0.1 * t + rng.normal(size=len(i))
    table = {
        "unit": i,
        "time": t,
        "start": start,
        "region": i % 5,
        "people": people,
        "x": rng.normal(size=len(i)),
    }
    return pd.DataFrame(table | {"y": y, "n": np.floor(20 * np.exp(0.3 * y))})


def main() -> None:
    rows, frame = {}, panel()
    some = frame[(5 * frame.unit + 7 * frame.time) % 11 != 0]
    kinds = itertools.product(
        {"balanced": frame, "unbalanced": some}.items(),
        ({}, {"weights": "people"}),
        (None, "region"),
        ([], ["x"]),
    )
    for (name, table), weights, by, covariates in kinds:
        design = StudyDesign.from_frame(
            table, outcome="y", unit="unit", time="time", cohort="start", groups=["region"],
            covariates=covariates, **weights,
        )  # fmt: skip
        effect = twfe(design, period_effects_by=by)
        label = ", ".join([name, *weights, *(["by region"] if by else []), *covariates])
        rows[f"10,000 draws: {label}"] = best(lambda e=effect: randomisation(e, draws=10_000), 3)
    design = StudyDesign.from_frame(frame, outcome="n", unit="unit", time="time", cohort="start")
    effect = twfe(design, family="poisson")
    rows["100 draws: Poisson"] = best(lambda: randomisation(effect, draws=100), 1)
    report(rows, calibration())


if __name__ == "__main__":
    main()
