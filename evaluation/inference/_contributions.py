"""What each cluster adds to the error of one effect: what methods for few treated clusters compare."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Grouping
from evaluation.errors import InferenceError, listed
from evaluation.estimate import Estimate, Moments, require
from evaluation.inference.methods import METHODS, ONE_TERM

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Contributions:
    """The error of one effect, cluster by cluster, for any null hypothesis.

    With r the estimate less the value that is tested, a treated cluster adds own + r share. Where all start
    at once in a balanced panel this is, divided by the number of treated clusters, its own difference in
    differences with the mean of the untreated clusters, less the value that is tested.

    Attributes
    ----------
    own : ndarray, shape (G,)
        m's_g, with s_g the scores and m the bread times the weights of the effect; their sum is zero.
    share : ndarray, shape (G,)
        m'X_g'WX_g m as a share of its sum over the treated clusters; zero for untreated ones.
    treated : ndarray of bool, shape (G,)
    """

    own: Floats
    share: Floats
    treated: NDArray[np.bool_]


def one_effect(
    estimate: Estimate, method: str, cluster: str | None, *, treated: int, untreated: int
) -> tuple[Moments, Grouping]:
    """Return the moments and clusters of an estimate of one effect with so many clusters at least.

    Raises
    ------
    InferenceError
        If it has no moments, several terms, or too few treated or untreated clusters.
    """
    require(estimate, "moments", method, METHODS)
    moments = estimate.moments
    assert moments is not None
    if len(estimate.terms) > 1:
        others = [name for name, needs in METHODS.items() if needs in estimate.contracts]
        available = listed(name for name in others if name not in ONE_TERM)
        raise InferenceError("one-term", method=method, terms=len(estimate.terms), available=available)
    group = estimate.design.group(cluster) if cluster else estimate.design.cluster
    with_treatment = group.count(estimate.design.treated_units & moments.used)
    without = group.count(moments.used) - with_treatment
    if with_treatment < treated or without < untreated:
        raise InferenceError(
            "too-few-clusters",
            method=method,
            column=group.name,
            needed_treated=treated,
            needed_untreated=untreated,
            treated=with_treatment,
            untreated=without,
        )
    return moments, group


def contributions(estimate: Estimate, method: str, cluster: str | None) -> Contributions:
    """Return what each cluster adds; at least two treated and two untreated ones are needed."""
    moments, group = one_effect(estimate, method, cluster, treated=2, untreated=2)
    kept = np.unique(group.codes[moments.used])
    share = _shares(estimate, moments, group)[kept]
    own = group.sums(moments.scores @ moments.loadings(1)[:, 0])[kept]
    treated = group.sums((estimate.design.treated_units & moments.used).astype(np.float64))[kept] > 0
    return Contributions(own=own, share=share, treated=treated)


def _shares(estimate: Estimate, moments: Moments, group: Grouping) -> Floats:
    """Return the shares of the treated clusters in the information about one effect, zero for others."""
    loading = moments.loadings(1)[:, 0]
    size = group.sums(np.einsum("q,iqr,r->i", loading, moments.gram, loading))
    size = size * (group.sums((estimate.design.treated_units & moments.used).astype(np.float64)) > 0)
    return np.asarray(size / size.sum())


def effective_treated(estimate: Estimate) -> float:
    """Return how many treated clusters of equal weight would determine one effect as those do that there are.

    One over the sum of squares of their shares m'X_g'WX_g m in the information about the effect, Kish's
    effective number (1965, Survey Sampling, 11.7); the number of treated clusters where the estimate has no
    moments or several terms.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=40, n_treated=12, n_periods=6, seed=1)
    >>> panel["people"] = [1_000 if unit > 1 else 100_000 for unit in panel.unit]
    >>> design = ev.StudyDesign.from_frame(panel, outcome="outcome", unit="unit", time="period",
    ...                                    cohort="cohort", weights="people")
    >>> round(effective_treated(ev.twfe(design)), 2)
    1.23
    """
    moments = estimate.moments
    if moments is None or len(estimate.terms) > 1:
        return float(estimate.design.n_treated_clusters)
    share = _shares(estimate, moments, estimate.design.cluster)
    return float(1 / (share**2).sum())
