"""The committed size study: how often methods reject a true null in designs with few treated clusters."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from evaluation.design import Note
from evaluation.design.note import Number

Sizes = Literal["equal", "unequal"]

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
    sizes : {"equal", "unequal"}
    """

    clusters: int
    treated: int
    method: str
    rejection: float
    panels: int
    sizes: Sizes = "equal"

    @property
    def std_error(self) -> float:
        """Monte Carlo standard error of the share.

        Examples
        --------
        >>> round(Measured(22, 3, "clustered", 0.1415, 2000).std_error, 4)
        0.0078
        """
        return math.sqrt(self.rejection * (1 - self.rejection) / self.panels)


CLUSTERS = (22, 57)
TREATED = (1, 2, 3, 5, 10, 16)
PANELS = 8000
ONE_BY_ONE = 1000
"""Panels of methods that were applied as they are, one panel at a time."""

REJECTION: Mapping[str, str] = MappingProxyType(
    {
        # of 22 clusters: 1, 2, 3, 5, 10, 16 treated; of 57 clusters the same
        "heteroskedastic": "28.8 23.3 22.1 20.8 19.8 20.4 29.0 23.3 22.6 21.8 20.1 19.6",
        "clustered_cr0": "66.8 27.3 17.0 9.2 6.3 8.0 80.2 33.0 20.9 13.1 7.5 5.9",
        "clustered": "65.5 25.3 15.4 8.2 5.3 6.9 79.7 32.3 20.3 12.4 7.1 5.6",
        "clustered_cr2": "- 0.2 2.9 4.4 5.1 4.9 - 0.4 3.2 4.6 4.8 4.9",
        "clustered_cr3": "- 0.0 1.5 3.3 4.0 3.6 - 0.2 2.1 3.3 4.0 4.4",
        "wild_cluster_bootstrap": "0.0 0.0 2.8 5.4 5.3 5.4 0.0 0.0 0.0 5.7 4.8 4.9",
        "wild_cluster_bootstrap_unrestricted": "65.9 17.3 10.0 6.0 5.0 5.7 80.0 18.2 10.8 6.6 5.3 5.0",
        "multiplier_bootstrap": "67.8 28.6 17.1 9.5 7.1 8.6 80.3 33.4 19.1 11.6 7.1 6.1",
        "randomisation": "4.5 4.4 5.1 4.8 5.2 5.1 3.8 5.0 4.8 5.5 5.1 5.0",
        "randomisation_t": "4.5 4.7 5.0 4.8 5.2 5.1 3.8 5.0 4.9 5.0 5.0 4.9",
        "ibragimov_muller": "- 0.0 1.1 2.5 3.3 2.8 - 0.2 2.5 3.8 4.0 4.2",
        "sign_changes": "- 0.0 0.0 0.0 4.7 8.1 - 0.0 0.0 0.0 4.7 5.1",
        "conley_taber": "4.7 6.2 6.9 6.9 7.5 11.4 3.7 5.5 5.6 6.3 5.9 5.9",
        "ferman_pinto": "5.7 5.1 5.7 5.1 5.5 5.4 5.4 5.3 5.1 5.7 5.3 5.1",
        "rearrangement": "0.3 - - - - - 0.0 - - - - -",
    }
)
"""True nulls rejected at nominal 5 %, in per cent, by design; - where the method does not exist.

Clusters of one size, treated that vary as the others do: the part of docs/data/size_study.csv that notes
quote, its correlations pooled. `make size-study` simulates it, docs/methods/size_study.md shows the rest."""

UNEQUAL: Mapping[str, str] = MappingProxyType(
    {
        "clustered": "66.2 34.6 25.2 17.8 13.7 16.8 75.3 42.2 31.7 22.6 13.9 11.1",
    }
)
"""The same where the largest of 57 clusters is 380 times the smallest; the rest is in the file."""


def _cells() -> Iterator[Measured]:
    designs = list(itertools.product(CLUSTERS, TREATED))
    tables: tuple[tuple[Sizes, Mapping[str, str]], ...]
    tables = (("equal", REJECTION), ("unequal", UNEQUAL))
    for sizes, method, shares in ((sizes, *row) for sizes, table in tables for row in table.items()):
        panels = ONE_BY_ONE if method == "rearrangement" else PANELS
        for (clusters, treated), share in zip(designs, shares.split(), strict=True):
            if share != "-":
                yield Measured(clusters, treated, method, round(float(share) / 100, 3), panels, sizes)


SIZE_STUDY: tuple[Measured, ...] = tuple(_cells())


def nearest(clusters: int, treated: int, method: str = "clustered", *, sizes: Sizes = "equal") -> Measured:
    """Return the measured cell whose number of treated clusters, then of clusters, is nearest.

    Of two that are as near, the one with fewer treated clusters.

    Examples
    --------
    >>> nearest(27, 1).clusters
    22
    >>> nearest(57, 4).treated
    3
    """
    known = [cell for cell in SIZE_STUDY if cell.method == method and cell.sizes == sizes]

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
    0.095
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
        "source": "docs/methods/size_study.md",
    }
    if method.startswith("clustered"):
        return (Note("few_treated_clusters", numbers),)
    return (Note("few_treated_bootstrap", numbers),)
