"""Time something as a multiple of a calibration loop of the same run, so that numbers of machines compare."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable

import numpy as np


def best(what: Callable[[], object], times: int = 5, clock: Callable[[], float] = time.process_time) -> float:
    """Processor seconds of the fastest of some runs, after one that is not counted.

    Processor time, because other work on the machine lengthens the time that passes.
    """
    what()
    seconds = []
    for _ in range(times):
        start = clock()
        what()
        seconds.append(clock() - start)
    return min(seconds)


def calibration() -> float:
    """Seconds of one pass of gather, multiply and add over a million doubles."""
    rng = np.random.default_rng(0)
    values, at = rng.normal(size=1_000_000), rng.integers(0, 1_000_000, 1_000_000)
    return best(lambda: float((values[at] * values + values).sum()), 30)


def peak_megabytes() -> float:
    """Largest memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(rows: dict[str, float], unit: float) -> None:
    """Write seconds and multiples of the calibration."""
    for name, seconds in rows.items():
        sys.stdout.write(f"{name:58s} {seconds * 1e3:10.1f} ms {seconds / unit:9.1f} x\n")
    sys.stdout.write(f"calibration {unit * 1e3:.2f} ms; peak {peak_megabytes():.0f} MB\n")
