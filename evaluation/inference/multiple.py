"""Several outcomes at once: p-values and false discovery rates that allow for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.errors import InferenceError, require_option
from evaluation.estimate import Result
from evaluation.inference._constant_effect import TIE
from evaluation.inference._multipliers import MULTIPLIERS

Floats = NDArray[np.float64]


def multiple_outcomes(
    results: Mapping[str, Result], *, term: int = 0, draws: int = 9999, seed: int = 0
) -> pd.DataFrame:
    """Put results on several outcomes side by side, with p-values adjusted for their number.

    Parameters
    ----------
    results : Mapping of str to Result
        Outcome -> result of one estimator and one inference method.
    term : int
        Which term of each.
    draws, seed : int
        See `romano_wolf`.

    Returns
    -------
    DataFrame
        One row per outcome: outcome, estimate, p_value, holm, romano_wolf, benjamini_hochberg, sharpened_q.
        romano_wolf is NaN where the results have no joint distribution.

    Raises
    ------
    InferenceError
        If there is no result.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=12, n_treated=4, n_periods=6, effect=2.0, seed=1)
    >>> panel["second"] = panel.outcome ** 2
    >>> def effect(outcome):
    ...     design = ev.StudyDesign.from_frame(panel, outcome=outcome, unit="unit", time="period",
    ...                                        cohort="cohort")
    ...     return ev.twfe(design).infer(ev.inference.randomisation)
    >>> table = multiple_outcomes({"first": effect("outcome"), "second": effect("second")})
    >>> bool((table.romano_wolf >= table.p_value).all())
    True
    """
    if not results:
        raise InferenceError("no-results")
    p_values = np.array([result.inference.p_value[term] for result in results.values()])
    try:
        joint = romano_wolf(list(results.values()), term=term, draws=draws, seed=seed)
    except InferenceError:
        joint = np.full(len(p_values), np.nan)
    return pd.DataFrame(
        {
            "outcome": list(results),
            "estimate": [result.estimate.value[term] for result in results.values()],
            "p_value": p_values,
            "holm": adjusted(p_values, method="holm"),
            "romano_wolf": joint,
            "benjamini_hochberg": adjusted(p_values, method="benjamini_hochberg"),
            "sharpened_q": adjusted(p_values, method="sharpened_q"),
        }
    )


def adjusted(p_values: Sequence[float] | Floats, *, method: str = "holm") -> Floats:
    """Adjust p-values for their number.

    ``holm`` and ``bonferroni`` bound the probability of one false rejection, ``benjamini_hochberg`` and
    ``sharpened_q`` the expected share of false ones among the rejections. The sharpened q estimates how many
    nulls are true: Benjamini, Krieger and Yekutieli (2006), doi:10.1093/biomet/93.3.491, as used by Anderson
    (2008), doi:10.1198/016214508000000841; solved exactly, not on a grid. It can be smaller than p.

    Parameters
    ----------
    p_values : array, shape (m,)
        NaN stays NaN and does not count.
    method : {"holm", "bonferroni", "benjamini_hochberg", "sharpened_q"}

    Returns
    -------
    ndarray, shape (m,)

    Raises
    ------
    InferenceError
        If a p-value lies outside [0, 1] or the method is unknown.

    Examples
    --------
    >>> adjusted([0.01, 0.04, 0.03], method="holm")
    array([0.03, 0.06, 0.06])
    """
    require_option(InferenceError, "adjusted", "method", method, tuple(_METHODS))
    p = np.asarray(p_values, dtype=np.float64)
    known = np.flatnonzero(~np.isnan(p))
    if ((p[known] < 0) | (p[known] > 1)).any():
        wrong = p[known][(p[known] < 0) | (p[known] > 1)]
        raise InferenceError("bad-p-value", count=len(wrong), example=f"{wrong[0]:g}")
    order = known[np.argsort(p[known], kind="stable")]
    found = np.full(p.shape, np.nan)
    found[order] = np.minimum(_METHODS[method](p[order]), 1.0)
    return found


def _holm(p: Floats) -> Floats:
    return np.asarray(np.maximum.accumulate(p * np.arange(len(p), 0, -1)))


def _bonferroni(p: Floats) -> Floats:
    return len(p) * p


def _benjamini_hochberg(p: Floats) -> Floats:
    m = len(p)
    return np.asarray(np.minimum.accumulate((p * m / np.arange(1, m + 1))[::-1])[::-1])


def _sharpened_q(p: Floats) -> Floats:
    """For each p the smallest q at which the two stages reject it.

    At level q the first stage is Benjamini-Hochberg at q' = q / (1 + q) and leaves m0 not rejected; the
    second is the same at q' m / m0. m0 changes only where q' passes p_(i) m / i, so each stretch between two
    such points is solved on its own.
    """
    m = len(p)
    rank = np.arange(1, m + 1)
    steps = p * m / rank
    needed = np.minimum.accumulate((p / rank)[::-1])[
        ::-1
    ]  # times m0: the q' at which the second stage rejects
    starts = np.unique(np.concatenate([[0.0], steps]))
    found = np.full(m, np.inf)
    for start, end in zip(starts, np.append(starts[1:], np.inf), strict=True):
        rejected = np.flatnonzero(steps <= start)
        m0 = m - (rejected[-1] + 1 if len(rejected) else 0)
        level = np.maximum(needed * m0, start)
        found = np.where((level < end) & np.isinf(found), level, found)
    return np.asarray(np.divide(found, 1 - found, out=np.full(m, np.inf), where=found < 1))


_METHODS = {
    "holm": _holm,
    "bonferroni": _bonferroni,
    "benjamini_hochberg": _benjamini_hochberg,
    "sharpened_q": _sharpened_q,
}


def romano_wolf(results: Sequence[Result], *, term: int = 0, draws: int = 9999, seed: int = 0) -> Floats:
    """Step down from the most significant outcome, with the joint distribution of all statistics.

    With randomisation the same assignments are applied to every outcome, each statistic is turned into its
    own permutation p, and the smallest p among the outcomes still in question is compared: Westfall and Young
    (1993). Otherwise influence values of all outcomes are multiplied by the same signs, cluster by cluster,
    and the largest |t| is compared: Romano and Wolf (2005), doi:10.1111/j.1468-0262.2005.00615.x; p-values of
    the steps as in Romano and Wolf (2016), doi:10.1016/j.spl.2016.02.012.

    Parameters
    ----------
    results : sequence of Result
        Of randomisation under one assignment rule, or of estimates with influence values on the same units.
    term : int
    draws, seed : int
        Of the signs; randomisation has drawn its assignments already.

    Returns
    -------
    ndarray, shape (m,)
        Probability that one of the true nulls is rejected, at least the unadjusted p-value.

    Raises
    ------
    InferenceError
        If the results have no joint distribution.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=40, n_treated=15, seed=1)
    >>> design = ev.StudyDesign.from_frame(panel, outcome="outcome", unit="unit", time="period",
    ...                                    cohort="cohort")
    >>> one = ev.twfe(design).infer(ev.inference.clustered)
    >>> bool(romano_wolf([one, one])[0] == romano_wolf([one])[0])
    True
    """
    if all(result.inference.method == "randomisation" for result in results):
        extremes, observed = _from_assignments(results, term)
        exact = all(_is_exact(result) for result in results)
    else:
        extremes, observed = _from_signs(results, term, draws, np.random.default_rng(seed))
        exact = False
    return _step_down(extremes, observed, exact=exact)


def _is_exact(result: Result) -> bool:
    return any(note.code == "assignments" and bool(note.numbers["exact"]) for note in result.inference.notes)


def _from_assignments(results: Sequence[Result], term: int) -> tuple[Floats, Floats]:
    """Minus the permutation p of each draw and of the data: larger is more extreme."""
    distributions = [result.inference.distribution for result in results]
    columns = [np.abs(d[:, term]) for d in distributions if d is not None]
    units = {result.estimate.design.units for result in results}
    if len(columns) < len(results) or len({len(column) for column in columns}) > 1 or len(units) > 1:
        raise InferenceError("no-joint-distribution", outcomes=len(results))
    shares = np.empty((len(results), len(columns[0])))
    seen = np.empty(len(results))
    for j, (column, result) in enumerate(zip(columns, results, strict=True)):
        values = np.where(np.isnan(column), np.inf, column)
        tie = TIE * np.max(values, where=np.isfinite(values), initial=0.0)
        ordered = np.sort(values)
        value = abs(result.estimate.value[term])
        shares[j] = 1 - np.searchsorted(ordered, values - tie) / len(values)
        seen[j] = 1 - np.searchsorted(ordered, value - tie) / len(values)
    return -shares, -seen


def _from_signs(
    results: Sequence[Result], term: int, draws: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """|t| of each draw and of the data."""
    designs = [result.estimate.design for result in results]
    if any(result.estimate.influence is None for result in results) or len({d.units for d in designs}) > 1:
        raise InferenceError("no-joint-distribution", outcomes=len(results))
    group = designs[0].cluster
    psi = np.column_stack(
        [result.estimate.influence[:, term] for result in results if result.estimate.influence is not None]
    )
    sums = group.sums(psi) / len(psi)
    error = np.sqrt((sums**2).sum(axis=0))
    drawn = np.abs(MULTIPLIERS["rademacher"](rng, (draws, len(sums))) @ sums / error)
    observed = np.array([abs(result.estimate.value[term]) for result in results]) / error
    return drawn.T, observed


def _step_down(extremes: Floats, observed: Floats, *, exact: bool) -> Floats:
    """P-values of the steps: extremes (m, B), observed (m,); larger is more extreme."""
    order = np.argsort(-observed, kind="stable")
    found, largest = np.empty(len(observed)), 0.0
    for step, j in enumerate(order):
        furthest = extremes[order[step:]].max(axis=0)
        count = int(np.count_nonzero(furthest >= observed[j] - 1e-9 * abs(observed[j])))
        share = count / len(furthest) if exact else (1 + count) / (1 + len(furthest))
        largest = max(largest, share)
        found[j] = largest
    return found
