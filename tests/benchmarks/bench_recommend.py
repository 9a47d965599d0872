"""Five inferences, 1,000 false pilots, 57 x 24: ``python -m tests.benchmarks.bench_recommend``."""

from __future__ import annotations

from evaluation import recommend
from evaluation.design import StudyDesign
from evaluation.simulate import did_panel
from tests.benchmarks.timing import best, calibration, report

DESIGNS = {
    "57 x 24 before the start, 5 treated": (57, 5, 36, 25),
    "57 x 12 before the start, 5 treated": (57, 5, 24, 13),
    "22 x 12 before the start, 3 treated": (22, 3, 24, 13),
}


def main() -> None:
    rows = {}
    for name, (units, treated, periods, start) in DESIGNS.items():
        frame = did_panel(n_units=units, n_treated=treated, n_periods=periods, start=start, seed=1)
        design = StudyDesign.from_frame(frame, outcome="outcome", unit="unit", time="period", cohort="cohort")
        rows[name] = best(lambda d=design: recommend(d), 1)
    report(rows, calibration())


if __name__ == "__main__":
    main()
