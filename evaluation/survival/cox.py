"""Cox: ratios of hazards, tied ends by Efron's rule."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import chdtrc, ndtr, ndtri

from evaluation.design import Durations, Note
from evaluation.errors import DesignError, InferenceError, require_option
from evaluation.estimate import CheckResult, Estimate, Inference, Term
from evaluation.survival._arm import with_arm
from evaluation.survival._events import Events
from evaluation.survival._risk_sets import RiskSets, Ties, strata

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
MOST = 15.0
"""Standard deviations of log hazard beyond which a ratio runs away: one side of a covariate has no ends."""
FEW_ENDS = 10
"""Ends per covariate below which a ratio is unreliable (Peduzzi et al. 1995)."""


def cox(design: Durations, *, cause: Any | None = None, ties: Ties = "efron") -> Estimate:
    r"""Log ratios of the hazard of ending by a cause, within strata.

    .. math:: \lambda_i(t) = \lambda_{0s}(t) \exp(x_i'\beta)

    Spells that end by another cause leave the risk set: the ratio is of the cause-specific hazard, and says
    nothing yet of how many end by the cause (see `fine_gray`). Coefficients are those of statsmodels' PHReg;
    influence values are the score residuals under the same rule for ties times the inverse information, the
    first-order change when a spell is left out (Lin and Wei 1989, doi:10.1080/01621459.1989.10478874), so
    `inference.clustered` makes them robust to spells of one town or office. Cox (1972),
    doi:10.1111/j.2517-6161.1972.tb00899.x; Efron (1977), doi:10.1080/01621459.1977.10480613.

    Parameters
    ----------
    design : Durations
        With covariates; a group column is the first of them (0 for its first label).
    cause : value of the event column, optional
        The first by default.
    ties : {"efron", "breslow"}

    Returns
    -------
    Estimate
        Estimand ``log_hazard_ratio``, a term for each covariate; influence values of shape (n_units, p). For
        the model-based standard error see `information`. Notes ``few_ends`` below ten ends per
        covariate, ``competing_leave`` where other causes leave the risk set.

    Raises
    ------
    DataError
        If there is nothing to compare by, or more than two groups.
    DesignError
        If a ratio is not identified: a covariate does not vary, or all ends are on one side of it.

    Examples
    --------
    >>> homes = pd.DataFrame({"months": [1, 2, 3, 4, 5, 6], "lost": [1, 1, 0, 1, 0, 1],
    ...                       "support": [0, 1, 0, 1, 1, 0]})
    >>> design = Durations.from_frame(homes, time="months", event="lost", covariates=["support"])
    >>> cox(design).value.round(4)
    array([0.3401])
    """
    require_option(DesignError, "cox", "ties", ties, ("efron", "breslow"))
    full, names = with_arm(design, "cox")
    ended = design.cause == design.code_of(cause)
    beta = _fit(full, ended, ties, names)
    scores, information = np.zeros_like(full.covariates), np.zeros((len(names), len(names)))
    for sets in _sets(full, ended, beta, ties):
        information += sets.spread.sum(axis=0)
        scores[sets.rows] = _residuals(full, ended, beta, sets)
    bread = _bread(information, full, names)
    ends, others = int(ended.sum()), int(((design.cause > 0) & ~ended).sum())
    few = (
        (Note("few_ends", {"ends": ends, "covariates": len(names)}),) if ends < FEW_ENDS * len(names) else ()
    )
    competing = (Note("competing_leave", {"others": others, "ends": ends}),) if others else ()
    return Estimate(
        estimator="cox",
        estimand="log_hazard_ratio",
        terms=tuple(Term(name) for name in names),
        value=beta,
        design=full,
        options={"cause": design.causes[design.code_of(cause) - 1], "ties": ties},
        influence=design.n_units * scores @ bread,
        notes=few + competing,
    )


def information(estimate: Estimate, *, conf_level: float = 0.95) -> Inference:
    """Model-based standard errors from the inverse information; spells independent, the model right.

    Parameters
    ----------
    estimate : Estimate
        Of `cox`.
    conf_level : float

    Returns
    -------
    Inference
        Normal p-values and intervals.

    Raises
    ------
    InferenceError
        If the estimate is another one.

    Examples
    --------
    >>> homes = pd.DataFrame({"months": [1, 2, 3, 4, 5, 6], "lost": [1, 1, 0, 1, 0, 1],
    ...                       "support": [0, 1, 0, 1, 1, 0]})
    >>> design = Durations.from_frame(homes, time="months", event="lost", covariates=["support"])
    >>> cox(design).infer(information).tidy().std_error.round(3).tolist()
    [1.236]
    """
    full, ended, sets = _fitted(estimate, "information")
    del full, ended
    bread = np.linalg.inv(sum(one.spread.sum(axis=0) for one in sets))
    error = np.sqrt(np.diag(bread))
    reach = float(ndtri((1 + conf_level) / 2)) * error
    return Inference.of(
        "information",
        len(error),
        conf_level=conf_level,
        std_error=error,
        p_value=2 * ndtr(-np.abs(estimate.value / error)),
        conf_low=estimate.value - reach,
        conf_high=estimate.value + reach,
    )


def proportional_hazards(estimate: Estimate, *, scale: Literal["km", "identity"] = "km") -> CheckResult:
    r"""Test whether the ratios of hazards stay the same over time.

    Score test of :math:`\beta_j(t) = \beta_j + \theta_j g(t)` against :math:`\theta = 0`, with g one less
    the Kaplan-Meier curve just before t, or t itself. Grambsch and Therneau (1994),
    doi:10.1093/biomet/81.3.515.

    Parameters
    ----------
    estimate : Estimate
        Of `cox`.
    scale : {"km", "identity"}

    Returns
    -------
    CheckResult
        Name ``proportional_hazards``; table: term (the last ``all``), statistic, df, p_value; passed if the
        joint p-value is not below 0.05: a small sample rarely finds a departure.

    Raises
    ------
    InferenceError
        If the estimate is another one.

    Examples
    --------
    >>> homes = pd.DataFrame({"months": [1, 2, 3, 4, 5, 6], "lost": [1, 1, 0, 1, 0, 1],
    ...                       "support": [0, 1, 0, 1, 1, 0]})
    >>> design = Durations.from_frame(homes, time="months", event="lost", covariates=["support"])
    >>> proportional_hazards(cox(design)).table.term.tolist()
    ['support', 'all']
    """
    require_option(InferenceError, "proportional_hazards", "scale", scale, ("km", "identity"))
    full, ended, sets = _fitted(estimate, "proportional_hazards")
    p = len(estimate.terms)
    score, blocks = np.zeros(p), np.zeros((3, p, p))
    for one in sets:
        g = _scale(full, ended, one, scale)
        own = np.flatnonzero(ended[one.rows])
        order = own[np.argsort(full.time[one.rows][own], kind="stable")]
        score += g @ (full.covariates[one.rows][order] - one.mean)
        blocks += np.stack([np.einsum("e,eij->ij", g**power, one.spread) for power in (0, 1, 2)])
    base, cross, square = blocks
    left = square - cross @ np.linalg.solve(base, cross)
    single = score**2 / np.diag(left)
    joint = float(score @ np.linalg.solve(left, score))
    table = pd.DataFrame(
        {
            "term": [*(term.name for term in estimate.terms), "all"],
            "statistic": [*single, joint],
            "df": [*np.ones(p, dtype=int), p],
        }
    )
    table["p_value"] = chdtrc(table.df.to_numpy(dtype=float), table.statistic.to_numpy())
    p_value = float(table.p_value.iloc[-1])
    return CheckResult("proportional_hazards", p_value >= 0.05, table, {"p_value": p_value, "scale": scale})


def _fit(design: Durations, ended: Bools, ties: Ties, names: tuple[str, ...]) -> Floats:
    from statsmodels.duration.hazard_regression import PHReg  # noqa: PLC0415 -- half a second

    late = np.maximum(design.entry, 0.0) if np.isfinite(design.entry).any() else None
    model = PHReg(
        design.time,
        design.covariates,
        status=ended.astype(float),
        entry=late,
        strata=design.strata.codes if design.strata else None,
        ties=ties,
    )
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            beta = np.asarray(model.fit(disp=0).params, dtype=np.float64)
        except np.linalg.LinAlgError:
            beta = np.full(len(names), np.nan)
    bad = ~np.isfinite(beta) | (np.abs(beta) * design.covariates.std(axis=0) > MOST)
    if bad.any():
        raise DesignError("not-identified-hazard", term=names[int(np.argmax(bad))])
    return beta


def _bread(information: Floats, design: Durations, names: tuple[str, ...]) -> Floats:
    """Invert the information; a direction without any is a ratio that runs away."""
    bread = np.asarray(np.linalg.pinv(information), dtype=np.float64)
    error = np.sqrt(np.diag(bread)) * design.covariates.std(axis=0)
    flat = (error > MOST) | (np.diag(information) <= 0)
    if flat.any():
        raise DesignError("not-identified-hazard", term=names[int(np.argmax(flat))])
    return bread


def _sets(design: Durations, ended: Bools, beta: Floats, ties: Ties) -> list[RiskSets]:
    risk = np.exp((design.covariates - design.covariates.mean(axis=0)) @ beta)
    made = (RiskSets.of(design, rows, ended, risk, ties) for rows in strata(design) if ended[rows].any())
    return list(made)


def _fitted(estimate: Estimate, method: str) -> tuple[Durations, Bools, list[RiskSets]]:
    design = estimate.design
    if estimate.estimator != "cox" or not isinstance(design, Durations):
        raise InferenceError("not-a-survival-share", method=method, estimator=estimate.estimator)
    ended = design.cause == design.code_of(estimate.options["cause"])
    return design, ended, _sets(design, ended, estimate.value, estimate.options["ties"])


def _residuals(design: Durations, ended: Bools, beta: Floats, sets: RiskSets) -> Floats:
    """Return the score residuals of a stratum: what each spell adds to the score, ends less expectation."""
    rows, p = sets.rows, design.covariates.shape[1]
    x, own = design.covariates[rows], ended[rows]
    risk = np.exp((x - design.covariates.mean(axis=0)) @ beta)
    times, first, count = np.unique(sets.time, return_index=True, return_counts=True)
    hazard = np.column_stack([1 / sets.total, sets.mean / sets.total[:, None]])
    whole = np.add.reduceat(hazard, first)
    partial = np.add.reduceat(hazard * (1 - sets.share)[:, None], first)
    mean = np.add.reduceat(sets.mean, first) / count[:, None]
    upto = np.vstack([np.zeros(p + 1), whole.cumsum(axis=0)])
    end = np.searchsorted(times, design.time[rows], side="right")
    start = np.searchsorted(times, design.entry[rows], side="right")
    exposed = upto[end] - upto[start]
    exposed[own] += (partial - whole)[end[own] - 1]
    scores: Floats = -risk[:, None] * (exposed[:, :1] * x - exposed[:, 1:])
    scores[own] += x[own] - mean[end[own] - 1]
    return scores


def _scale(design: Durations, ended: Bools, sets: RiskSets, scale: str) -> Floats:
    if scale == "identity":
        return sets.time
    pooled = Events.of(_of_one_cause(design, ended), np.ones(design.n_units, dtype=np.bool_))
    before = np.searchsorted(pooled.times, sets.time, side="left")
    shares: Floats = 1 - np.concatenate([[1.0], pooled.survival])[before]
    return shares


def _of_one_cause(design: Durations, ended: Bools) -> Durations:
    return dataclasses.replace(design, cause=ended.astype(np.int64), causes=("ended",))
