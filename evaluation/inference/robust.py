"""Standard errors other than by clusters of units: across units, along time, or without either."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from evaluation.design import Grouping, Note
from evaluation.errors import InferenceError, require_option
from evaluation.estimate import Estimate, Inference, Moments, require
from evaluation.inference.methods import METHODS
from evaluation.inference.size_study import few_treated

Floats = NDArray[np.float64]
Kind = Literal["two_way", "driscoll_kraay", "newey_west", "heteroskedastic", "homoskedastic"]


def robust(
    estimate: Estimate,
    *,
    kind: Kind = "two_way",
    cluster: str | None = None,
    lags: int | None = None,
    conf_level: float = 0.95,
) -> Inference:
    """Make standard errors under other assumptions about which errors go together.

    With z_it what the score of a cell adds to a term, sums z_i. over periods and z_.t over units:

    - ``two_way``: errors of a cluster, and of a period, go together: sum_g z_g.^2 + sum_t z_.t^2 less the sum
      over both. Cameron, Gelbach and Miller (2011), doi:10.1198/jbes.2010.07136;
    - ``driscoll_kraay``: all errors of neighbouring periods do: the z_.t with Bartlett weights
      1 - j / (L + 1) for lags up to L. Driscoll and Kraay (1998), doi:10.1162/003465398557825;
    - ``newey_west``: those of one unit in neighbouring periods do, with the same weights. Newey and West
      (1987), doi:10.2307/1913610;
    - ``heteroskedastic`` (HC1) and ``homoskedastic``: none do. For comparison only: outcomes of a district in
      successive quarters do go together.

    The factors for small samples are those of fixest.

    Parameters
    ----------
    estimate : Estimate
        With moments.
    kind : {"two_way", "driscoll_kraay", "newey_west", "heteroskedastic", "homoskedastic"}
    cluster : str, optional
        Of ``two_way``: a grouping of the design; by default the design's cluster.
    lags : int, optional
        L; by default the whole part of T^(1/4).
    conf_level : float

    Returns
    -------
    Inference
        std_error, df, p_value, conf_low, conf_high of shape (k,). The degrees of freedom are the smaller
        number of clusters less one, the periods less one, or the observations less all coefficients. Notes:
        ``few_treated_clusters``, ``few_periods`` below twenty where periods are summed over,
        ``serial_correlation_ignored``, ``variance_not_positive`` where a standard error is NaN.

    Raises
    ------
    InferenceError
        If the estimate has no moments, an option is unknown, or the lags are not between 0 and T - 2.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=40, n_treated=15, n_periods=20, seed=1)
    >>> columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    >>> effect = ev.twfe(ev.StudyDesign.from_frame(panel, **columns))
    >>> robust(effect, kind="driscoll_kraay").df.tolist()
    [19.0]
    """
    require_option(InferenceError, "robust", "kind", kind, tuple(_KINDS))
    require(estimate, "moments", "robust", METHODS)
    assert estimate.moments is not None
    scores = _Scores.of(estimate, cluster)
    variance, df = _KINDS[kind](scores, _lags(lags, scores.n_periods))
    error = np.sqrt(np.where(variance > 0, variance, np.nan))
    reach = stdtrit(df, (1 + conf_level) / 2) * error
    return Inference.of(
        "robust",
        len(error),
        conf_level=conf_level,
        std_error=error,
        df=np.full(len(error), float(df)),
        p_value=2 * stdtr(df, -np.abs(estimate.value / error)),
        conf_low=estimate.value - reach,
        conf_high=estimate.value + reach,
        notes=_notes(estimate, scores, kind) + _not_positive(variance),
    )


def _not_positive(variance: Floats) -> tuple[Note, ...]:
    """With few clusters or periods the part that is taken away can be larger than the rest."""
    lost = int(np.count_nonzero(~(variance > 0)))
    return (Note("variance_not_positive", {"terms": lost, "of": len(variance)}),) if lost else ()


def _lags(lags: int | None, n_periods: int) -> int:
    chosen = int(n_periods**0.25) if lags is None else lags
    if int(chosen) != chosen or not 0 <= chosen <= n_periods - 2:
        raise InferenceError("bad-lags", value=chosen, most=n_periods - 2)
    return int(chosen)


@dataclass(frozen=True, eq=False)
class _Scores:
    """What each cell adds to the error of each term, and what the factors need.

    Attributes
    ----------
    table : ndarray, shape (k, n_units, n_periods)
    homoskedastic : ndarray, shape (k,)
        Variances under one error variance.
    group : Grouping
    moments : Moments
    """

    table: Floats
    homoskedastic: Floats
    group: Grouping
    moments: Moments

    @classmethod
    def of(cls, estimate: Estimate, cluster: str | None) -> _Scores:
        moments = estimate.moments
        assert moments is not None
        cells, loadings = moments.cells, moments.loadings(len(estimate.terms))
        weighted = np.einsum("qk,qit->kit", loadings, cells.columns) * (cells.weights * cells.error)
        free = moments.n_obs - _every(moments)
        sigma = float((cells.weights * cells.error**2).sum()) / free if free > 0 else np.nan
        bread = np.einsum("kq,qk->k", moments.weights_of(len(estimate.terms)), loadings)
        group = estimate.design.group(cluster) if cluster else estimate.design.cluster
        return cls(weighted, sigma * bread, group, moments)

    @property
    def n_periods(self) -> int:
        return int(self.table.shape[2])

    @property
    def n_clusters(self) -> int:
        return self.group.count(self.moments.used)

    def factor(self, counted: int) -> float:
        """(N - 1) / (N - K)."""
        return (self.moments.n_obs - 1) / (self.moments.n_obs - counted)


def _every(moments: Moments) -> int:
    """All coefficients, absorbed effects among them."""
    levels = [effects.n_levels for effects in moments.absorbed]
    return int(moments.n_regressors + sum(levels) - max(len(levels) - 1, 0))


def _bartlett(series: Floats, lags: int) -> Floats:
    """Sum of squares along the last axis and of products at a distance, with falling weights."""
    total = (series**2).sum(axis=-1)
    for lag in range(1, lags + 1):
        total = total + 2 * (1 - lag / (lags + 1)) * (series[..., lag:] * series[..., :-lag]).sum(axis=-1)
    return np.asarray(total)


def _two_way(scores: _Scores, _: int) -> tuple[Floats, int]:
    by_both = np.moveaxis(scores.group.sums(np.moveaxis(scores.table, 1, 0)), 0, 1)
    fewest = min(scores.n_clusters, scores.n_periods)
    if fewest < 2:
        raise InferenceError("one-cluster", clusters=fewest, column=scores.group.name)
    own, common = by_both.sum(axis=2), by_both.sum(axis=1)
    variance = (own**2).sum(axis=1) + (common**2).sum(axis=1) - (by_both**2).sum(axis=(1, 2))
    moments = scores.moments
    others = [e.n_levels for e in moments.absorbed[:1] if not e.groups.nested_in(scores.group)]
    counted = moments.n_regressors + sum(others) + (1 if moments.absorbed else 0)
    return variance * scores.factor(counted) * fewest / (fewest - 1), fewest - 1


def _driscoll_kraay(scores: _Scores, lags: int) -> tuple[Floats, int]:
    periods = scores.n_periods
    variance = _bartlett(scores.table.sum(axis=1), lags)
    return variance * scores.factor(_every(scores.moments)) * periods / (periods - 1), periods - 1


def _newey_west(scores: _Scores, lags: int) -> tuple[Floats, int]:
    periods = scores.n_periods
    variance = _bartlett(scores.table, lags).sum(axis=1)
    return variance * scores.factor(_every(scores.moments)) * periods / (periods - 1), periods - 1


def _heteroskedastic(scores: _Scores, _: int) -> tuple[Floats, int]:
    n, counted = scores.moments.n_obs, _every(scores.moments)
    return (scores.table**2).sum(axis=(1, 2)) * n / (n - counted), n - counted


def _homoskedastic(scores: _Scores, _: int) -> tuple[Floats, int]:
    return scores.homoskedastic, scores.moments.n_obs - _every(scores.moments)


_KINDS: dict[str, Callable[[_Scores, int], tuple[Floats, int]]] = {
    "two_way": _two_way,
    "driscoll_kraay": _driscoll_kraay,
    "newey_west": _newey_west,
    "heteroskedastic": _heteroskedastic,
    "homoskedastic": _homoskedastic,
}

FEW_PERIODS = 20
"""Fewer periods than this carry a sum over periods badly."""


def _notes(estimate: Estimate, scores: _Scores, kind: str) -> tuple[Note, ...]:
    used = scores.moments.used
    treated = scores.group.count(estimate.design.treated_units & used)
    notes = few_treated("clustered", clusters=scores.n_clusters, treated=treated)
    if kind in ("two_way", "driscoll_kraay") and scores.n_periods < FEW_PERIODS:
        notes += (Note("few_periods", {"periods": scores.n_periods}),)
    if kind in ("heteroskedastic", "homoskedastic"):
        notes += (Note("serial_correlation_ignored", {}),)
    return notes
