"""Against pyfixest in an environment of its own: ``python -m tests.benchmarks.bench_peers``.

Needs ``.cache/bench/pyfixest`` (`python -m venv`, then `pip install pyfixest==0.60.0`); runs alternate.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evaluation.design import StudyDesign
from evaluation.estimators import twfe
from evaluation.inference import clustered
from tests.benchmarks.bench_twfe import panel
from tests.benchmarks.timing import best
from tests.shared import ROOT

FOLDER = ROOT / ".cache/bench"
PEER = FOLDER / "pyfixest/bin/python"


def theirs(file: Path) -> dict[str, Any]:
    command = [str(PEER), str(ROOT / "tests/benchmarks/peer_pyfixest.py"), str(file)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def ours(frame: pd.DataFrame) -> dict[str, Any]:
    """From the table to the standard error, as the peer."""
    found: dict[str, Any] = {}
    for family, outcome, times in (("gaussian", "y", 3), ("poisson", "n", 1)):

        def fit(outcome: str = outcome, family: Any = family) -> Any:
            design = StudyDesign.from_frame(
                frame, outcome=outcome, unit="unit", time="time", treatment="treated"
            )
            return clustered(effect := twfe(design, family=family)), effect

        result, effect = fit()
        found[family] = {
            "seconds": best(fit, times, time.perf_counter),
            "estimate": float(effect.value[0]),
            "se": float(result.std_error[0]),
        }
    return found


def main() -> None:
    if not PEER.exists():
        sys.stdout.write(f"{PEER.relative_to(ROOT)} is absent: see the first lines of this file\n")
        return
    for name, frame in {"balanced": panel(), "5 % missing": panel(0.05, staggered=True)}.items():
        table = frame.assign(n=np.floor(np.exp(1 + frame.y / 4)))
        file = FOLDER / "peers.pkl"
        table.astype({"unit": np.int64, "time": np.int64}).to_pickle(file)
        runs = [(ours(table), theirs(file)) for _ in range(2)]
        for family in ("gaussian", "poisson"):
            mine, other = (min(run[side][family]["seconds"] for run in runs) for side in (0, 1))
            gap = [abs(runs[0][0][family][key] / runs[0][1][family][key] - 1) for key in ("estimate", "se")]
            sys.stdout.write(
                f"{name}, {len(table):,} rows, {family}: {mine:.3f} s, pyfixest {other:.3f} s, "
                f"ratio {other / mine:.1f}; relative differences {gap[0]:.1e}, {gap[1]:.1e}\n"
            )


if __name__ == "__main__":
    main()
