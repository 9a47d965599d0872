"""Group-time effects against diff-diff: ``python -m tests.benchmarks.bench_att_gt``.

The peer needs an environment of its own, ``.cache/bench/diff-diff`` (`python -m venv`, then
`pip install diff-diff==3.13.0`). Both read the same file, in processes of their own and alternating runs:
from the table to effects by event time, doubly robust, two covariates, 20 periods, 8 cohorts. Without the
peer only our own time is measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pandas as pd

from tests.benchmarks.timing import peak_megabytes
from tests.shared import ROOT

FOLDER = ROOT / ".cache/bench"
PEER = FOLDER / "diff-diff/bin/python"
PERIODS, COHORTS = 20, range(5, 19, 2)
ROUNDS = 2


def panel(units: int) -> pd.DataFrame:
    """Random walks with a trend in two covariates; seven cohorts and the never treated."""
    rng = np.random.default_rng(1)
    start = rng.choice([0, *COHORTS], units)
    x = rng.normal(size=(units, 2))
    walk = np.cumsum(rng.normal(size=(units, PERIODS)), axis=1) + np.outer(x @ [0.1, 0.2], np.arange(PERIODS))
    time_of = np.arange(1, PERIODS + 1)
    effect = (start[:, None] > 0) & (time_of >= start[:, None])
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(units), PERIODS),
            "time": np.tile(time_of, units),
            "start": np.repeat(start, PERIODS),
            "y": (walk + effect).ravel(),
            "x1": np.repeat(x[:, 0], PERIODS),
            "x2": np.repeat(x[:, 1], PERIODS),
        }
    )


def ours(file: str, draws: int, times: int) -> dict[str, Any]:
    """Run in a process of its own: this file with arguments."""
    from evaluation import StudyDesign, aggregate, att_gt
    from evaluation.inference import clustered, multiplier_bootstrap

    data = pd.read_pickle(file)
    columns = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "start", "covariates": ["x1", "x2"]}

    def fit() -> float:
        effects = att_gt(StudyDesign.from_frame(data, **columns))
        path = aggregate(effects, by="event_time")
        path.infer(multiplier_bootstrap, draws=draws, seed=1) if draws else path.infer(clustered)
        return float(aggregate(effects).value[0])

    seconds = []
    for _ in range(times + (times > 1)):
        begin = time.perf_counter()
        simple = fit()
        seconds.append(time.perf_counter() - begin)
    return {"seconds": min(seconds[-times:]), "megabytes": peak_megabytes(), "simple": simple}


def _call(command: list[str]) -> dict[str, Any]:
    return dict(
        json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)
    )


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    me = [sys.executable, "-m", "tests.benchmarks.bench_att_gt"]
    peer = [str(PEER), str(ROOT / "tests/benchmarks/peer_diff_diff.py")]
    for units, times in ((1_000, 5), (10_000, 3), (100_000, 1)):
        file = FOLDER / f"group_time_{units}.pickle"
        panel(units).to_pickle(file)
        for draws in (0, 999):
            given = [str(file), str(draws), str(times)]
            runs: dict[str, list[dict[str, Any]]] = {"ours": [], "diff-diff": []}
            for _ in range(ROUNDS):
                runs["ours"].append(_call(me + given))
                if PEER.exists():
                    runs["diff-diff"].append(_call(peer + given))
            _write(units, draws, runs)


def _write(units: int, draws: int, runs: dict[str, list[dict[str, Any]]]) -> None:
    words = [f"{units:7d} units, {draws:3d} draws:"]
    for name, found in runs.items():
        if found:
            seconds, memory = min(f["seconds"] for f in found), max(f["megabytes"] for f in found)
            words.append(f"{name} {seconds:.3f} s, {memory:.0f} MB, att {found[0]['simple']:.6f};")
    if runs["diff-diff"]:
        ratio = min(f["seconds"] for f in runs["diff-diff"]) / min(f["seconds"] for f in runs["ours"])
        words.append(f"ratio {ratio:.1f}")
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(ours(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
    else:
        main()
