"""Short scales: SUS with its exact scoring, and means of items such as AIM, IAM and FIM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from evaluation.design import Note
from evaluation.design.columns import numeric, read_columns
from evaluation.design.note import Number
from evaluation.errors import DataError
from evaluation.estimate import CheckResult

Floats = NDArray[np.float64]
SUS_ITEMS = 10
FEW = 10
"""Below so many persons a mean is noted as resting on few."""


def sus_scores(answers: Floats) -> Floats:
    r"""Score the System Usability Scale from 0 to 100.

    .. math:: 2.5 \, \Big( \sum_{j\ odd} (x_j - 1) + \sum_{j\ even} (5 - x_j) \Big)

    Brooke (1996), SUS: a quick and dirty usability scale, in Usability Evaluation in Industry, pp. 189-194,
    ISBN 978-0-7484-0460-5. The items themselves are not part of this package.

    Parameters
    ----------
    answers : ndarray, shape (n_persons, 10)
        From 1 to 5; NaN where an item was skipped.

    Returns
    -------
    ndarray, shape (n_persons,)
        NaN where any item is missing: the score is not defined without it.

    Examples
    --------
    >>> sus_scores(np.array([[5.0, 1.0] * 5, [3.0] * 10])).tolist()
    [100.0, 50.0]
    """
    return np.asarray(2.5 * ((answers[:, ::2] - 1).sum(axis=1) + (5 - answers[:, 1::2]).sum(axis=1)))


def sus(
    responses: Any, *, items: Sequence[str], by: str | None = None, conf_level: float = 0.95
) -> CheckResult:
    """Return the mean System Usability Scale score with its interval.

    Parameters
    ----------
    responses : pandas, polars or Arrow table
        One row per person.
    items : sequence of str
        The ten columns in the order of the scale, answers from 1 to 5.
    by : str, optional
        Column, e.g. the tool: one row per group instead of the total.
    conf_level : float

    Returns
    -------
    CheckResult
        ``usability``, informational; see `item_means`, with measure ``sus``. Persons who skipped an item have
        no score and are in ``missing``.

    Raises
    ------
    DataError
        If there are not ten items, or an answer is not between 1 and 5.

    Examples
    --------
    >>> answers = pd.DataFrame([[5, 1] * 5, [3, 3] * 5, [4, 2] * 5], columns=[f"q{i}" for i in range(1, 11)])
    >>> sus(answers, items=list(answers.columns)).table.estimate.tolist()
    [75.0]
    """
    if len(items) != SUS_ITEMS:
        raise DataError("wrong-items", needed=SUS_ITEMS, given=len(items))
    answers, groups = _answers(responses, items, by, 1, 5)
    return _means("sus", sus_scores(answers), groups, conf_level)


def item_means(
    responses: Any,
    *,
    measure: str,
    items: Sequence[str],
    by: str | None = None,
    low: float = 1,
    high: float = 5,
    most_missing: float = 0.25,
    conf_level: float = 0.95,
) -> CheckResult:
    r"""Return the mean of a scale whose score is the mean of its items, such as AIM, IAM and FIM (1 to 5).

    .. math:: \bar x \pm t_{n-1} \, s / \sqrt n

    over persons, cut off at the ends of the scale, which the mean cannot leave. Weiner et al. (2017),
    doi:10.1186/s13012-017-0635-3, for the three measures of acceptability, appropriateness and feasibility
    with four items each.

    Parameters
    ----------
    responses : pandas, polars or Arrow table
        One row per person.
    measure : str
        Code of the scale, e.g. ``"aim"``.
    items : sequence of str
        Columns.
    by : str, optional
        Column, e.g. the tool: one row per group instead of the total.
    low, high : float
        Ends of the scale.
    most_missing : float
        A person who skipped no more than this share of the items is scored by the others; one of four is
        allowed by default. Others have no score.
    conf_level : float

    Returns
    -------
    CheckResult
        ``usability``, informational. Table: tool (the group, or ``total``), measure, estimate, std_error,
        conf_low, conf_high (NaN below two persons), n (persons with a score), missing (persons without).
        Numbers: conf_level, lowest, highest. Note ``few_persons`` names groups with fewer than ten.

    Raises
    ------
    DataError
        If a column is missing, or an answer is not on the scale.

    Examples
    --------
    >>> answers = pd.DataFrame({"a1": [4, 5, 3], "a2": [4, 5, None], "a3": [4, 5, None], "a4": [4, 3, 5]})
    >>> found = item_means(answers, measure="aim", items=["a1", "a2", "a3", "a4"]).table
    >>> found[["estimate", "n", "missing"]].to_numpy().tolist()
    [[4.25, 2.0, 1.0]]
    """
    answers, groups = _answers(responses, items, by, low, high)
    answered = np.isfinite(answers)
    count = answered.sum(axis=1)
    enough = (count > 0) & (count >= (1 - most_missing) * len(items) - 1e-9)
    scores = np.where(enough, np.nansum(answers, axis=1) / np.maximum(count, 1), np.nan)
    return _means(measure, scores, groups, conf_level, (low, high))


def _answers(
    responses: Any, items: Sequence[str], by: str | None, low: float, high: float
) -> tuple[Floats, NDArray[Any]]:
    data = read_columns(responses, {"group": by}, tuple(items))
    answers = np.column_stack([numeric(data, name) for name in items])
    wrong = np.argwhere((answers < low) | (answers > high))
    if len(wrong):
        row, item = (int(i) for i in wrong[0])
        example = f"row {row + 1}, {items[item]}: {answers[row, item]:g}"
        raise DataError("bad-score", count=len(wrong), low=low, high=high, example=example)
    groups = data[by].astype(str) if by else np.full(len(answers), "total", dtype=object)
    return answers, groups


def _means(
    measure: str,
    scores: Floats,
    groups: NDArray[Any],
    conf_level: float,
    ends: tuple[float, float] = (0.0, 100.0),
) -> CheckResult:
    rows = [_mean(str(name), scores[groups == name], conf_level, ends) for name in dict.fromkeys(groups)]
    table = pd.DataFrame(rows)
    table.insert(1, "measure", measure)
    few = tuple(str(name) for name, n in zip(table["tool"], table["n"], strict=True) if n < FEW)
    numbers: dict[str, Number] = {"conf_level": conf_level, "lowest": ends[0], "highest": ends[1]}
    notes = (Note("few_persons", {"names": few, "least": FEW}),) if few else ()
    return CheckResult("usability", None, table, numbers, notes)


def _mean(name: str, scores: Floats, conf_level: float, ends: tuple[float, float]) -> dict[str, object]:
    known = scores[np.isfinite(scores)]
    n = len(known)
    mean = known.mean() if n else np.nan
    error = known.std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
    reach = stdtrit(n - 1, (1 + conf_level) / 2) * error if n > 1 else np.nan
    return {
        "tool": name,
        "estimate": float(mean),
        "std_error": float(error),
        "conf_low": float(np.maximum(mean - reach, ends[0])),
        "conf_high": float(np.minimum(mean + reach, ends[1])),
        "n": n,
        "missing": len(scores) - n,
    }
