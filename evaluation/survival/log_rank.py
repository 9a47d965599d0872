"""Log-rank test: whether spells of the groups end at the same rate."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import chdtrc

from evaluation.design import Durations
from evaluation.errors import DataError
from evaluation.estimate import CheckResult
from evaluation.survival._events import Events

Floats = NDArray[np.float64]


def log_rank(design: Durations, *, rho: float = 0.0) -> CheckResult:
    r"""Test of equal hazards in all groups (Harrington and Fleming's family G-rho).

    .. math:: Z_a = \sum_u \hat S(u-)^\rho \Big( d_{au} - d_u \frac{n_{au}}{n_u} \Big)

    and Z' V^- Z is chi-squared with one degree of freedom less than there are groups. rho = 0 is the log-rank
    test, rho = 1 weighs early ends more (Peto and Peto). With strata the sums run within each. Ends of all
    causes count. Harrington and Fleming (1982), doi:10.1093/biomet/69.3.553.

    Parameters
    ----------
    design : Durations
        With at least two groups.
    rho : float

    Returns
    -------
    CheckResult
        Name ``log_rank``; table: group, n, observed, expected; numbers: statistic, df, p_value, rho.

    Raises
    ------
    DataError
        If there is one group only.

    Examples
    --------
    >>> homes = pd.DataFrame({"months": [1, 2, 3, 4, 5, 6], "lost": 1, "arm": [0, 0, 0, 1, 1, 1]})
    >>> design = Durations.from_frame(homes, time="months", event="lost", group="arm")
    >>> dict(log_rank(design).numbers)["p_value"].__round__(4)
    0.0246
    """
    k = design.arm.n_groups
    if k < 2:
        raise DataError("needs-two-groups", what="log_rank", count=k, column=design.arm.name)
    codes = design.strata.codes if design.strata else np.zeros(design.n_units, dtype=np.int64)
    observed, expected, covariance = np.zeros(k), np.zeros(k), np.zeros((k, k))
    for stratum in np.unique(codes):
        seen, due, spread = _one(design, codes == stratum, rho)
        observed, expected, covariance = observed + seen, expected + due, covariance + spread
    difference = (observed - expected)[1:]
    statistic = float(difference @ np.linalg.pinv(covariance[1:, 1:]) @ difference)
    table = pd.DataFrame(
        {
            "group": [str(label) for label in design.arm.labels],
            "n": np.bincount(design.arm.codes, minlength=k),
            "observed": observed,
            "expected": expected,
        }
    )
    numbers = {"statistic": statistic, "df": k - 1, "p_value": float(chdtrc(k - 1, statistic)), "rho": rho}
    return CheckResult("log_rank", None, table, numbers, design.notes)


def _one(design: Durations, rows: NDArray[np.bool_], rho: float) -> tuple[Floats, Floats, Floats]:
    """Return observed and expected ends by group and their covariance, within one stratum."""
    pooled = Events.of(design, rows)
    ended, at_risk = _by_group(design, rows, pooled.times)
    d, n = pooled.ended.sum(axis=0), pooled.at_risk
    weight = pooled.survival_before**rho
    share = at_risk / n
    spread = np.divide(d * (n - d), n - 1, out=np.zeros_like(n), where=n > 1) * weight**2
    covariance = np.diag(share @ spread) - (share * spread) @ share.T
    return ended @ weight, share @ (d * weight), covariance


def _by_group(design: Durations, rows: NDArray[np.bool_], times: Floats) -> tuple[Floats, Floats]:
    """Return ends and numbers at risk, each of shape (groups, m), at the times of the pooled sample."""
    k, m = design.arm.n_groups, len(times)
    ended, at_risk = np.zeros((k, m)), np.zeros((k, m))
    for code in range(k):
        own = rows & (design.arm.codes == code)
        end = np.searchsorted(times, design.time[own])
        entry = np.searchsorted(times, design.entry[own], side="right")
        ended[code] = np.bincount(end[design.cause[own] > 0], minlength=m)
        leaving = np.bincount(end, minlength=m)
        at_risk[code] = np.bincount(entry, minlength=m + 1)[:m].cumsum() - (leaving.cumsum() - leaving)
    return ended, at_risk
