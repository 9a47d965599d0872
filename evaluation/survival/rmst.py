"""Restricted mean survival time: the mean time that a spell lasted, out of a horizon."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from evaluation.design import Durations
from evaluation.errors import DataError, InferenceError
from evaluation.estimate import Estimate, Inference, Term
from evaluation.survival._checks import before_end, two_groups
from evaluation.survival._events import Events, as_one_cause, by_arm

Floats = NDArray[np.float64]


def restricted_mean(design: Durations, *, horizon: float) -> Estimate:
    r"""Mean time out of a horizon: the area under the Kaplan-Meier curve, and its difference.

    .. math:: \mu(\tau) = \int_0^\tau \hat S(t) \, dt

    "Out of 24 months, 19.3 months in the home." It needs no assumption on hazards, and its difference is in
    months. Royston and Parmar (2013), doi:10.1186/1471-2288-13-152; Uno et al. (2014),
    doi:10.1200/JCO.2014.55.2208. The difference is an effect only where the groups are comparable: drawn
    by lot, or weighted.

    Parameters
    ----------
    design : Durations
    horizon : float
        tau, in the unit of the data; not beyond the follow-up of any group.

    Returns
    -------
    Estimate
        Estimand ``restricted_mean``. A term for each group, and with two groups ``difference`` (second less
        first) and ``log_ratio``. Influence values of shape (n_units, k); for the model-based standard error
        see `area_error`.

    Raises
    ------
    DataError
        If a group is not followed up to the horizon.

    Examples
    --------
    >>> import pandas as pd
    >>> homes = pd.DataFrame({"months": [1, 2, 3, 4, 5, 6], "lost": [1, 0, 1, 1, 0, 0]})
    >>> design = Durations.from_frame(homes, time="months", event="lost")
    >>> restricted_mean(design, horizon=4).value.round(4)      # 1 + 5/6 x 2 + 5/8
    array([3.2917])
    """
    if not horizon > 0:
        raise DataError("bad-horizon", value=horizon)
    arms = by_arm(design)
    before_end(design, arms, np.array([horizon]))
    means = np.array([_area(arm, horizon) for arm in arms])
    psi = [arm.influence(_weights(arm, horizon), design.n_units) for arm in arms]
    terms = [Term(str(label)) for label in design.arm.labels]
    values, influence = means, design.n_units * np.hstack(psi)
    if len(arms) == 2:
        contrast = _contrast(means)
        values = np.concatenate([means, [means[1] - means[0], np.log(means[1] / means[0])]])
        influence = np.hstack([influence, influence @ contrast.T])
        terms += [Term("difference"), Term("log_ratio")]
    return Estimate(
        estimator="restricted_mean",
        estimand="restricted_mean",
        terms=tuple(terms),
        value=values,
        design=design,
        options={"horizon": float(horizon)},
        influence=influence,
    )


def area_error(estimate: Estimate, *, conf_level: float = 0.95) -> Inference:
    r"""Model-based standard error of a restricted mean, spells independent.

    .. math:: \widehat{Var} = \sum_{u \le \tau} \Big\{ \int_u^\tau \hat S \Big\}^2
              \frac{d_u}{n_u (n_u - d_u)}

    Intervals and p-values are normal; for spells of one town see `inference.clustered`.

    Parameters
    ----------
    estimate : Estimate
        Of `restricted_mean`.
    conf_level : float

    Returns
    -------
    Inference
        p-values for the difference and the log ratio only: a mean time is not compared with zero.

    Raises
    ------
    InferenceError
        If the estimate is another one.

    Examples
    --------
    >>> import pandas as pd
    >>> homes = pd.DataFrame({"months": [1, 2, 3, 4, 5, 6], "lost": [1, 0, 1, 1, 0, 0]})
    >>> design = Durations.from_frame(homes, time="months", event="lost")
    >>> restricted_mean(design, horizon=4).infer(area_error).tidy().std_error.round(4).tolist()
    [0.4556]
    """
    design = estimate.design
    if estimate.estimator != "restricted_mean" or not isinstance(design, Durations):
        raise InferenceError("not-a-survival-share", method="area_error", estimator=estimate.estimator)
    horizon, arms = float(estimate.options["horizon"]), by_arm(design)
    variance = np.array([float(arm.variance(_weights(arm, horizon))[0, 0]) for arm in arms])
    p_value = np.full(len(estimate.terms), np.nan)
    if len(arms) == 2:
        variance = np.concatenate([variance, _contrast(estimate.value[:2]) ** 2 @ variance])
    error = np.sqrt(variance)
    p_value[len(arms) :] = 2 * ndtr(-np.abs(estimate.value / error))[len(arms) :]
    reach = float(ndtri((1 + conf_level) / 2)) * error
    return Inference.of(
        "area_error",
        len(error),
        conf_level=conf_level,
        std_error=error,
        p_value=p_value,
        conf_low=estimate.value - reach,
        conf_high=estimate.value + reach,
    )


def adjusted_restricted_mean(design: Durations, *, horizon: float) -> Estimate:
    r"""Difference of restricted means, adjusted for covariates: weighted regression of the capped time.

    .. math:: \sum_i \frac{\delta_i}{\hat G_a(Y_i)} x_i (Y_i - x_i'\beta) = 0, \quad Y_i = \min(T_i, \tau)

    with G_a the Kaplan-Meier curve of censoring in group a, and delta 1 where the capped time was seen.
    Tian, Zhao and Wei (2014), doi:10.1093/biostatistics/kxt050.

    Parameters
    ----------
    design : Durations
        With two groups and covariates; without late entries.
    horizon : float

    Returns
    -------
    Estimate
        Terms intercept, ``difference`` (second group less first) and one per covariate; influence values
        take along that the curve of censoring is estimated.

    Raises
    ------
    DataError
        If there are not two groups, or spells came under observation late.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> homes = pd.DataFrame({"months": rng.exponential(20, 200).clip(1, 36).round()})
    >>> homes["arm"] = np.tile([0, 1], 100)
    >>> homes["lost"] = (homes.months < 36).astype(int)
    >>> homes["age"] = rng.normal(45, 10, 200).round()
    >>> design = Durations.from_frame(homes, time="months", event="lost", group="arm", covariates=["age"])
    >>> [term.name for term in adjusted_restricted_mean(design, horizon=24).terms]
    ['intercept', 'difference', 'age']
    """
    two_groups(design, "adjusted_restricted_mean")
    if np.isfinite(design.entry).any():
        raise DataError("late-entry", what="adjusted_restricted_mean")
    arms = by_arm(design)
    before_end(design, arms, np.array([horizon]))
    capped = np.minimum(design.time, horizon)
    seen = (design.cause > 0) | (design.time >= horizon)
    x = np.column_stack([np.ones(len(capped)), design.arm.codes, design.covariates])
    curves = [(arm.spells, _censoring(capped, seen, arm.spells)) for arm in arms]
    weight = np.zeros(len(capped))
    for rows, curve in curves:
        weight[rows] = curve.weights(seen[rows])
    beta = np.linalg.solve((x * weight[:, None]).T @ x, (x * weight[:, None]).T @ capped)
    psi = x * (weight * (capped - x @ beta))[:, None]
    for rows, curve in curves:
        psi[rows] += curve.correction(psi[rows], seen[rows])
    return Estimate(
        estimator="adjusted_restricted_mean",
        estimand="restricted_mean",
        terms=tuple(Term(name) for name in ("intercept", "difference", *design.names.covariates)),
        value=np.asarray(beta, dtype=np.float64),
        design=design,
        options={"horizon": float(horizon)},
        influence=len(capped) * psi @ np.linalg.inv(x.T @ x),
    )


def _contrast(means: Floats) -> Floats:
    return np.array([[-1.0, 1.0], [-1 / means[0], 1 / means[1]]])


def _area(arm: Events, horizon: float) -> float:
    return float(_areas_after(arm, horizon)[1])


def _areas_after(arm: Events, horizon: float) -> tuple[Floats, float]:
    """Return the area under the curve from each time to the horizon, and from zero."""
    edges = np.concatenate([[0.0], np.minimum(arm.times, horizon), [horizon]])
    pieces = np.concatenate([[1.0], arm.survival]) * np.diff(edges)
    after = pieces[::-1].cumsum()[::-1]
    return after[1:], float(after[0])


def _weights(arm: Events, horizon: float) -> Floats:
    ended = arm.ended.sum(axis=0)
    left = arm.at_risk - ended
    per_end = np.divide(1.0, left, out=np.zeros_like(left), where=left > 0)
    after = _areas_after(arm, horizon)[0]
    return as_one_cause((-after * per_end * (arm.times <= horizon))[None, :], len(arm.ended))


@dataclass(frozen=True, eq=False)
class Censoring:
    """Censoring as the event, in one group: a time that was seen censors nobody.

    Attributes
    ----------
    end : ndarray of int
        Position of each spell's capped time.
    at_risk, censored : ndarray, shape (m,)
    """

    end: NDArray[np.int64]
    at_risk: Floats
    censored: Floats

    def weights(self, seen: NDArray[np.bool_]) -> Floats:
        """Return one over the share not censored up to a spell's time; zero for censored spells."""
        share = np.cumprod(1 - self.censored / self.at_risk)[self.end]
        inverse: Floats = np.divide(1.0, share, out=np.zeros_like(share), where=seen & (share > 0))
        return inverse

    def correction(self, scores: Floats, seen: NDArray[np.bool_]) -> Floats:
        """Return what the estimated share adds to the scores, by spell."""
        later = np.zeros((len(self.at_risk), scores.shape[1]))
        np.add.at(later, self.end, scores)
        later = later[::-1].cumsum(axis=0)[::-1] / self.at_risk[:, None]
        compensator = (later * (self.censored / self.at_risk)[:, None]).cumsum(axis=0)
        own: Floats = np.where(seen[:, None], 0.0, later[self.end]) - compensator[self.end]
        return own


def _censoring(capped: Floats, seen: NDArray[np.bool_], spells: NDArray[np.int64]) -> Censoring:
    times, end = np.unique(capped[spells], return_inverse=True)
    leaving = np.bincount(end)
    at_risk = (len(spells) - (leaving.cumsum() - leaving)).astype(np.float64)
    censored = np.bincount(end[~seen[spells]], minlength=len(times)).astype(np.float64)
    return Censoring(end, at_risk, censored)
