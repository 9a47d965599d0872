"""Bandwidths by every selector."""

from __future__ import annotations

import pandas as pd

from evaluation.design import Sample
from evaluation.estimate import CheckResult
from evaluation.individuals._bandwidths import Errors, Kernel, bandwidths, setup_of
from evaluation.individuals._sides import sides_of


def rd_bandwidths(
    sample: Sample,
    *,
    cutoff: float = 0.0,
    order: int = 1,
    kernel: Kernel = "triangular",
    errors: Errors | None = None,
) -> CheckResult:
    """Find the bandwidths by every selector, to see how much hangs on the choice.

    Parameters
    ----------
    sample, cutoff, order, kernel, errors
        As in `regression_discontinuity`.

    Returns
    -------
    CheckResult
        Table: selector, side ("below", "above"), main, bias.

    Raises
    ------
    DesignError
        As `regression_discontinuity`.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> people = pd.DataFrame({"score": rng.uniform(-1, 1, 400)})
    >>> people["days"] = people.score**2 + rng.normal(0, 0.5, 400)
    >>> rd_bandwidths(Sample.from_frame(people, outcome="days", running="score")).table.shape
    (20, 4)
    """
    setup = setup_of(sample, order, kernel, errors)
    sample = sample.complete()
    found = bandwidths(sides_of(sample, cutoff, least=order + 3), setup)
    rows = [
        {"selector": name, "side": side, "main": pair[0, i], "bias": pair[1, i]}
        for name, pair in found.items()
        for i, side in enumerate(("below", "above"))
    ]
    return CheckResult("rd_bandwidths", None, pd.DataFrame(rows), {"cutoff": float(cutoff)}, sample.notes)
