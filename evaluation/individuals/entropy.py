"""Entropy balancing: the weights nearest to equal ones that make the means agree."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Sample
from evaluation.errors import DesignError
from evaluation.estimate import Estimate, Term
from evaluation.individuals.ipw import weighing_notes
from evaluation.individuals.propensity import with_constant
from evaluation.individuals.weighted import Weighted

Floats = NDArray[np.float64]
STEPS = 200
TOLERANCE = 1e-10
"""In standard deviations of the treated: a difference of means that is none."""


def entropy_weights(design: Sample, *, moments: Literal[1, 2] = 1) -> Weighted:
    """Return the weights of `entropy_balancing`, for `weighted_balance`.

    Raises
    ------
    DesignError
        As `entropy_balancing`.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"y": [3, 1, 2, 2, 4, 3], "d": [1, 1, 1, 0, 0, 0], "x": [1, 1, 0, 1, 0, 0]})
    >>> sample = Sample.from_frame(people, outcome="y", treatment="d", covariates=["x"])
    >>> entropy_weights(sample).weights.round(3).tolist()
    [1.0, 1.0, 1.0, 2.0, 0.5, 0.5]
    """
    return _balanced(design, _conditions(design, moments))


def entropy_balancing(design: Sample, *, moments: Literal[1, 2] = 1) -> Estimate:
    r"""Effect on the treated: the others reweighted so that their covariates have the means of the treated.

    The weights minimise :math:`\sum_{D_i=0} w_i \log(w_i / q_i)`, q the sampling weights, subject to
    :math:`\sum_{D_i=0} w_i x_i = \bar x_1`. They are :math:`w_i \propto q_i \exp(\lambda' x_i)`, so this is a
    logit score fitted to balance, and right also where the untreated outcome is linear in x. Hainmueller
    (2012), doi:10.1093/pan/mpr025; Zhao and Percival (2017), doi:10.1515/jci-2016-0010, whose influence
    values these are: with b the weighted regression of the untreated outcome on x, each unit's
    :math:`y - \bar y - b'(x - \bar x)`.

    Parameters
    ----------
    design : Sample
        With covariates; those without an outcome are left out.
    moments : {1, 2}
        2 balances the squares of the covariates too (not of indicators).

    Returns
    -------
    Estimate
        Estimand "att"; influence values (n_units, 1); notes as `ipw`.

    Raises
    ------
    DesignError
        If there are no covariates, they are collinear, or no weights balance them.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"y": [3, 1, 2, 2, 4, 3], "d": [1, 1, 1, 0, 0, 0], "x": [1, 1, 0, 1, 0, 0]})
    >>> sample = Sample.from_frame(people, outcome="y", treatment="d", covariates=["x"])
    >>> entropy_balancing(sample).value.round(4).tolist()
    [-0.5]
    """
    seen = design.complete()
    x = _conditions(seen, moments)
    weighted = _balanced(seen, x)
    value, influence = _difference(weighted, x)
    return Estimate(
        estimator="entropy_balancing",
        estimand="att",
        terms=(Term("att"),),
        value=np.array([value]),
        design=seen,
        options={"moments": moments},
        influence=influence[:, None],
        notes=weighing_notes(weighted),
    )


def _conditions(design: Sample, moments: int) -> Floats:
    """Covariates and their squares, less the mean and over the spread of the treated: (n_units, m)."""
    if moments not in (1, 2):
        raise DesignError("bad-limit", option="moments", value=moments, low=1, high=2)
    x = with_constant(design, "entropy_balancing")[:, 1:]
    if moments == 2:
        several = [j for j in range(x.shape[1]) if len(np.unique(x[:, j])) > 2]
        x = np.column_stack([x, x[:, several] ** 2])
    treated = design.treated_units
    centred = x - np.average(x[treated], axis=0, weights=design.weights[treated])
    spread = x[treated].std(axis=0)
    scaled: Floats = centred / np.where(spread > 0, spread, np.maximum(x.std(axis=0), 1e-300))
    if np.linalg.matrix_rank(np.column_stack([np.ones(len(x)), scaled])) < x.shape[1] + 1:
        raise DesignError("covariates-collinear", what="entropy_balancing")
    return scaled


def _balanced(design: Sample, x: Floats) -> Weighted:
    treated = design.treated_units
    weights = design.weights.copy()
    weights[~treated] = weights[treated].sum() * _tilted(x[~treated], design.weights[~treated], design)
    return Weighted(design, weights, "att")


def _tilted(x: Floats, base: Floats, design: Sample) -> Floats:
    """Minimise log sum q exp(lambda'x), whose gradient is the weighted mean, by damped Newton steps."""
    multiplier = np.zeros(x.shape[1])
    weights, loss = _normalised(x, base, multiplier)
    for _ in range(STEPS):
        mean = weights @ x
        if np.abs(mean).max() <= TOLERANCE:
            return weights
        spread = (x * weights[:, None]).T @ x - np.outer(mean, mean)
        step = -np.asarray(np.linalg.lstsq(spread, mean, rcond=1e-13)[0])
        size, slope = 1.0, float(mean @ step)
        while size > 1e-10:
            tried, value = _normalised(x, base, multiplier + size * step)
            if value <= loss + 1e-4 * size * slope + 1e-14 * abs(loss):
                break
            size /= 2
        multiplier, weights, loss = multiplier + size * step, tried, value
    worst = int(np.argmax(np.abs(weights @ x)))
    names = design.names.covariates
    named = names[worst] if worst < len(names) else "x²"
    raise DesignError("not-balanceable", covariate=named)


def _normalised(x: Floats, base: Floats, multiplier: Floats) -> tuple[Floats, float]:
    index = x @ multiplier
    top = float(index.max())
    raw = base * np.exp(index - top)
    total = float(raw.sum())
    return raw / total, top + float(np.log(total / base.sum()))


def _difference(weighted: Weighted, x: Floats) -> tuple[float, Floats]:
    design, treated, w = weighted.design, weighted.design.treated_units, weighted.weights
    y, influence = design.outcome, np.zeros(design.n_units)
    one, zero = (float(np.average(y[group], weights=w[group])) for group in (treated, ~treated))
    own = w[~treated] / w[~treated].sum()
    spread = (x[~treated] * own[:, None]).T @ x[~treated]
    slope = np.linalg.lstsq(spread, x[~treated].T @ (own * (y[~treated] - zero)), rcond=None)[0]
    for sign, group, mean in ((1, treated, one), (-1, ~treated, zero)):
        share = w[group] / w[group].sum()
        influence[group] = sign * len(y) * share * (y[group] - mean - x[group] @ slope)
    return one - zero, influence
