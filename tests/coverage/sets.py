"""Coverage of sets made by inversion, and of simultaneous bands: ``python -m tests.coverage.sets``.

Every panel has an effect of one and is handed to the package's own functions.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from evaluation import inference
from evaluation.aggregate import aggregate
from evaluation.design import StudyDesign
from evaluation.errors import InferenceError
from evaluation.estimate import Estimate, Inference
from evaluation.estimators import att_gt, twfe
from tests.coverage.simulated import Cell, simulate

FILE = Path(__file__).resolve().parents[2] / "docs/data/coverage_of_sets.csv"
SEED, PANELS, EFFECT = 109, 500, 1.0
DESIGNS = tuple(Cell(*shape, 0.6, "equal", 1.0) for shape in ((22, 3), (22, 6), (57, 5), (57, 16)))
COLUMNS = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
SETS: dict[str, Callable[[Estimate], Inference]] = {
    "randomisation": partial(inference.randomisation, draws=999, max_exact=2000),
    "wild_cluster_bootstrap": partial(inference.wild_cluster_bootstrap, draws=999),
    "conley_taber": partial(inference.conley_taber, draws=999),
    "ferman_pinto": partial(inference.ferman_pinto, draws=999),
    "ibragimov_muller": inference.ibragimov_muller,
    "sign_changes": partial(inference.sign_changes, draws=999),
}
BAND = "multiplier_bootstrap_band"


def design(cell: Cell, panel: int) -> StudyDesign:
    """Simulate one panel of a cell with an effect of one in every treated period."""
    frame = simulate(cell, 1, SEED + panel).frame(0)
    treated = frame["period"] >= frame["cohort"]
    return StudyDesign.from_frame(frame.assign(outcome=frame["outcome"] + EFFECT * treated), **COLUMNS)


def covers(plan: StudyDesign) -> dict[str, tuple[bool, bool]]:
    """Say of each method whether its interval holds the truth, and whether it is bounded.

    The band holds it where it does so at every distance from the start, the distances before it included.
    """
    estimate = twfe(plan)
    found = {}
    for method, infer in SETS.items():
        try:
            result = infer(estimate)
        except InferenceError:
            continue
        low, high = float(result.conf_low[0]), float(result.conf_high[0])
        found[method] = (low <= EFFECT <= high, bool(np.isfinite([low, high]).all()))
    path = aggregate(att_gt(plan, base_period="universal"), by="event_time")
    band = inference.multiplier_bootstrap(path)
    truth = np.array([EFFECT * ((term.event_time or 0) >= 0) for term in path.terms])
    known = np.isfinite(band.band_low)
    inside = (band.band_low <= truth) & (truth <= band.band_high)
    found[BAND] = (bool(inside[known].all()), True)
    return found


def measured(cell: Cell, panels: range) -> pd.DataFrame:
    """Return one row for each method: coverage, its Monte Carlo error, the share of bounded intervals."""
    every = [covers(design(cell, panel)) for panel in panels]
    rows = []
    for method in every[0]:
        inside, bounded = (np.mean([one[method][part] for one in every]) for part in (0, 1))
        rows.append(
            {
                "clusters": cell.clusters,
                "treated": cell.treated,
                "method": method,
                "coverage": inside,
                "std_error": round(float(np.sqrt(inside * (1 - inside) / len(every))), 5),
                "bounded": bounded,
                "panels": len(every),
                "seed": SEED,
            }
        )
    return pd.DataFrame(rows)


def main() -> None:
    """Measure all designs and write the file."""
    table = pd.concat([measured(cell, range(PANELS)) for cell in DESIGNS], ignore_index=True)
    FILE.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(FILE, index=False, lineterminator="\n")
    sys.stdout.write(table.to_string() + "\n")


if __name__ == "__main__":
    main()
