"""Nuisance models of one's own for the doubly robust group-time effects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Design
from evaluation.errors import DesignError
from evaluation.estimate.nuisance import NuisanceError, Propensity, Regression, odds_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

Predict = Callable[[Floats], Floats]
Learner = Callable[[Floats, Floats, Floats], Predict]


@dataclass(frozen=True)
class Learners:
    """A propensity score and an outcome model of one's own, with cross-fitting.

    A learner is a function ``(x, y, weights) -> predict``: covariates ``(m, p)`` without a constant, values
    ``(m,)``, sampling weights ``(m,)``; `predict` maps covariates ``(n, p)`` to ``(n,)``. The one for the
    propensity gets y of 0 and 1 and predicts probabilities.

    With `folds` K the clusters are drawn into K parts, evenly within each cohort; what is predicted for a
    part was learned from the others. Chernozhukov et al. (2018), doi:10.1111/ectj.12097.

    Attributes
    ----------
    propensity, outcome : Learner
    folds : int
        1: learn and predict on the same units, which only simple models allow.
    seed : int
        Of the draw of the folds.

    Examples
    --------
    A mean for everybody in the place of both models is the comparison without covariates:

    >>> import evaluation as ev
    >>> from evaluation.simulate import did_panel
    >>> def mean_of(x, y, weights):
    ...     return lambda new: np.full(len(new), np.average(y, weights=weights))
    >>> panel = did_panel(n_units=40, n_treated=15, n_periods=4, seed=1)
    >>> panel["x"] = panel["unit"] % 7
    >>> design = ev.StudyDesign.from_frame(panel, outcome="outcome", unit="unit", time="period",
    ...                                    cohort="cohort", covariates=["x"])
    >>> ev.att_gt(design, learners=Learners(mean_of, mean_of, folds=1)).value.round(3).tolist()
    [0.332, 1.234, 0.651]
    """

    propensity: Learner
    outcome: Learner
    folds: int = 5
    seed: int = 0


def draw_folds(design: Design, cohort: Floats, learners: Learners) -> Integers:
    """Draw the part of each unit: clusters stay together, each cohort is spread evenly. Shape (n_units,).

    Raises
    ------
    DesignError
        If the number of folds is no whole number from one to the number of clusters.
    """
    codes, n, folds = design.cluster.codes, design.cluster.n_groups, learners.folds
    if not 1 <= folds <= n or int(folds) != folds:
        raise DesignError("bad-folds", folds=folds, clusters=n)
    first = np.full(n, np.inf)
    np.minimum.at(first, codes, cohort)
    order = np.random.default_rng(learners.seed).permutation(n)
    order = order[np.argsort(first[order], kind="stable")]
    part = np.empty(n, dtype=np.int64)
    part[order] = np.arange(n) % folds
    return part[codes]


@dataclass(frozen=True, eq=False)
class CrossFitted:
    """The learners on the units of one cell.

    Attributes
    ----------
    learners : Learners
    part : ndarray of int, shape (n,)
        Fold of each unit of the cell.
    """

    learners: Learners
    part: Integers

    def propensity(self, x: Floats, treated: Floats, weights: Floats) -> Propensity:
        """Predict the odds of being treated.

        Raises
        ------
        NuisanceError
            If overlap fails, or the units outside a fold are all treated or all controls.
        DesignError
            If the learner gives no probabilities.
        """
        p = self._predict("propensity", self.learners.propensity, x, treated, weights)
        if p.min() < 0 or p.max() > 1:
            raise DesignError("learner-no-probability", low=f"{p.min():.3g}", high=f"{p.max():.3g}")
        return Propensity(odds_of(p, treated), None)

    def outcome(self, x: Floats, y: Floats, weights: Floats) -> Regression:
        """Predict each column of y for all units from those with a weight.

        Raises
        ------
        NuisanceError
            If nobody is left outside a fold.
        DesignError
            If the learner gives no number for each unit.
        """
        columns = [self._predict("outcome", self.learners.outcome, x, one, weights) for one in y.T]
        fitted = np.stack(columns, axis=1)
        return Regression(fitted, None, weights[:, None] * (y - fitted))

    def _predict(self, role: str, learner: Learner, x: Floats, y: Floats, weights: Floats) -> Floats:
        covariates, known = x[:, 1:], weights > 0
        predicted = np.empty(len(y))
        for k in np.unique(self.part):
            own = self.part == k
            others = known & ~own if self.learners.folds > 1 else known
            if not others.any() or (role == "propensity" and np.ptp(y[others]) == 0):
                raise NuisanceError("folds")
            predict = learner(covariates[others], y[others], weights[others])
            predicted[own] = _checked(predict(covariates[own]), role, int(own.sum()))
        return predicted


def _checked(values: Floats, role: str, n: int) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (n,) or not np.isfinite(array).all():
        missing = int((~np.isfinite(array)).sum())
        raise DesignError("learner-result", role=role, shape=array.shape, wanted=(n,), missing=missing)
    return array
