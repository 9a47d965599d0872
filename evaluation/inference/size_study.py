"""The committed size study: how often methods reject a true null in designs with few treated clusters."""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.design import Note
from evaluation.design.note import Number

FEW_TREATED = 10
"""Fewer treated clusters than this: the default is randomisation, and other methods warn."""


@dataclass(frozen=True)
class Measured:
    """One cell of the size study: how often a true null was rejected at nominal 5 %.

    Attributes
    ----------
    clusters, treated : int
    method : str
    rejection : float
        Share of simulations.
    """

    clusters: int
    treated: int
    method: str
    rejection: float


SIZE_STUDY: tuple[Measured, ...] = (
    Measured(22, 3, "clustered", 0.182),
    Measured(22, 3, "multiplier_bootstrap", 0.190),
    Measured(22, 3, "jackknife", 0.110),
    Measured(22, 3, "wild_bootstrap", 0.030),
    Measured(22, 3, "randomisation", 0.050),
    Measured(60, 16, "clustered", 0.050),
    Measured(60, 16, "multiplier_bootstrap", 0.050),
    Measured(60, 16, "jackknife", 0.045),
    Measured(60, 16, "wild_bootstrap", 0.040),
    Measured(60, 16, "randomisation", 0.045),
    Measured(22, 1, "clustered", 0.67),
)
"""This project's own simulation: two-way fixed effects, AR(1) errors 0.6, 12 periods, 400 panels (Monte Carlo
error about 2 points). Where the treated vary four times as much as the rest, randomisation too rejects
23-26 %: the rule does not protect against that."""


def nearest(clusters: int, treated: int, method: str = "clustered") -> Measured:
    """Return the measured cell whose number of treated clusters, then of clusters, is nearest.

    Examples
    --------
    >>> nearest(27, 1).rejection
    0.67
    """
    known = [cell for cell in SIZE_STUDY if cell.method == method]
    return min(known, key=lambda cell: (abs(cell.treated - treated), abs(cell.clusters - clusters)))


def few_treated(method: str, *, clusters: int, treated: int) -> tuple[Note, ...]:
    """Return the note that a method rejects too often with so few treated clusters, or nothing.

    Examples
    --------
    >>> few_treated("clustered", clusters=60, treated=16)
    ()
    >>> few_treated("multiplier_bootstrap", clusters=22, treated=5)[0].numbers["rejection"]
    0.19
    """
    if treated >= FEW_TREATED:
        return ()
    cell = nearest(clusters, treated, method)
    numbers: dict[str, Number] = {
        "treated_clusters": treated,
        "clusters": clusters,
        "rejection": cell.rejection,
        "rejection_treated": cell.treated,
        "rejection_clusters": cell.clusters,
        "source": "docs/methods/clustered.md",
    }
    return (Note("few_treated_clusters", numbers),)
