"""Conley and Taber: the error of few treated clusters, as the residuals of many untreated ones show it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import InferenceError
from evaluation.estimate import Estimate, Inference
from evaluation.inference._invert import accepted, hull
from evaluation.inference._multipliers import MOST_EXACT
from evaluation.inference._placebos import Placebos, placebos, share_at_least

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def conley_taber(
    estimate: Estimate,
    *,
    cluster: str | None = None,
    draws: int = 9999,
    seed: int = 0,
    conf_level: float = 0.95,
) -> Inference:
    """Compare the estimate with errors that treated clusters would have with residuals of untreated ones.

    With many untreated and few treated clusters the error of the effect is, but for what vanishes, that of
    the treated clusters,

        estimate - truth = sum_j sum_t L_jt e_jt,

    L_jt the weight of cluster j in period t, the treatment with all effects projected out. The residuals e_jt
    of the treated say nothing about its distribution; those of untreated clusters l_j, put on the paths of
    the treated, do: p = (1 + #{|sum_j sum_t L_jt e_l(j)t| >= |estimate - null|}) / (1 + B), over all choices
    of an untreated cluster for each treated one, or B random ones. Conley and Taber (2011),
    doi:10.1162/REST_a_00049, who do not count the estimate itself. Any correlation within a cluster is
    allowed for; treated clusters must vary as the untreated ones do.

    What vanishes with many untreated clusters does not with twenty. The placebo errors are therefore
    multiplied by the root of n / (n - 1) sum_g |L_g|^2 / sum_j |L_j|^2, over all g and over the treated j, n
    the untreated clusters: for what the mean of the untreated adds, and for residuals being too small.

    Parameters
    ----------
    estimate : Estimate
        One effect, with moments, of a panel: linear, or Poisson by its last working regression.
    cluster : str, optional
        A grouping of the design; by default the design's cluster. Its units are treated together.
    draws : int
        B, where there are more than `MOST_EXACT` choices.
    seed : int
    conf_level : float

    Returns
    -------
    Inference
        std_error (the standard deviation of the placebo errors), p_value of no effect, conf_low, conf_high,
        each of shape (1,), and conf_set, unbounded where there are too few untreated clusters for the level.
        Notes ``untreated_residuals``:
        treated_clusters, untreated_clusters, used, exact, smallest_p; ``clusters_incomplete``.

    Raises
    ------
    InferenceError
        If the estimate has no moments or several terms, a cluster holds units with different treatment, there
        are fewer than two untreated clusters that are observed whenever a treated one is, or `draws` is no
        positive whole number.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=40, n_treated=1, n_periods=8, effect=9.0, seed=1)
    >>> columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    >>> ev.twfe(ev.StudyDesign.from_frame(panel, **columns)).infer(conley_taber).inference.p_value
    array([0.025])
    """
    if draws < 1 or int(draws) != draws:
        raise InferenceError("bad-draws", value=draws)
    found = placebos(estimate, "conley_taber", cluster)
    table = found.table[np.ix_(found.treated, found.comparison)]
    exact = table.shape[1] ** len(table) <= MOST_EXACT
    choices = _choices(*table.shape, draws=None if exact else draws, seed=seed)
    errors = _small_sample(found) * np.take_along_axis(table, choices, axis=1).sum(axis=0)
    value = float(estimate.value[0])

    def p_value(null: float) -> float:
        return share_at_least(errors, value - null)

    intervals = tuple(accepted(p_value, value, float(errors.std()), 1 - conf_level))
    low, high = hull(intervals)
    return Inference.of(
        "conley_taber",
        1,
        conf_level=conf_level,
        std_error=np.array([errors.std()]),
        p_value=np.array([p_value(0.0)]),
        conf_low=np.array([low]),
        conf_high=np.array([high]),
        conf_set=(intervals,),
        notes=found.notes("untreated_residuals", used=len(errors), exact=exact),
    )


def _small_sample(found: Placebos) -> float:
    """Return the factor for the part of the error that comes from the untreated clusters."""
    n = len(found.comparison)
    of_all = found.path_size.sum() / found.path_size[found.treated].sum()
    return float(np.sqrt(of_all * n / (n - 1)))


def _choices(treated: int, untreated: int, *, draws: int | None, seed: int) -> Integers:
    """Return an untreated cluster for each treated one, all choices or random ones: (treated, B)."""
    if draws is None:
        return np.indices((untreated,) * treated).reshape(treated, -1)
    return np.random.default_rng(seed).integers(untreated, size=(treated, draws))
