"""Imputed and two-stage effects against diff-diff 3.13: ``python -m tests.benchmarks.bench_imputation``.

The peer needs an environment of its own, ``.cache/bench/diff-diff`` (`python -m venv`, then
`pip install diff-diff==3.13.0`). Both read the same file, in processes of their own and alternating runs:
from the table to effects and clustered standard errors, 20 periods, seven cohorts and the never treated.
Without the peer only our own time is measured; where the peer takes a minute it is run once. pyfixest's
`did2s` is not run: with 10,000 units it needs more than 24 GB.
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

from tests.benchmarks.bench_att_gt import FOLDER, PEER, panel
from tests.benchmarks.timing import peak_megabytes
from tests.shared import ROOT

CASES = [
    # units, share of rows missing, estimator, by, runs of the peer, rounds
    (10_000, 0.0, "imputation", "simple", 3, 2),
    (10_000, 0.0, "imputation", "event_time", 3, 2),
    (10_000, 0.05, "imputation", "event_time", 3, 2),
    (10_000, 0.0, "two_stage", "simple", 1, 1),
    (10_000, 0.0, "two_stage", "event_time", 1, 1),
    (100_000, 0.0, "imputation", "event_time", 1, 1),
    (100_000, 0.0, "two_stage", "event_time", 0, 1),
]


def ours(file: str, name: str, by: str, times: int) -> dict[str, Any]:
    """Run in a process of its own: this file with arguments."""
    from evaluation import StudyDesign, estimators
    from evaluation.inference import clustered

    data = pd.read_pickle(file)
    columns = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "start"}
    seconds = []
    for _ in range(times + (times > 1)):
        begin = time.perf_counter()
        found = getattr(estimators, name)(StudyDesign.from_frame(data, **columns), by=by)
        result = clustered(found, correction="CR0")
        seconds.append(time.perf_counter() - begin)
    after = [i for i, term in enumerate(found.terms) if (term.event_time or 0) >= 0]
    return {
        "seconds": min(seconds[-times:]),
        "megabytes": peak_megabytes(),
        "value": found.value[after].tolist(),
        "error": result.std_error[after].tolist(),
    }


def _data(units: int, missing: float) -> Path:
    file = FOLDER / f"imputation_{units}_{missing}.pickle"
    frame = panel(units).drop(columns=["x1", "x2"])
    frame[np.random.default_rng(2).random(len(frame)) >= missing].to_pickle(file)
    return file


def _call(command: list[str]) -> dict[str, Any]:
    return dict(
        json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)
    )


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    me = [sys.executable, "-m", "tests.benchmarks.bench_imputation"]
    peer = [str(PEER), str(ROOT / "tests/benchmarks/peer_imputation.py")]
    for units, missing, name, by, times, rounds in CASES:
        given = [str(_data(units, missing)), name, by]
        runs: dict[str, list[dict[str, Any]]] = {"ours": [], "diff-diff": []}
        for _ in range(rounds):
            runs["ours"].append(_call([*me, *given, "3"]))
            if times and PEER.exists():
                runs["diff-diff"].append(_call([*peer, *given, str(times)]))
        _write(f"{units} units, {missing:.0%} missing, {name}, {by}", runs)


def _write(label: str, runs: dict[str, list[dict[str, Any]]]) -> None:
    best = {who: min(run["seconds"] for run in found) for who, found in runs.items() if found}
    words = [f"{who} {s:.3f} s, {runs[who][0]['megabytes']:.0f} MB" for who, s in best.items()]
    if runs["diff-diff"]:
        mine, other = (runs[who][0] for who in ("ours", "diff-diff"))
        gaps = [np.abs(np.divide(mine[key], other[key]) - 1).max() for key in ("value", "error")]
        ratio = best["diff-diff"] / best["ours"]
        words.append(f"ratio {ratio:.1f}, relative differences {gaps[0]:.0e} and {gaps[1]:.0e}")
    sys.stdout.write(f"{label}: {'; '.join(words)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(ours(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))))
    else:
        main()
