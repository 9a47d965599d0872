"""Conformal inference: the periods of one treated cluster, had they come in another order."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Note, require_panel
from evaluation.design.note import Number
from evaluation.errors import InferenceError, require_option
from evaluation.estimate import Estimate, Inference
from evaluation.inference._contributions import one_effect
from evaluation.inference._invert import accepted, hull
from evaluation.inference._multipliers import MOST_EXACT
from evaluation.inference._placebos import refuse_mixed, single

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_CODES = {"moving_block": "conformal_moving_block", "iid": "conformal_iid"}

TIE = 1e-9
"""Statistics closer than this share count as equal, that is as extreme."""


def conformal(
    estimate: Estimate,
    *,
    permutations: Literal["moving_block", "iid"] = "moving_block",
    norm: float = 1.0,
    cluster: str | None = None,
    draws: int = 9999,
    seed: int = 0,
    conf_level: float = 0.95,
) -> Inference:
    """Compare the treated periods of one treated cluster with its other periods, under each null.

    A hypothetical effect is taken off the treated periods and the regression fitted to all periods, so that
    under the null its residuals u_t of the treated cluster are like each other before and after. With

        S = (sum over treated periods |u_t|^norm)^(1/norm),

    p is the share of permutations of the periods whose S is at least as large: of the T cyclic shifts
    (``moving_block``), which keep the order and with it the correlation of neighbouring periods, or of all
    sets of as many periods (``iid``). The set holds the constant effects with p > 1 - conf_level.
    Chernozhukov, Wuethrich and Zhu (2021), doi:10.1080/01621459.2021.1920957, here with the two-way
    regression as the model of the outcome without treatment. The errors of the treated cluster must be
    stationary, and the period effects well estimated, from many untreated clusters or quiet ones. No p is
    below 1 / T by shifts: twenty periods are needed to reject at 5 %. Clearly fewer than half of the periods
    may be treated: a step halfway is as far from its mean before as after, and then nothing is rejected.

    Parameters
    ----------
    estimate : Estimate
        One effect, with moments, of a panel with one treated cluster: linear, or Poisson by its last working
        regression.
    permutations : {"moving_block", "iid"}
    norm : float
        1 is for effects that last, larger ones for effects of few periods.
    cluster : str, optional
        A grouping of the design; by default the design's cluster. Its units are treated together.
    draws : int
        Sets of periods that are drawn where ``iid`` has more than `MOST_EXACT`; p is then
        (1 + #) / (1 + draws).
    seed : int
    conf_level : float

    Returns
    -------
    Inference
        p_value of no effect, conf_low, conf_high, each of shape (1,), and conf_set: possibly in pieces, and
        unbounded where there are too few periods for the level, or half of them are treated. Note
        ``conformal_moving_block`` or ``conformal_iid``: periods, treated_periods, untreated_clusters, used,
        exact, smallest_p.

    Raises
    ------
    InferenceError
        If the estimate has no moments or several terms, not exactly one cluster is treated or its units are
        treated differently, all its periods are treated, or an option is wrong.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=30, n_treated=1, n_periods=24, cohorts={21: 1}, effect=9.0,
    ...                               seed=1)
    >>> columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    >>> ev.twfe(ev.StudyDesign.from_frame(panel, **columns)).infer(conformal).inference.p_value.round(4)
    array([0.0417])
    """
    require_option(InferenceError, "conformal", "permutations", permutations, tuple(_CODES))
    if draws < 1 or int(draws) != draws:
        raise InferenceError("bad-draws", value=draws)
    if not 0 < norm < np.inf:
        raise InferenceError("bad-norm", value=norm)
    series, untreated = _series(estimate, cluster)
    chosen, exact = _sets_of_periods(series.treated, permutations, draws, seed)
    value = float(estimate.value[0])

    def p_value(null: float) -> float:
        size = np.abs(series.error + (value - null) * series.slope) ** norm
        reached = size[chosen].sum(axis=1) >= size[series.treated].sum() * (1 - TIE)
        extreme = int(reached.sum())
        return extreme / len(chosen) if exact else (1 + extreme) / (1 + len(chosen))

    scale = float(np.sqrt(np.mean(series.error**2)))
    intervals = tuple(accepted(p_value, value, scale, 1 - conf_level))
    low, high = hull(intervals)
    numbers: dict[str, Number] = {
        "periods": len(series.error),
        "treated_periods": int(series.treated.sum()),
        "untreated_clusters": untreated,
        "used": len(chosen),
        "exact": exact,
        "smallest_p": 1 / len(chosen) if exact else 1 / (1 + len(chosen)),
    }
    return Inference.of(
        "conformal",
        1,
        conf_level=conf_level,
        p_value=np.array([p_value(0.0)]),
        conf_low=np.array([low]),
        conf_high=np.array([high]),
        conf_set=(intervals,),
        notes=(Note(_CODES[permutations], numbers),),
    )


@dataclass(frozen=True, eq=False)
class _Series:
    """The treated cluster in the periods in which it is observed.

    Attributes
    ----------
    error, slope : ndarray, shape (T,)
        Its mean residual is the first plus (estimate - null) times the second, where the null is imposed.
    treated : ndarray of bool, shape (T,)
    """

    error: Floats
    slope: Floats
    treated: NDArray[np.bool_]


def _series(estimate: Estimate, cluster: str | None) -> tuple[_Series, int]:
    """Return the treated cluster, and how many others there are."""
    moments, group = one_effect(estimate, "conformal", cluster, treated=1, untreated=1)
    design = require_panel(estimate.design, "conformal")
    refuse_mixed(design, group, "conformal")
    with_treatment = group.sums((design.treated_units & moments.used).astype(np.float64)) > 0
    members = (group.codes == single(with_treatment, estimate, "conformal", cluster)) & moments.used
    cells = moments.cells
    direction = np.einsum("q,qit->it", moments.loadings(1)[:, 0], cells.columns)
    weights = cells.weights[members]
    seen = weights.sum(axis=0) > 0
    share = weights[:, seen] / weights[:, seen].sum(axis=0)
    slope = direction / float((direction**2 * cells.weights).sum())
    treated = ((design.treatment[members] != 0).any(axis=2) & (weights > 0)).any(axis=0)[seen]
    if treated.all():
        raise InferenceError("always-treated", method="conformal", periods=len(treated))
    error, moved = ((share * one[members][:, seen]).sum(axis=0) for one in (cells.error, slope))
    return _Series(error, moved, treated), group.count(moments.used) - 1


def _sets_of_periods(
    treated: NDArray[np.bool_], permutations: str, draws: int, seed: int
) -> tuple[Integers, bool]:
    """Return the periods that stand in the place of the treated, (B, treated), and whether these are all."""
    n, post = len(treated), np.flatnonzero(treated)
    if permutations == "moving_block":
        return (post + np.arange(n)[:, None]) % n, True
    if math.comb(n, len(post)) <= MOST_EXACT:
        return np.array(list(itertools.combinations(range(n), len(post)))), True
    order = np.argsort(np.random.default_rng(seed).random((draws, n)), axis=1)
    return order[:, : len(post)], False
