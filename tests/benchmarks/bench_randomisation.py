"""10,000 assignments of 57 x 24: ``python -m tests.benchmarks.bench_randomisation [att_gt]``."""

from __future__ import annotations

import itertools
import sys

import numpy as np
import pandas as pd

from evaluation.aggregate import aggregate
from evaluation.design import StudyDesign
from evaluation.estimators import att_gt, twfe
from evaluation.inference import randomisation
from evaluation.inference._assignments import assignments
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
        "together": np.where(i < 16, 8 + 3 * (i // 4), 0),
        "region": i % 5,
        "people": people,
        "x": rng.normal(size=len(i)),
    }
    return pd.DataFrame(table | {"y": y, "n": np.floor(20 * np.exp(0.3 * y))})


def linear_statistic(design: StudyDesign) -> None:
    """Draw the assignments and form one linear statistic of each: less cannot be done."""
    score = design.outcome.mean(axis=1)
    assert design.cohort is not None
    for sources in assignments(design).sample(10_000, np.random.default_rng(0)):
        (np.isfinite(design.cohort)[sources]) @ score


def group_time() -> dict[str, float]:
    """Effects by cohort and period, and their averages, beside the drawing of the assignments."""
    frame = panel()
    some = frame[(5 * frame.unit + 7 * frame.time) % 11 != 0]
    columns = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "start"}
    design = StudyDesign.from_frame(frame, **columns)
    rows = {"10,000 draws: one linear statistic": best(lambda: linear_statistic(design), 3)}
    tables = {
        "balanced": design,
        "weights": StudyDesign.from_frame(frame, **columns, weights="people"),
        "unbalanced": StudyDesign.from_frame(some, **columns),
        "blocks of districts": StudyDesign.from_frame(
            frame.assign(block=frame.unit // 2), **columns | {"cohort": "together"}, assignment_unit="block"
        ),
    }
    for name, plan in tables.items():
        effects = att_gt(plan, control_group="not_yet_treated")
        for label, estimate in {
            "all effects": effects,
            "simple": aggregate(effects),
            "event_time": aggregate(effects, by="event_time"),
        }.items():
            rows[f"10,000 draws: att_gt, {name}, {label}"] = best(
                lambda e=estimate: randomisation(e, draws=10_000), 3
            )
    return rows


def two_way() -> dict[str, float]:
    """Two-way fixed effects, in every form that changes what is tabulated."""
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
    return rows


def main() -> None:
    rows = group_time() if "att_gt" in sys.argv else group_time() | two_way()
    report(rows, calibration())


if __name__ == "__main__":
    main()
