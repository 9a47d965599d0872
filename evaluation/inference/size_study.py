"""The committed size study: how often methods reject a true null in designs with few treated clusters."""

from __future__ import annotations

import math
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
        Share of the simulated panels.
    panels : int
        How many were simulated.
    """

    clusters: int
    treated: int
    method: str
    rejection: float
    panels: int

    @property
    def std_error(self) -> float:
        """Monte Carlo standard error of the share.

        Examples
        --------
        >>> round(Measured(22, 3, "clustered", 0.1415, 2000).std_error, 4)
        0.0078
        """
        return math.sqrt(self.rejection * (1 - self.rejection) / self.panels)


SIZE_STUDY: tuple[Measured, ...] = (
    Measured(22, 1, "clustered", 0.6515, 2000),
    Measured(22, 2, "clustered", 0.233, 2000),
    Measured(22, 3, "clustered", 0.1415, 2000),
    Measured(22, 5, "clustered", 0.076, 2000),
    Measured(22, 9, "clustered", 0.059, 2000),
    Measured(60, 16, "clustered", 0.0595, 2000),
    Measured(22, 1, "clustered_cr2", 0, 2000),
    Measured(22, 2, "clustered_cr2", 0.0005, 2000),
    Measured(22, 3, "clustered_cr2", 0.026, 2000),
    Measured(22, 5, "clustered_cr2", 0.0385, 2000),
    Measured(22, 9, "clustered_cr2", 0.0535, 2000),
    Measured(60, 16, "clustered_cr2", 0.05, 2000),
    Measured(22, 1, "clustered_cr3", 0, 2000),
    Measured(22, 2, "clustered_cr3", 0, 2000),
    Measured(22, 3, "clustered_cr3", 0.015, 2000),
    Measured(22, 5, "clustered_cr3", 0.0255, 2000),
    Measured(22, 9, "clustered_cr3", 0.043, 2000),
    Measured(60, 16, "clustered_cr3", 0.042, 2000),
    Measured(22, 1, "wild_cluster_bootstrap", 0, 2000),
    Measured(22, 2, "wild_cluster_bootstrap", 0, 2000),
    Measured(22, 3, "wild_cluster_bootstrap", 0.0215, 2000),
    Measured(22, 5, "wild_cluster_bootstrap", 0.0505, 2000),
    Measured(22, 9, "wild_cluster_bootstrap", 0.058, 2000),
    Measured(60, 16, "wild_cluster_bootstrap", 0.0505, 2000),
    Measured(22, 1, "wild_cluster_bootstrap_unrestricted", 0.6605, 2000),
    Measured(22, 2, "wild_cluster_bootstrap_unrestricted", 0.1595, 2000),
    Measured(22, 3, "wild_cluster_bootstrap_unrestricted", 0.094, 2000),
    Measured(22, 5, "wild_cluster_bootstrap_unrestricted", 0.0565, 2000),
    Measured(22, 9, "wild_cluster_bootstrap_unrestricted", 0.055, 2000),
    Measured(60, 16, "wild_cluster_bootstrap_unrestricted", 0.0525, 2000),
    Measured(22, 1, "randomisation", 0.051, 2000),
    Measured(22, 3, "randomisation", 0.049, 2000),
    Measured(60, 16, "randomisation", 0.051, 2000),
    Measured(22, 1, "multiplier_bootstrap", 0.6795, 2000),
    Measured(22, 2, "multiplier_bootstrap", 0.2815, 2000),
    Measured(22, 3, "multiplier_bootstrap", 0.1665, 2000),
    Measured(22, 5, "multiplier_bootstrap", 0.097, 2000),
    Measured(22, 9, "multiplier_bootstrap", 0.081, 2000),
    Measured(60, 16, "multiplier_bootstrap", 0.0625, 2000),
)
"""This project's own simulations of 2,000 panels a cell: two-way fixed effects, AR(1) errors 0.6, 12 periods,
999 draws of the bootstraps; `tests/coverage` repeats them. Where the treated vary four times as much as the
rest, randomisation too rejects 23-26 %: the rule does not protect against that."""


def nearest(clusters: int, treated: int, method: str = "clustered") -> Measured:
    """Return the measured cell whose number of treated clusters, then of clusters, is nearest.

    Of two that are as near, the one with fewer treated clusters.

    Examples
    --------
    >>> nearest(27, 1).rejection
    0.6515
    >>> nearest(57, 4).treated
    3
    """
    known = [cell for cell in SIZE_STUDY if cell.method == method]

    def distance(cell: Measured) -> tuple[int, int, int]:
        return abs(cell.treated - treated), abs(cell.clusters - clusters), cell.treated

    return min(known, key=distance)


def few_treated(method: str, *, clusters: int, treated: int) -> tuple[Note, ...]:
    """Return the note that a method rejects too often with so few treated clusters, or nothing.

    Examples
    --------
    >>> few_treated("clustered", clusters=60, treated=16)
    ()
    >>> few_treated("multiplier_bootstrap", clusters=22, treated=5)[0].numbers["rejection"]
    0.097
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
    if method == "clustered":
        return (Note("few_treated_clusters", numbers),)
    return (Note("few_treated_bootstrap", numbers),)
