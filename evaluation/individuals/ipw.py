"""Weights from the propensity score."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Note, Sample
from evaluation.errors import DesignError, require_option
from evaluation.estimate import Estimate, Term
from evaluation.individuals.propensity import PropensityScore, propensity
from evaluation.individuals.weighted import Weighted, mean_difference

Floats = NDArray[np.float64]
Estimand = Literal["att", "ate", "atc", "ato"]

_TILT: dict[str, tuple[Callable[[Floats], Floats], ...]] = {
    "ate": (lambda e: 1 / e, lambda e: 1 / (1 - e), lambda e: -(1 - e) / e, lambda e: e / (1 - e)),
    "att": (np.ones_like, lambda e: e / (1 - e), np.zeros_like, lambda e: e / (1 - e)),
    "atc": (lambda e: (1 - e) / e, np.ones_like, lambda e: -(1 - e) / e, np.zeros_like),
    "ato": (lambda e: 1 - e, lambda e: e, lambda e: -e * (1 - e), lambda e: e * (1 - e)),
}
"""Weight of the treated and of the others, and their derivatives by the log odds."""
FEW_EFFECTIVE = 30
"""Effective units below which a group's weighted mean rests on a few of them."""


def inverse_probability_weights(design: Sample, *, estimand: Estimand = "att") -> Weighted:
    """Return the weights of `ipw` (of `overlap_weights` for "ato"), for `weighted_balance`.

    Raises
    ------
    DesignError
        As `propensity`; if the estimand is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"y": [3, 1, 2, 2, 4, 3], "d": [1, 1, 1, 0, 0, 0], "x": [1, 1, 0, 1, 0, 0]})
    >>> sample = Sample.from_frame(people, outcome="y", treatment="d", covariates=["x"])
    >>> inverse_probability_weights(sample).weights.round(3).tolist()
    [1.0, 1.0, 1.0, 2.0, 0.5, 0.5]
    """
    require_option(DesignError, "ipw", "estimand", estimand, tuple(_TILT))
    return _weighted(design, propensity(design), estimand)


def ipw(design: Sample, *, estimand: Estimand = "att", score_known: bool = False) -> Estimate:
    r"""Difference of means, each unit weighted by the inverse of its chance to be where it is.

    .. math:: \hat\tau = \frac{\sum_i w_i D_i Y_i}{\sum_i w_i D_i}
              - \frac{\sum_i w_i (1 - D_i) Y_i}{\sum_i w_i (1 - D_i)}

    with weights (treated, others) of :math:`(1, e/(1-e))` for the effect on the treated ("att"),
    :math:`((1-e)/e, 1)` on the others ("atc"), :math:`(1/e, 1/(1-e))` on all ("ate"). Hájek (1971); Hirano,
    Imbens and Ridder (2003), doi:10.1111/1468-0262.00442. Influence values allow for the score being
    estimated (Lunceford and Davidian 2004, doi:10.1002/sim.1903).

    Parameters
    ----------
    design : Sample
        With covariates; those without an outcome are left out.
    estimand : {"att", "ate", "atc", "ato"}
    score_known : bool
        Take the score as known: the robust errors of a weighted regression.

    Returns
    -------
    Estimate
        One term; influence values (n_units, 1). Notes ``unconfounded`` (what is assumed), ``few_effective``
        where a group has fewer than 30 effective units.

    Raises
    ------
    DesignError
        As `propensity`; if the estimand is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"y": [3, 1, 2, 2, 4, 3], "d": [1, 1, 1, 0, 0, 0], "x": [1, 1, 0, 1, 0, 0]})
    >>> sample = Sample.from_frame(people, outcome="y", treatment="d", covariates=["x"])
    >>> ipw(sample).value.round(4).tolist()
    [-0.5]
    """
    require_option(DesignError, "ipw", "estimand", estimand, tuple(_TILT))
    return _estimate("ipw", design.complete(), estimand, score_known=score_known)


def overlap_weights(design: Sample, *, score_known: bool = False) -> Estimate:
    r"""Difference of means among those who could be either: weights :math:`(1 - e, e)`.

    Nobody is left out and nobody weighs more than one; the means of the covariates of the score agree
    exactly. Li, Morgan and Zaslavsky (2018), doi:10.1080/01621459.2016.1260466.

    Parameters
    ----------
    design : Sample
    score_known : bool
        As in `ipw`.

    Returns
    -------
    Estimate
        As `ipw`, with the estimand "ato".

    Raises
    ------
    DesignError
        As `propensity`.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"y": [3, 1, 2, 2, 4, 3], "d": [1, 1, 1, 0, 0, 0], "x": [1, 1, 0, 1, 0, 0]})
    >>> sample = Sample.from_frame(people, outcome="y", treatment="d", covariates=["x"])
    >>> overlap_weights(sample).value.round(4).tolist()
    [-0.75]
    """
    return _estimate("overlap_weights", design.complete(), "ato", score_known=score_known)


def weighing_notes(weighted: Weighted) -> tuple[Note, ...]:
    """Say what the comparison assumes, and whether it rests on a few."""
    one, zero = weighted.effective_sizes
    names = weighted.design.names.covariates
    assumed = (Note("unconfounded", {"covariates": len(names)}),)
    if min(one, zero) >= FEW_EFFECTIVE:
        return assumed
    return (*assumed, Note("few_effective", {"treated": round(one, 1), "comparison": round(zero, 1)}))


def _weighted(design: Sample, score: PropensityScore, estimand: str) -> Weighted:
    one, zero, _, _ = _TILT[estimand]
    e = score.value
    weights = design.weights * np.where(design.treated_units, one(e), zero(e))
    return Weighted(design, weights, estimand, e)


def _estimate(name: str, design: Sample, estimand: str, *, score_known: bool) -> Estimate:
    score = propensity(design)
    weighted = _weighted(design, score, estimand)
    value, influence = mean_difference(design.outcome, design.treated_units, weighted.weights)
    if not score_known:
        influence = influence + score.influence @ _slope(weighted, score)
    return Estimate(
        estimator=name,
        estimand=estimand,
        terms=(Term(estimand),),
        value=np.array([value]),
        design=design,
        options={"estimand": estimand, "score_known": score_known},
        influence=influence[:, None],
        notes=weighing_notes(weighted),
    )


def _slope(weighted: Weighted, score: PropensityScore) -> Floats:
    """Return the derivative of the difference by the coefficients of the score, shape (1 + p,)."""
    design, treated = weighted.design, weighted.design.treated_units
    slope = np.zeros(score.x.shape[1])
    for sign, group, derivative in zip(
        (1, -1), (treated, ~treated), _TILT[weighted.estimand][2:], strict=True
    ):
        w, y = weighted.weights[group], design.outcome[group]
        change = design.weights[group] * derivative(score.value[group])
        slope += sign * score.x[group].T @ (change * (y - w @ y / w.sum())) / w.sum()
    return slope
