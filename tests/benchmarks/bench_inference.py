"""10,000 assignments and 99,999 signs of 57 x 24, beside what cannot be saved.

python -m tests.benchmarks.bench_inference
"""

from __future__ import annotations

import numpy as np

from evaluation.design import StudyDesign
from evaluation.estimate import Estimate
from evaluation.estimators import twfe
from evaluation.inference import randomisation, wild_cluster_bootstrap
from evaluation.inference._multipliers import MULTIPLIERS, drawn
from tests.benchmarks.bench_randomisation import linear_statistic, panel
from tests.benchmarks.timing import best, calibration, report

SIGNS = 99_999


def products(estimate: Estimate) -> None:
    """Draw the signs and form the numerator and the denominator of one t statistic of each."""
    assert estimate.moments is not None
    score = estimate.moments.scores[:, 0]
    for signs in drawn(len(score), SIGNS, MULTIPLIERS["rademacher"], 0):
        np.stack([score, score**2]) @ signs


def main() -> None:
    design = StudyDesign.from_frame(panel(), outcome="y", unit="unit", time="time", cohort="start")
    effect = twfe(design)
    rows = {
        "10,000 assignments: drawn, one linear statistic": best(lambda: linear_statistic(design)),
        "10,000 assignments: twfe, p": best(
            lambda: randomisation(effect, draws=10_000, max_exact=1, interval=False)
        ),
        "10,000 assignments: twfe, p and set": best(lambda: randomisation(effect, draws=10_000, max_exact=1)),
        "99,999 signs: drawn, two products": best(lambda: products(effect), 3),
        "99,999 signs: wild cluster bootstrap, p and set": best(
            lambda: wild_cluster_bootstrap(effect, draws=SIGNS), 3
        ),
    }
    report(rows, calibration())


if __name__ == "__main__":
    main()
