"""`combine`: the only place where a new estimate is formed from old ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.estimate.contracts import Term
from evaluation.estimate.estimate import Estimate
from evaluation.estimate.refit import FixedWeights, Step, weighed

Floats = NDArray[np.float64]


def combine(
    estimate: Estimate,
    weights: Floats,
    terms: Sequence[Term],
    *,
    weight_influence: Floats | None = None,
    step: Step | None = None,
    estimand: str | None = None,
) -> Estimate:
    """Form a new estimate from the terms of another: the only place where this is done.

    Value = weights @ value; an unknown value (NaN) with weight 0 does not count.

    With estimated weights the influence gains the influence of the weights times
    the values they weigh (delta method), see Callaway and Sant'Anna (2021),
    doi:10.1016/j.jeconom.2020.12.001.

    Parameters
    ----------
    estimate : Estimate
        k terms.
    weights : ndarray, shape (r, k)
    terms : sequence of Term, length r
    weight_influence : ndarray, shape (n_units, r), optional
        Where the weights were estimated: their influence values times the values they weigh,
        sum_j influence(weights[r, j]) value[j].
    step : Step, optional
        The aggregation itself, so that a refit can repeat it. By default the same weights are applied again
        to the terms with the same keys.
    estimand : str, optional

    Returns
    -------
    Estimate
        r terms, with every contract that the old estimate carried; moments only where weights are fixed.

    Examples
    --------
    >>> from evaluation import StudyDesign, twfe
    >>> import pandas as pd
    >>> panel = pd.DataFrame({"u": [1, 1, 2, 2], "t": [1, 2] * 2, "g": [2, 2, 0, 0]})
    >>> panel["y"] = [1.0, 4.0, 2.0, 3.0]
    >>> effect = twfe(StudyDesign.from_frame(panel, outcome="y", unit="u", time="t", cohort="g"))
    >>> combine(effect, np.array([[10.0]]), [Term("tenfold")]).value
    array([20.])
    """
    value = weighed(estimate.value, weights)
    fixed = weight_influence is None
    influence = None
    if estimate.influence is not None:
        influence = weighed(estimate.influence, weights)
        if weight_influence is not None:
            influence = influence + weight_influence
    again = step or FixedWeights(estimate.terms, weights, tuple(terms))
    refit = estimate.refit and dataclasses.replace(estimate.refit, after=(*estimate.refit.after, again))
    return dataclasses.replace(
        estimate,
        terms=tuple(terms),
        value=value,
        influence=influence,
        refit=refit,
        moments=estimate.moments.combined(weights) if estimate.moments and fixed else None,
        estimand=estimand or estimate.estimand,
    )
