"""Change within persons: the panel for differences in differences, and the mean change by group."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from evaluation.design import StudyDesign
from evaluation.design.note import Number
from evaluation.estimate import CheckResult
from evaluation.staff.waves import Waves


def design(
    waves: Waves,
    *,
    cohort: str | None = None,
    treatment: str | None = None,
    outcome: str = "score",
    least: float = 0.75,
) -> StudyDesign:
    """Make the panel of persons by waves, clustered by the district that treatment was given to.

    Parameters
    ----------
    waves : Waves
    cohort : str, optional
        Column with the first treated period of the person's district; empty for never treated.
    treatment : str, optional
        Instead: a column with the treatment in each wave, a dose of training for example.
    outcome : str
        ``"score"``, or a numeric column such as the points of a test.
    least : float
        See `Waves.scores`.

    Returns
    -------
    StudyDesign
        Unit: the person. Cluster: the district, which is also what was assigned where a cohort is given.

    Raises
    ------
    DataError, DesignError
        See `StudyDesign.from_frame`.

    Examples
    --------
    >>> from evaluation.simulate import staff_waves
    >>> waves = Waves.from_frame(staff_waves(), items=[f"item_{i}" for i in range(1, 9)])
    >>> made = design(waves, cohort="pilot_start")
    >>> made.names.unit, made.cluster.n_groups, made.n_treated_clusters
    ('person', 18, 6)
    """
    scores = waves.scores(least=least)
    assigned = "district" if cohort else None
    return StudyDesign.from_frame(
        scores[scores[outcome].notna()],
        outcome=outcome,
        unit="person",
        time="wave",
        cohort=cohort,
        treatment=treatment,
        cluster="district",
        assignment_unit=assigned,
        groups=("office",),
        notes=waves.notes,
    )


def paired_change(
    waves: Waves, before: Any, after: Any, *, by: str = "district", conf_level: float = 0.95
) -> CheckResult:
    r"""Return the mean change within persons between two waves.

    .. math:: \bar d = \frac{1}{n} \sum_i (y_{i,after} - y_{i,before}), \quad
              s^2 = \frac{G}{G - 1} \sum_g \Big( \sum_{i \in g} \frac{d_i - \bar d}{n} \Big)^2

    with clusters g (districts) and t of G - 1. As if the two waves were independent samples the standard
    error would be the one in ``std_error_unlinked``: it is given to show what the linkage is worth, and is
    never right for the same persons.

    Parameters
    ----------
    waves : Waves
    before, after : object
        Labels of two waves.
    by : {"district", "office"}
        Cluster.
    conf_level : float

    Returns
    -------
    CheckResult
        ``paired_change``, informational. Table of one row: n, clusters, before, after, estimate, std_error,
        conf_low, conf_high, p_value, correlation (of both scores), std_error_unlinked.

    Raises
    ------
    DataError
        If a wave is unknown or nobody answered in both.
    """
    pairs = waves.differences(before, after)
    n, change = len(pairs), pairs.difference.to_numpy()
    mean = float(change.mean())
    sums = pd.Series(change - mean).groupby(pairs[by]).sum().to_numpy() / n
    clusters = len(sums)
    error = float(np.sqrt(clusters / (clusters - 1) * (sums**2).sum())) if clusters > 1 else np.nan
    reach = stdtrit(clusters - 1, (1 + conf_level) / 2) * error
    ends = pairs[["before", "after"]].to_numpy()
    row = {
        "n": n,
        "clusters": clusters,
        "before": float(ends[:, 0].mean()),
        "after": float(ends[:, 1].mean()),
        "estimate": mean,
        "std_error": error,
        "conf_low": mean - reach,
        "conf_high": mean + reach,
        "p_value": float(2 * stdtr(clusters - 1, -abs(mean / error))) if error > 0 else np.nan,
        "correlation": float(np.corrcoef(ends.T)[0, 1]) if n > 2 else np.nan,
        "std_error_unlinked": float(np.sqrt(ends.var(axis=0, ddof=1).sum() / n)) if n > 1 else np.nan,
    }
    numbers: dict[str, Number] = {"before": str(before), "after": str(after), "conf_level": conf_level}
    return CheckResult("paired_change", None, pd.DataFrame([row]), numbers, waves.notes)
