"""Which trend a test of the periods before treatment finds, and what passing it does (Roth 2022)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from evaluation.checks._box import inside_box
from evaluation.design import Note
from evaluation.design.note import Number
from evaluation.errors import DesignError
from evaluation.estimate import Estimate
from evaluation.estimate.check import CheckResult
from evaluation.inference.clustered import cluster_covariance

Floats = NDArray[np.float64]

HALVED = 1e-6
"""A slope is halved until it is known to this share of itself."""


def pretrends_power(estimate: Estimate, *, slope: float | None = None, level: float = 0.05) -> CheckResult:
    r"""Find the linear trends that the usual pre-test finds with a power of 50 and of 80 %.

    The pre-test passes where no effect before treatment is significant on its own. If groups move apart by
    gamma per period, estimates are normal around gamma (e - r), with r the reference distance; the power is
    the chance that at least one of them is significant. Estimates of those who pass are biased too,

    .. math:: E[\hat\beta_{post} \mid pass] = \delta_{post} + \Sigma_{post,pre} \Sigma_{pre}^{-1}
              (E[\hat\beta_{pre} \mid pass] - \delta_{pre}),

    often by more than the trend itself, delta.

    Parameters
    ----------
    estimate : Estimate
        With influence, and one term for each distance from treatment.
    slope : float, optional
        The trend for which the table and the bias are made, per period; by default that found with a power of
        50 %.
    level : float
        Of the test of one effect.

    Returns
    -------
    CheckResult
        Informational. Table: event_time, estimate, std_error, trend (delta), mean_if_passed. Numbers:
        slope_50, slope_80, slope, power (at slope), power_none (chance of a rejection without a trend),
        bayes_factor (odds of the trend against none after passing, over those before), likelihood_ratio
        (density of the estimates under the trend over that under none), effect, bias and bias_if_passed
        (means over the distances >= 0 of the estimates, of delta, and of what is expected after passing),
        estimand, terms (before treatment), level. Note ``pretrends_power`` where the bias after passing is at
        least half of the effect.

    Raises
    ------
    DesignError
        If a side of the start has no estimate, or the covariance of those before is singular.

    References
    ----------
    Roth (2022), doi:10.1257/aeri.20210236.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=60, n_treated=20, n_periods=8, seed=1)
    >>> design = ev.StudyDesign.from_frame(panel, outcome="outcome", unit="unit", time="period",
    ...                                    cohort="cohort")
    >>> found = pretrends_power(ev.event_study(design)).numbers
    >>> found["slope_50"] < found["slope_80"], round(found["power"], 3)
    (True, 0.5)
    """
    path = _path(estimate, level)
    slopes = {power: _slope(path, power) for power in (0.5, 0.8)}
    chosen = slopes[0.5] if slope is None else float(slope)
    trend = chosen * (path.times - path.reference)
    expected, passing = _if_passed(path, trend)
    none, after = _passing(path, 0.0), ~path.before
    numbers: dict[str, Number] = {
        "slope_50": slopes[0.5],
        "slope_80": slopes[0.8],
        "slope": chosen,
        "power": 1 - passing,
        "power_none": 1 - none,
        "bayes_factor": passing / none,
        "likelihood_ratio": _likelihood_ratio(path, trend),
        "effect": float(path.value[after].mean()),
        "bias": float(trend[after].mean()),
        "bias_if_passed": float(expected[after].mean()),
        "estimand": estimate.estimand,
        "terms": int(path.before.sum()),
        "level": level,
    }
    table = pd.DataFrame(
        {
            "event_time": path.times,
            "estimate": path.value,
            "std_error": np.sqrt(np.diag(path.covariance)),
            "trend": trend,
            "mean_if_passed": expected,
        }
    )
    told = {name: numbers[name] for name in ("slope", "effect", "bias_if_passed")}
    told |= {"power_share": numbers["power"]}
    large = abs(expected[after].mean()) >= abs(path.value[after].mean()) / 2
    notes = (Note("pretrends_power", told),) if large else ()
    return CheckResult("pretrends_power", None, table, numbers, notes)


@dataclass(frozen=True, eq=False)
class _Path:
    """Estimates by distance.

    Attributes
    ----------
    times, value : ndarray, shape (k,)
    covariance : ndarray, shape (k, k)
    before : ndarray of bool, shape (k,)
    reference : float
    critical : float
    """

    times: Floats
    value: Floats
    covariance: Floats
    before: NDArray[np.bool_]
    reference: float
    critical: float

    @property
    def pre(self) -> tuple[Floats, Floats]:
        """Covariance of the estimates before treatment, and how far they may be from zero."""
        inner = self.covariance[np.ix_(self.before, self.before)]
        return inner, self.critical * np.sqrt(np.diag(inner))


def _path(estimate: Estimate, level: float) -> _Path:
    lead = estimate.design.anticipation
    used = [i for i, term in enumerate(estimate.terms) if term.event_time is not None and term.cohort is None]
    if estimate.influence is None or not used:
        raise DesignError("no-pre-period-terms")
    moves = np.isfinite(estimate.influence).all(axis=0) & (estimate.influence != 0).any(axis=0)
    used = [i for i in used if moves[i]]
    times = np.array([estimate.terms[i].event_time for i in used], dtype=np.float64)
    outside = (times < -lead) | (times >= 0)
    used, times = [i for i, kept in zip(used, outside, strict=True) if kept], times[outside]
    before = times < 0
    if not before.any() or before.all():
        raise DesignError("no-pre-period-terms")
    every = cluster_covariance(estimate, correction="CR1" if estimate.moments is not None else "CR0")
    covariance = every[np.ix_(used, used)]
    inner = covariance[np.ix_(before, before)]
    size = np.sqrt(np.diag(inner))
    if len(inner) >= estimate.design.cluster.n_groups or np.linalg.cond(inner / np.outer(size, size)) > 1e12:
        raise DesignError("pretrends-singular", terms=len(inner), clusters=estimate.design.cluster.n_groups)
    return _Path(times, estimate.value[used], covariance, before, -1.0 - lead, float(ndtri(1 - level / 2)))


def _passing(path: _Path, slope: float) -> float:
    """Return the chance that no estimate before treatment is significant."""
    covariance, reach = path.pre
    return inside_box(slope * (path.times - path.reference)[path.before], covariance, reach).probability


def _slope(path: _Path, power: float) -> float:
    """Return the positive slope at which the power is this; zero if it is reached without a trend."""
    if 1 - _passing(path, 0.0) >= power:
        return 0.0
    distance = np.abs(path.times - path.reference)[path.before]
    low, high = 0.0, float((2 * path.critical * np.sqrt(np.diag(path.pre[0])) / distance).min())
    while 1 - _passing(path, high) < power:
        low, high = high, 2 * high
    while high - low > HALVED * high:
        middle = (low + high) / 2
        low, high = (middle, high) if 1 - _passing(path, middle) < power else (low, middle)
    return high


def _if_passed(path: _Path, trend: Floats) -> tuple[Floats, float]:
    """Return the mean of all estimates given that the test passes, and the chance that it does."""
    covariance, reach = path.pre
    inside = inside_box(trend[path.before], covariance, reach)
    shift = np.linalg.solve(covariance, inside.mean - trend[path.before])
    return np.asarray(trend + path.covariance[:, path.before] @ shift), inside.probability


def _likelihood_ratio(path: _Path, trend: Floats) -> float:
    covariance, _ = path.pre
    value, pull = path.value[path.before], trend[path.before]
    return float(np.exp(np.linalg.solve(covariance, pull) @ (value - pull / 2)))
