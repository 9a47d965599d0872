"""A sample with a running variable, cut in two at the cutoff."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Sample
from evaluation.errors import DesignError
from evaluation.individuals._local_polynomial import Side

FEW_NEAR = 30
"""Observations within the bandwidth on one side below which the estimate rests on a few."""


def above(sample: Sample, cutoff: float) -> NDArray[np.bool_]:
    """Return who lies at or above the cutoff, shape (n_units,)."""
    if sample.running is None:
        raise DesignError("rd-no-running", outcome=sample.names.outcome)
    return np.asarray(sample.running >= cutoff)


def sides_of(sample: Sample, cutoff: float, *, least: int) -> tuple[Side, Side]:
    """Return who lies below and who lies at or above the cutoff.

    Raises
    ------
    DesignError
        If fewer than `least` different scores lie on one side.
    """
    up = above(sample, cutoff)
    assert sample.running is not None
    received = () if sample.received is None else (sample.received[:, None],)
    values = np.hstack([sample.outcome[:, None], *received, sample.covariates])
    alone = sample.cluster.n_groups == sample.n_units
    found = []
    for rows in (~up, up):
        distinct = len(np.unique(sample.running[rows]))
        if distinct < least:
            low, high = float(sample.running.min()), float(sample.running.max())
            raise DesignError("rd-one-side", cutoff=cutoff, count=distinct, least=least, low=low, high=high)
        clusters = None if alone else sample.cluster.codes[rows]
        found.append(
            Side(sample.running[rows] - cutoff, values[rows], sample.weights[rows], clusters, bool(received))
        )
    return found[0], found[1]


def direction(sample: Sample, cutoff: float) -> int:
    """Return -1 where those below the cutoff are treated, else 1.

    Raises
    ------
    DesignError
        If a treatment is named that does not follow from the score.
    """
    if not sample.names.treatment:
        return 1
    up, treated = above(sample, cutoff), sample.treated_units
    wrong = min((~up != treated).sum(), (up != treated).sum())
    if wrong:
        raise DesignError(
            "rd-not-by-score", treatment=sample.names.treatment[0], count=int(wrong), cutoff=cutoff
        )
    return 1 if (up == treated).all() else -1
