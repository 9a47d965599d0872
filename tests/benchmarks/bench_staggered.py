"""Saturated regressions and decompositions against diff-diff: ``python -m tests.benchmarks.bench_staggered``.

The peer needs the environment of `bench_att_gt`. Both read the same file, in processes of their own and
alternating runs: from the table to the overall effect with its standard error, or to all comparisons.
20 periods, 8 cohorts. Without the peer only our own time is measured.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import pandas as pd

from tests.benchmarks.bench_att_gt import FOLDER, PEER, ROUNDS, _call, panel
from tests.benchmarks.timing import peak_megabytes
from tests.shared import ROOT

TASKS = ("etwfe", "etwfe-poisson", "bacon")


def ours(file: str, task: str, times: int) -> dict[str, Any]:
    """Run in a process of its own: this file with arguments."""
    from evaluation import StudyDesign, aggregate, etwfe
    from evaluation.checks import bacon
    from evaluation.inference import clustered

    data = pd.read_pickle(file)
    columns = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "start"}

    def overall(**options: Any) -> float:
        effect = aggregate(etwfe(StudyDesign.from_frame(data, **columns), **options))
        effect.infer(clustered)
        return float(effect.value[0])

    what: dict[str, Callable[[], float]] = {
        "etwfe": overall,
        "etwfe-poisson": lambda: overall(family="poisson", effects="cohort"),
        "bacon": lambda: float(bacon(StudyDesign.from_frame(data, **columns)).numbers["estimate"]),  # type: ignore[arg-type]
    }
    seconds = []
    for _ in range(times + 1):
        begin = time.perf_counter()
        value = what[task]()
        seconds.append(time.perf_counter() - begin)
    return {"seconds": min(seconds[1:]), "megabytes": peak_megabytes(), "value": value}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    me = [sys.executable, "-m", "tests.benchmarks.bench_staggered"]
    peer = [str(PEER), str(ROOT / "tests/benchmarks/peer_staggered.py")]
    for units in (1_000, 10_000):
        file = FOLDER / f"staggered_{units}.pickle"
        frame = panel(units).drop(columns=["x1", "x2"])
        frame.assign(y=(frame.y - frame.y.min()) / 10).to_pickle(file)
        for task in TASKS:
            runs: dict[str, list[dict[str, Any]]] = {"ours": [], "diff-diff": []}
            for _ in range(ROUNDS):
                runs["ours"].append(_call([*me, str(file), task, "2"]))
                if PEER.exists():
                    runs["diff-diff"].append(_call([*peer, str(file), task, "1"]))
            _write(units, task, runs)


def _write(units: int, task: str, runs: dict[str, list[dict[str, Any]]]) -> None:
    words = [f"{units:6d} units, {task:13s}:"]
    for name, found in runs.items():
        if found:
            seconds, memory = min(f["seconds"] for f in found), max(f["megabytes"] for f in found)
            words.append(f"{name} {seconds:.3f} s, {memory:.0f} MB, {found[0]['value']:.6f};")
    if runs["diff-diff"]:
        ratio = min(f["seconds"] for f in runs["diff-diff"]) / min(f["seconds"] for f in runs["ours"])
        words.append(f"ratio {ratio:.1f}")
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(ours(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
    else:
        main()
