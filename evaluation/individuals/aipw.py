"""Augmented inverse probability weighting: a score and an outcome model, of which one must be right."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Note, Sample
from evaluation.errors import DesignError, require_option
from evaluation.estimate import Estimate, Term
from evaluation.estimate.learners import CrossFitted, Learners, Predict, draw_folds
from evaluation.estimate.nuisance import NuisanceError, probability, regression
from evaluation.individuals.propensity import LIMIT, refused, with_constant

Floats = NDArray[np.float64]


def logit_learner(x: Floats, y: Floats, weights: Floats) -> Predict:
    """Learn a probability by a logit.

    Examples
    --------
    >>> x, y = np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([0.0, 1.0, 0.0, 1.0])
    >>> logit_learner(x, y, np.ones(4))(np.array([[0.5]])).round(3).tolist()
    [0.5]
    """
    beta, _, _ = probability(_constant(x), y, weights)
    return lambda new: np.asarray(1 / (1 + np.exp(-np.clip(_constant(new) @ beta, -500, 500))))


def linear_learner(x: Floats, y: Floats, weights: Floats) -> Predict:
    """Learn a mean by least squares.

    Examples
    --------
    >>> x, y = np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 3.0, 5.0])
    >>> linear_learner(x, y, np.ones(3))(np.array([[3.0]])).round(6).tolist()
    [7.0]
    """
    full = _constant(x)
    fit = regression(full, y[:, None], weights)
    assert fit.inverse is not None
    beta = fit.inverse @ (full.T @ (weights * y)) / len(full)
    return lambda new: np.asarray(_constant(new) @ beta)


LOGIT_AND_LEAST_SQUARES = Learners(logit_learner, linear_learner, folds=5, seed=0)


def aipw(
    design: Sample,
    *,
    estimand: Literal["ate", "att"] = "ate",
    learners: Learners = LOGIT_AND_LEAST_SQUARES,
) -> Estimate:
    r"""Doubly robust difference with cross-fitted models of the treatment and of the outcome.

    .. math:: \psi_i = \mu_1(x_i) - \mu_0(x_i) + \frac{D_i (Y_i - \mu_1(x_i))}{e(x_i)}
              - \frac{(1 - D_i)(Y_i - \mu_0(x_i))}{1 - e(x_i)}

    averaged for the effect on all; on the treated
    :math:`[D_i - (1 - D_i)\, e/(1 - e)]\,(Y_i - \mu_0(x_i)) / P(D = 1)`. What is predicted for a fold was
    learned from the others, so any learner may be used whose errors shrink faster than :math:`n^{-1/4}`.
    Robins, Rotnitzky and Zhao (1994), doi:10.1080/01621459.1994.10476818; Chernozhukov et al. (2018),
    doi:10.1111/ectj.12097.

    Parameters
    ----------
    design : Sample
        With covariates; those without an outcome are left out. Clusters stay in one fold.
    estimand : {"ate", "att"}
    learners : Learners
        A logit and least squares with five folds, unless others are given.

    Returns
    -------
    Estimate
        One term; influence values (n_units, 1), the scores. Note ``unconfounded``.

    Raises
    ------
    DesignError
        If there are no covariates, overlap fails, or a fold leaves no one to learn from.

    Examples
    --------
    >>> import pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> x, d = rng.normal(size=400), rng.integers(0, 2, 400)
    >>> people = pd.DataFrame({"y": 2.0 * d + x, "d": d, "x": x})
    >>> sample = Sample.from_frame(people, outcome="y", treatment="d", covariates=["x"])
    >>> aipw(sample).value.round(6).tolist()
    [2.0]
    """
    require_option(DesignError, "aipw", "estimand", estimand, ("ate", "att"))
    seen = design.complete()
    x = with_constant(seen, "aipw")
    fitted = CrossFitted(learners, draw_folds(seen, seen.treatment, learners))
    try:
        parts = _parts(seen, x, fitted, estimand)
    except NuisanceError as error:
        if str(error) == "folds":
            raise DesignError("bad-folds", folds=learners.folds, clusters=seen.cluster.n_groups) from error
        raise refused(error, "aipw") from error
    share, scores = parts
    value = float(scores.sum() / share.sum())
    influence = (scores - share * value) * seen.n_units / share.sum()
    return Estimate(
        estimator="aipw",
        estimand=estimand,
        terms=(Term(estimand),),
        value=np.array([value]),
        design=seen,
        options={"estimand": estimand, "folds": learners.folds, "seed": learners.seed},
        influence=influence[:, None],
        notes=(Note("unconfounded", {"covariates": len(seen.names.covariates)}),),
    )


def _parts(design: Sample, x: Floats, fitted: CrossFitted, estimand: str) -> tuple[Floats, Floats]:
    """Return the weight of each unit in the average and its part of the sum, each (n,)."""
    w, d, y = design.weights, design.treatment, design.outcome[:, None]
    odds = fitted.propensity(x, d, w).odds
    zero = fitted.outcome(x, y, w * (1 - d)).fitted[:, 0]
    left = design.outcome - zero
    if estimand == "att":
        return w * d, w * (d - (1 - d) * odds) * left
    one = fitted.outcome(x, y, w * d).fitted[:, 0]
    e = odds / (1 + odds)
    near = np.minimum(e, 1 - e) < LIMIT
    if near.any():
        raise DesignError("no-overlap", what="aipw", count=int(near.sum()), limit=f"{LIMIT:g}")
    return w, w * (one - zero + d * (design.outcome - one) / e - (1 - d) * left / (1 - e))


def _constant(x: Floats) -> Floats:
    return np.column_stack([np.ones(len(x)), x])
