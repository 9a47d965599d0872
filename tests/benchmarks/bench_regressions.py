"""Regressions against pyfixest and diff-diff: ``python -m tests.benchmarks.bench_regressions``.

Two-way fixed effects of one and five million rows, balanced and staggered with gaps, the event study of a
million rows, and Sun-Abraham of 10,000 units x 20 periods: from the table to the table of estimates with
clustered standard errors. Each program runs in a process of its own with one thread and reads the same file;
runs alternate. Seconds are of the processor, since other work on a machine lengthens the time that passes.
The peers need environments of their own, ``.cache/bench/pyfixest`` and ``.cache/bench/diff-diff``
(`python -m venv`, then `pip install pyfixest==0.60.0`, `diff-diff==3.13.0`); without one, it is left out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.benchmarks.timing import peak_megabytes
from tests.shared import ROOT

FOLDER = ROOT / ".cache/bench"
PERIODS = 20
WORK = {  # what -> (task, units, share of rows missing, times, rounds)
    "twfe, 1,000,000 rows": ("twfe", 50_000, 0.0, 3, 2),
    "twfe, 950,000 rows, staggered, 5 % missing": ("twfe", 50_000, 0.05, 3, 2),
    "event study, 1,000,000 rows, common start": ("event_study", 50_000, 0.0, 2, 2),
    "event study, 950,000 rows, staggered, 5 % missing": ("event_study", 50_000, 0.05, 2, 2),
    "Sun-Abraham, 10,000 units, 8 cohorts": ("sun_abraham", 10_000, 0.0, 2, 1),
    "twfe, 5,000,000 rows": ("twfe", 250_000, 0.0, 1, 2),
}


def panel(task: str, units: int, missing: float) -> pd.DataFrame:
    """Half of the units treated, from the middle, or in four cohorts where rows are missing; SA: seven."""
    rng = np.random.default_rng(1)
    i, t = np.divmod(np.arange(units * PERIODS), PERIODS)
    if task == "sun_abraham":
        start = rng.choice([0, 5, 7, 9, 11, 13, 15, 17], units)[i]
    else:
        start = np.where(i % 2 == 0, 0, 6 + 3 * ((i // 2) % 4) if missing else 10)
    treated = ((start > 0) & (t >= start)).astype(float)
    y = rng.normal(size=units)[i] + 0.1 * t + treated + rng.normal(size=len(i))
    frame = pd.DataFrame({"unit": i, "time": t, "start": start, "treated": treated, "y": y})
    return frame[rng.random(len(i)) >= missing].reset_index(drop=True)


def ours(task: str, file: str, times: int) -> dict[str, Any]:
    """Run in a process of its own: this file with arguments."""
    from evaluation import StudyDesign, aggregate, event_study, sun_abraham, twfe
    from evaluation.inference import clustered

    data = pd.read_pickle(file)
    columns = {"outcome": "y", "unit": "unit", "time": "time"}

    def fit() -> pd.DataFrame:
        if task == "twfe":
            effects = twfe(StudyDesign.from_frame(data, **columns, treatment="treated"))
        else:
            design = StudyDesign.from_frame(data, **columns, cohort="start")
            effects = (
                event_study(design)
                if task == "event_study"
                else aggregate(sun_abraham(design), by="event_time", shares="fixed")
            )
        return effects.infer(clustered).tidy()

    seconds = []
    for _ in range(times + 1):
        begin = time.process_time()
        table = fit()
        seconds.append(time.process_time() - begin)
    row = table.iloc[0] if task == "twfe" else table[table["event_time"] == 0].iloc[0]
    return {
        "first": seconds[0],
        "seconds": min(seconds[1:]),
        "megabytes": peak_megabytes(),
        "estimate": float(row["estimate"]),
        "se": float(row["std_error"]),
    }


def _call(command: list[str]) -> dict[str, Any] | None:
    one = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "RAYON", "NUMBA")}
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=ROOT, env=os.environ | one
    )
    return dict(json.loads(done.stdout)) if done.returncode == 0 else None


def _commands() -> dict[str, list[str]]:
    found = {"ours": [sys.executable, "-m", "tests.benchmarks.bench_regressions"]}
    for name in ("pyfixest", "diff-diff"):
        python = FOLDER / name / "bin/python"
        if python.exists():
            found[name] = [str(python), str(ROOT / "tests/benchmarks/peer_regressions.py"), name]
    return found


def main(chosen: str) -> None:
    """Measure what has the chosen words in its name."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for what, (task, units, missing, times, rounds) in WORK.items():
        if chosen not in what:
            continue
        file = FOLDER / f"regressions_{task}_{units}_{missing:g}.pickle"
        panel(task, units, missing).to_pickle(file)
        runs: dict[str, list[dict[str, Any]]] = {}
        for _ in range(rounds):
            for name, command in _commands().items():
                found = _call([*command, task, str(file), str(times)])
                if found:
                    runs.setdefault(name, []).append(found)
        _write(what, runs)
        Path(file).unlink()


def _write(what: str, runs: dict[str, list[dict[str, Any]]]) -> None:
    best = {name: min(f["seconds"] for f in found) for name, found in runs.items()}
    for name, found in runs.items():
        gap = [abs(found[0][key] / runs["ours"][0][key] - 1) for key in ("estimate", "se")]
        sys.stdout.write(
            f"{what}: {name} {best[name]:.3f} s (first {min(f['first'] for f in found):.2f} s), "
            f"{max(f['megabytes'] for f in found):.0f} MB, ratio {best[name] / best['ours']:.1f}, "
            f"differences {gap[0]:.0e} {gap[1]:.0e}\n"
        )
    sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.stdout.write(json.dumps(ours(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
    else:
        main(sys.argv[1] if len(sys.argv) > 1 else "")
