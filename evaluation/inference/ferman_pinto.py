"""Ferman and Pinto: residuals of other clusters, with the variance that a cluster of this size has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import InferenceError, listed
from evaluation.estimate import Estimate, Inference
from evaluation.inference._invert import accepted, hull
from evaluation.inference._placebos import Placebos, placebos, share_at_least

Floats = NDArray[np.float64]


def ferman_pinto(
    estimate: Estimate,
    *,
    sizes: Mapping[Any, float] | None = None,
    cluster: str | None = None,
    draws: int = 9999,
    seed: int = 0,
    conf_level: float = 0.95,
) -> Inference:
    """Compare the estimate with errors made of residuals that are scaled to the size of each cluster.

    As `conley_taber`, but a mean over few people varies more than one over many, and all clusters are drawn.
    On the path of cluster g, W_l = sum_t L_gt e_lt has in a cluster of size M_l the variance

        a + b / M_l,  a, b >= 0,

    fitted by least squares to the squares of the untreated clusters. Each draw gives every cluster g the
    residuals of a random cluster l of the regression with the null imposed, times the root of the ratio of
    the two variances; p = (1 + #{|sum_g W*_g| >= |estimate - null|}) / (1 + B). Ferman and Pinto (2019),
    doi:10.1162/rest_a_00759, who fit a and b to all clusters under the null. Any correlation within a cluster
    is allowed for; apart from its size, nothing may make the variance of a treated cluster another one.

    Parameters
    ----------
    estimate : Estimate
        One effect, with moments, of a panel: linear, or Poisson by its last working regression.
    sizes : Mapping from label of a cluster to float, optional
        How many observations stand behind a cluster, such as inhabitants of a district; by default the mean
        weight of its periods, which is the number of its units where the design has no weights.
    cluster : str, optional
        A grouping of the design; by default the design's cluster. Its units are treated together.
    draws : int
        B.
    seed : int
    conf_level : float

    Returns
    -------
    Inference
        std_error (the standard deviation of the placebo errors at the estimate), p_value of no effect,
        conf_low, conf_high, each of shape (1,), and conf_set. Notes ``residuals_by_size``: treated_clusters,
        untreated_clusters, used, exact, smallest_p; ``clusters_incomplete``.

    Raises
    ------
    InferenceError
        As `conley_taber`, or if a size is missing or not positive.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=40, n_treated=2, n_periods=8, effect=9.0, seed=1)
    >>> columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    >>> estimate = ev.twfe(ev.StudyDesign.from_frame(panel, **columns))
    >>> sizes = {unit: 1 + number % 5 for number, unit in enumerate(panel.unit.unique())}
    >>> bool(estimate.infer(ferman_pinto, sizes=sizes).inference.p_value[0] < 0.01)
    True
    """
    if draws < 1 or int(draws) != draws:
        raise InferenceError("bad-draws", value=draws)
    found = placebos(estimate, "ferman_pinto", cluster)
    ratio = _ratios(found, _sizes(found, sizes))
    errors = _drawn(found, ratio, draws, seed)
    value = float(estimate.value[0])

    def p_value(null: float) -> float:
        return share_at_least(errors[0] + (value - null) * errors[1], value - null)

    intervals = tuple(accepted(p_value, value, float(errors[0].std()), 1 - conf_level))
    low, high = hull(intervals)
    return Inference.of(
        "ferman_pinto",
        1,
        conf_level=conf_level,
        std_error=np.array([errors[0].std()]),
        p_value=np.array([p_value(0.0)]),
        conf_low=np.array([low]),
        conf_high=np.array([high]),
        conf_set=(intervals,),
        notes=found.notes("residuals_by_size", used=draws, exact=False),
    )


def _sizes(found: Placebos, sizes: Mapping[Any, float] | None) -> Floats:
    if sizes is None:
        return found.size
    wrong = [label for label in found.labels if not (0 < sizes.get(label, 0) < np.inf)]
    if wrong:
        raise InferenceError(
            "bad-sizes", count=len(wrong), of=len(found.labels), examples=listed(wrong, most=3)
        )
    return np.array([float(sizes[label]) for label in found.labels])


def _ratios(found: Placebos, size: Floats) -> Floats:
    """Return the standard deviation of cluster g over that of cluster l, on the path of g: (G, G)."""
    columns = np.column_stack([np.ones_like(size), 1 / size])
    untreated = found.comparison
    ratio = np.ones_like(found.table)
    from scipy.optimize import nnls  # noqa: PLC0415 -- slow to load, and needed here only

    for row, errors in zip(ratio, found.table, strict=True):
        scale = np.abs(errors[untreated]).max()
        if scale > 0:
            variance = columns @ nnls(columns[untreated], (errors[untreated] / scale) ** 2)[0]
            row[:] = np.sqrt(variance)
    return np.diag(ratio)[:, None] / ratio


def _drawn(found: Placebos, ratio: Floats, draws: int, seed: int) -> Floats:
    """Add up the residuals that the clusters draw: at the estimate, and what a unit away adds; (2, draws)."""
    pool = np.flatnonzero(found.complete)
    choices = np.random.default_rng(seed).choice(pool, size=(len(ratio), draws))
    scaled = (ratio * found.table, ratio * found.slope)
    return np.stack([np.take_along_axis(each, choices, axis=1).sum(axis=0) for each in scaled])
