"""Multiplier bootstrap: simultaneous bands from influence values alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from evaluation.design import Grouping, Note
from evaluation.errors import InferenceError, require_option
from evaluation.estimate import Estimate, Inference, require
from evaluation.inference._multipliers import MULTIPLIERS, Multiplier
from evaluation.inference.methods import METHODS
from evaluation.inference.size_study import few_treated

Floats = NDArray[np.float64]

CHUNK = 4096  # clusters whose multipliers are held at once


def multiplier_bootstrap(
    estimate: Estimate,
    *,
    draws: int = 999,
    seed: int = 0,
    multiplier: str = "rademacher",
    cluster: str | None = None,
    conf_level: float = 0.95,
) -> Inference:
    """Perturb influence values to get standard errors and a band that holds for all terms at once.

    Draw b is ``sum_g v_gb psi_g / n`` with psi_g the influence values summed by cluster and independent v
    of mean zero and variance one. The standard error is the interquartile range of the draws over that
    of the standard normal; the band is ``estimate -+ c std_error`` with c the quantile of
    ``max_j |draw_bj| / std_error_j``.

    Parameters
    ----------
    estimate : Estimate
        With the influence contract.
    draws : int
    seed : int
    multiplier : {"rademacher", "mammen", "webb"}
    cluster : str, optional
        Grouping of the design; by default its cluster.
    conf_level : float

    Returns
    -------
    Inference
        Pointwise intervals and p-values from the normal distribution, and simultaneous bands. NaN for terms
        that are zero by construction. Note ``few_treated_bootstrap`` with fewer than ten treated clusters.

    Raises
    ------
    InferenceError
        If the estimate has no influence values, or there are fewer than two clusters.

    References
    ----------
    Callaway and Sant'Anna (2021), algorithm 1, doi:10.1016/j.jeconom.2020.12.001.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=40, n_treated=15, seed=1)
    >>> design = ev.StudyDesign.from_frame(panel, outcome="outcome", unit="unit", time="period",
    ...                                    cohort="cohort")
    >>> path = ev.aggregate(ev.att_gt(design), by="event_time")
    >>> bands = path.infer(multiplier_bootstrap, seed=108).tidy()
    >>> bool((bands.band_high >= bands.conf_high).all())
    True
    """
    require(estimate, "influence", "multiplier_bootstrap", METHODS)
    if not 0 < conf_level < 1:
        raise InferenceError("bad-conf-level", value=conf_level)
    if draws < 1 or int(draws) != draws:
        raise InferenceError("bad-draws", value=draws)
    require_option(InferenceError, "multiplier_bootstrap", "multiplier", multiplier, MULTIPLIERS)
    group = estimate.design.group(cluster) if cluster else estimate.design.cluster
    if group.n_groups < 2:
        raise InferenceError("one-cluster", clusters=group.n_groups, column=group.name)
    draws_of_terms = _draw(_psi(estimate, group), draws, np.random.default_rng(seed), MULTIPLIERS[multiplier])
    low, high = np.quantile(draws_of_terms, [0.25, 0.75], axis=0)
    std_error = (high - low) / (ndtri(0.75) - ndtri(0.25))
    std_error[~(std_error > 0)] = np.nan
    critical = _critical(draws_of_terms, std_error, conf_level)
    treated = group.count(estimate.design.treated_units)
    few = few_treated("multiplier_bootstrap", clusters=group.n_groups, treated=treated)
    z = ndtri(0.5 + conf_level / 2)
    value = estimate.value
    return Inference.of(
        "multiplier_bootstrap",
        len(value),
        conf_level=conf_level,
        std_error=std_error,
        df=np.full(len(value), np.inf),
        p_value=2 * ndtr(-np.abs(value / std_error)),
        conf_low=value - z * std_error,
        conf_high=value + z * std_error,
        band_low=value - critical * std_error,
        band_high=value + critical * std_error,
        notes=(Note("simultaneous_band", {"critical": critical, "draws": draws, "seed": seed}), *few),
    )


def _psi(estimate: Estimate, group: Grouping) -> Floats:
    assert estimate.influence is not None
    own = group.n_groups == estimate.design.n_units
    return (estimate.influence if own else group.sums(estimate.influence)) / estimate.design.n_units


def _draw(
    psi: Floats,
    draws: int,
    rng: np.random.Generator,
    multipliers: Multiplier,
) -> Floats:
    total = np.zeros((draws, psi.shape[1]))
    for start in range(0, len(psi), CHUNK):
        part = psi[start : start + CHUNK]
        total += multipliers(rng, (draws, len(part))) @ part
    return total


def _critical(draws: Floats, std_error: Floats, conf_level: float) -> float:
    usable = np.isfinite(std_error)
    if not usable.any():
        return float("nan")
    furthest = np.abs(draws[:, usable] / std_error[usable]).max(axis=1)
    pointwise = float(ndtri(0.5 + conf_level / 2))
    return max(float(np.quantile(furthest, conf_level)), pointwise)
