"""Discrete-time hazard: for ends that are only known to lie in a month, a quarter, an interval."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Durations, Note
from evaluation.errors import DataError, DesignError, require_option
from evaluation.estimate import Estimate, Term
from evaluation.survival._arm import with_arm

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Link = Literal["cloglog", "logit"]


def discrete_hazard(
    design: Durations, *, breaks: Sequence[float], cause: Any | None = None, link: Link = "cloglog"
) -> Estimate:
    r"""Log ratios of hazards from intervals: one row for each spell and interval in which it was at risk.

    .. math:: g\{\lambda_i(j)\} = \alpha_j + x_i'\beta

    With ``cloglog`` beta is the log hazard ratio of the proportional-hazards model behind the intervals
    (Prentice and Gloeckler 1978, doi:10.2307/2529588), with ``logit`` a log odds ratio. It is the model for
    interval-censored ends: who visits once a quarter does not know the day. A spell that was censored within
    an interval does not count in it; one that came under observation within an interval counts from the next.

    Parameters
    ----------
    design : Durations
        With covariates or two groups.
    breaks : sequence of float
        Ends of the intervals, in order: (0, b1], (b1, b2], …; spells are followed up to the last.
    cause : value of the event column, optional
        The first by default; other causes leave the risk set.
    link : {"cloglog", "logit"}

    Returns
    -------
    Estimate
        Estimand ``log_hazard_ratio`` or ``log_odds_ratio``; a term for each covariate. Influence values of
        shape (n_units, p): rows of one spell are added up, so errors are robust to them.

    Raises
    ------
    DataError
        If the breaks are not in order, or an interval has no end: it cannot have a hazard of its own.
    DesignError
        If a ratio is not identified.

    Examples
    --------
    >>> import pandas as pd
    >>> homes = pd.DataFrame({"months": [2, 5, 6, 9, 12, 3, 11, 12], "lost": [1, 1, 0, 1, 0, 1, 1, 0],
    ...                       "support": [0, 0, 0, 0, 1, 1, 1, 1]})
    >>> design = Durations.from_frame(homes, time="months", event="lost", covariates=["support"])
    >>> discrete_hazard(design, breaks=[6, 12], link="logit").terms[0].name
    'support'
    """
    require_option(DesignError, "discrete_hazard", "link", link, ("cloglog", "logit"))
    full, names = with_arm(design, "discrete_hazard")
    edges = _edges(breaks)
    ended = design.cause == design.code_of(cause)
    spell, interval, happened = _person_periods(full, ended, edges)
    seen = np.bincount(interval[happened > 0], minlength=len(edges))
    if (seen == 0).any():
        raise DataError(
            "interval-without-end", interval=int(np.argmin(seen)) + 1, count=int((seen == 0).sum())
        )
    dummies = (interval[:, None] == np.arange(len(edges))[None, :]).astype(np.float64)
    x = np.column_stack([dummies, full.covariates[spell]])
    coefficients, scores, information = _fit(x, happened, link, names)
    by_spell = np.zeros((design.n_units, x.shape[1]))
    np.add.at(by_spell, spell, scores)
    others = int(((design.cause > 0) & ~ended).sum())
    note = (Note("competing_leave", {"others": others, "ends": int(ended.sum())}),) if others else ()
    return Estimate(
        estimator="discrete_hazard",
        estimand="log_hazard_ratio" if link == "cloglog" else "log_odds_ratio",
        terms=tuple(Term(name) for name in names),
        value=coefficients[len(edges) :],
        design=full,
        options={"breaks": tuple(edges.tolist()), "link": link},
        influence=(design.n_units * by_spell @ np.linalg.inv(information))[:, len(edges) :],
        notes=note,
    )


def _edges(breaks: Sequence[float]) -> Floats:
    edges = np.asarray(breaks, dtype=np.float64)
    if not len(edges) or edges[0] <= 0 or (np.diff(edges) <= 0).any():
        raise DataError("bad-breaks", value=str(list(breaks)))
    return edges


def _person_periods(
    design: Durations, ended: NDArray[np.bool_], edges: Floats
) -> tuple[Integers, Integers, Floats]:
    """Return spell, interval and whether the end was in it, for each interval that a spell was at risk in."""
    first = np.searchsorted(edges, np.maximum(design.entry, 0.0), side="left")
    inside = np.maximum(design.entry, 0.0) > np.concatenate([[0.0], edges])[np.minimum(first, len(edges) - 1)]
    first = first + inside
    last = np.searchsorted(edges, design.time, side="left")
    whole = (design.cause == 0) & (last < len(edges))
    complete = whole & (edges[np.minimum(last, len(edges) - 1)] == design.time)
    last = np.where(whole & ~complete, last - 1, np.minimum(last, len(edges) - 1))
    length = np.maximum(last - first + 1, 0)
    spell = np.repeat(np.arange(design.n_units), length)
    start = np.repeat(first, length)
    step = np.arange(length.sum()) - np.repeat(length.cumsum() - length, length)
    interval = start + step
    happened = ended[spell] & (interval == last[spell]) & (design.time[spell] <= edges[-1])
    return spell, interval, happened.astype(np.float64)


def _fit(x: Floats, y: Floats, link: Link, names: tuple[str, ...]) -> tuple[Floats, Floats, Floats]:
    """Return coefficients, scores by row and the expected information."""
    import statsmodels.api as sm  # noqa: PLC0415 -- half a second

    links = sm.families.links
    family = sm.families.Binomial(link=links.CLogLog() if link == "cloglog" else links.Logit())
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = sm.GLM(y, x, family=family).fit(tol=1e-12, maxiter=200)
    beta = np.asarray(fitted.params, dtype=np.float64)
    ours = beta[-len(names) :]
    far = ~np.isfinite(ours) | (np.abs(ours) * x[:, -len(names) :].std(axis=0) > 10)
    if far.any() or not fitted.converged:
        raise DesignError("not-identified-hazard", term=names[int(np.argmax(far))])
    mu, slope = fitted.mu, family.link.inverse_deriv(x @ beta)
    weight = slope / (mu * (1 - mu))
    return beta, x * ((y - mu) * weight)[:, None], (x * (slope * weight)[:, None]).T @ x
