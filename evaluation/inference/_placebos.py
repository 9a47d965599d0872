"""Residuals of clusters on the treatment paths of others: what each would add to the error of one effect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Grouping, Note, StudyDesign, require_panel
from evaluation.design.note import Number
from evaluation.errors import InferenceError, listed
from evaluation.estimate import Estimate
from evaluation.inference._contributions import one_effect

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TIE = 1e-9
"""Errors closer than this share count as equal, that is as extreme."""


@dataclass(frozen=True, eq=False, repr=False)
class Placebos:
    """The error of one effect is the sum over clusters g of sum_t L_gt e_gt; here with residuals of others.

    Attributes
    ----------
    table : ndarray, shape (G, G)
        sum_t L_gt e_lt: path of cluster g, mean residuals of cluster l. The diagonal adds up to zero.
    slope : ndarray, shape (G, G)
        What is added for each unit by which the estimate exceeds the null, where that is imposed on the
        regression; the diagonal adds up to one.
    path_size : ndarray, shape (G,)
        sum_t L_gt^2.
    treated, complete : ndarray of bool, shape (G,)
        Complete clusters are observed in all periods in which a treated one is.
    size : ndarray, shape (G,)
        Mean weight of a period; the number of units where there are no weights.
    labels : tuple, length G
    """

    table: Floats
    slope: Floats
    path_size: Floats
    treated: NDArray[np.bool_]
    complete: NDArray[np.bool_]
    size: Floats
    labels: tuple[object, ...]

    @property
    def comparison(self) -> Integers:
        """Untreated clusters that are complete."""
        return np.flatnonzero(self.complete & ~self.treated)

    def notes(self, code: str, *, used: int, exact: bool) -> tuple[Note, ...]:
        """Say how many clusters are compared, and how many give no residuals because periods are missing."""
        numbers: dict[str, Number] = {
            "treated_clusters": int(self.treated.sum()),
            "untreated_clusters": len(self.comparison),
            "used": used,
            "exact": exact,
            "smallest_p": 1 / (1 + used),
        }
        missing = int((~self.complete & ~self.treated).sum())
        incomplete = (Note("clusters_incomplete", {"clusters": missing}),) if missing else ()
        return (Note(code, numbers), *incomplete)


def placebos(estimate: Estimate, method: str, cluster: str | None) -> Placebos:
    """Put the residuals of each cluster on the path of each.

    Raises
    ------
    InferenceError
        If the estimate has no moments or several terms; a cluster holds units with different treatment; fewer
        than two untreated clusters are observed whenever a treated one is.
    """
    moments, group = one_effect(estimate, method, cluster, treated=1, untreated=2)
    design = require_panel(estimate.design, method)
    refuse_mixed(design, group, method)
    cells, kept = moments.cells, np.unique(group.codes[moments.used])
    direction = np.einsum("q,qit->it", moments.loadings(1)[:, 0], cells.columns)
    weight = group.sums(cells.weights)[kept]
    path = group.sums(direction * cells.weights)[kept]

    def mean(values: Floats) -> Floats:
        total = group.sums(values * cells.weights)[kept]
        return np.divide(total, weight, out=np.zeros_like(weight), where=weight > 0)

    treated = group.sums((design.treated_units & moments.used).astype(np.float64))[kept] > 0
    observed = weight > 0
    found = Placebos(
        table=path @ mean(cells.error).T,
        slope=path @ mean(direction).T / float((direction**2 * cells.weights).sum()),
        path_size=(path**2).sum(axis=1),
        treated=treated,
        complete=np.all(observed | ~observed[treated].any(axis=0), axis=1),
        size=weight.sum(axis=1) / observed.sum(axis=1),
        labels=tuple(group.labels[code] for code in kept),
    )
    if len(found.comparison) < 2:
        raise InferenceError(
            "too-few-complete", method=method, column=group.name, complete=len(found.comparison)
        )
    return found


def single(treated: NDArray[np.bool_], estimate: Estimate, method: str, cluster: str | None) -> int:
    """Return which cluster is the treated one.

    Raises
    ------
    InferenceError
        If there are several.
    """
    found = np.flatnonzero(treated)
    if len(found) != 1:
        column = cluster or estimate.design.cluster.name
        raise InferenceError("several-treated", method=method, column=column, treated=len(found))
    return int(found[0])


def share_at_least(errors: Floats, away: float) -> float:
    """Return p = (1 + #{|error| >= |away|}) / (1 + B): what happened counts once, equal errors as extreme."""
    extreme = int((np.abs(errors) >= abs(away) * (1 - TIE)).sum())
    return (1 + extreme) / (1 + len(errors))


def refuse_mixed(design: StudyDesign, group: Grouping, method: str) -> None:
    """Refuse clusters whose units are treated differently: they have no path of their own.

    Raises
    ------
    InferenceError
    """
    some = np.empty(group.n_groups, dtype=np.int64)
    some[group.codes] = np.arange(design.n_units)
    other = some[group.codes]
    both = (design.observed & design.observed[other])[..., None]
    differs = ((design.treatment != design.treatment[other]) & both).any(axis=(1, 2))
    mixed = np.unique(group.codes[differs])
    if len(mixed):
        raise InferenceError(
            "mixed-clusters",
            method=method,
            clusters=len(mixed),
            column=group.name,
            examples=listed((group.labels[code] for code in mixed), most=3),
        )
