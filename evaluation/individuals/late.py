"""Effect on those whom assignment moves: two-stage least squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import fdtrc, fdtri

from evaluation.design import Grouping, Note, Sample
from evaluation.design.note import Number
from evaluation.errors import DesignError, InferenceError
from evaluation.estimate import CheckResult, Estimate, Inference, Term
from evaluation.individuals._least_squares import (
    Regression,
    centred,
    centred_strata,
    check_strata,
    least_squares,
)

Floats = NDArray[np.float64]
WEAK = 10.0
"""F of the first stage below which the usual interval of `late` fails (Staiger and Stock 1997)."""


@dataclass(frozen=True, eq=False, repr=False)
class _Stages:
    """Both regressions on the assignment: of the treatment received, and of the outcome."""

    first: Regression
    reduced: Regression
    cluster: Grouping

    @classmethod
    def of(cls, design: Sample, what: str) -> _Stages:
        if design.received is None:
            raise DesignError("no-received", what=what)
        others = [centred_strata(design), centred(design.covariates, design.weights)]
        columns = np.column_stack([design.treatment, np.ones(design.n_units), *others])
        first, reduced = (
            least_squares(columns, y, design.weights, what) for y in (design.received, design.outcome)
        )
        return cls(first, reduced, design.cluster)

    @property
    def factor(self) -> float:
        """The small-sample factor of `inference.clustered`."""
        groups, (n, q) = self.cluster.n_groups, self.first.columns.shape
        return float(groups / (groups - 1) * (n - 1) / (n - q))

    def covariance(self) -> tuple[float, float, float]:
        """Variance of the reduced form, covariance of both, variance of the first stage."""
        if self.cluster.n_groups < 2:
            raise InferenceError("one-cluster", clusters=1, column=self.cluster.name)
        a, c = (
            self.cluster.sums(fit.influence[:, 0]) / len(fit.outcome) for fit in (self.reduced, self.first)
        )
        return self.factor * float(a @ a), self.factor * float(a @ c), self.factor * float(c @ c)


def late(design: Sample) -> Estimate:
    r"""Effect of the treatment on compliers, those who take it up because they were assigned to it.

    .. math:: \hat\tau = \frac{\text{effect of assignment on } Y}{\text{effect of assignment on } R}

    both by least squares on the assignment, indicators of strata and covariates: two-stage least squares with
    the assignment as the instrument. It is the mean effect on compliers where assignment was by lot, moves
    the outcome by the treatment only and makes no one refuse it. Imbens and Angrist (1994),
    doi:10.2307/2951620; Angrist, Imbens and Rubin (1996), doi:10.1080/01621459.1996.10476902.

    Parameters
    ----------
    design : Sample
        With `received`; those without an outcome are left out.

    Returns
    -------
    Estimate
        One term, ``late``, with influence values (n_units, 1). Note ``weak_instrument`` where the F of the
        first stage is below 10: report the set by `anderson_rubin`.

    Raises
    ------
    DesignError
        If the sample does not say who received the treatment, a stratum has one group only, covariates are
        collinear, or assignment moves no one.

    Examples
    --------
    >>> people = pd.DataFrame({"housed": [1, 1, 0, 1, 0, 0, 1, 0], "drawn": [1, 1, 1, 1, 0, 0, 0, 0],
    ...                        "moved": [1, 1, 0, 1, 0, 0, 1, 0]})
    >>> late(Sample.from_frame(people, outcome="housed", treatment="drawn", received="moved")).value.round(4)
    array([1.])
    """
    kept = design.complete()
    notes = check_strata(kept, "late")
    stages = _Stages.of(kept, "late")
    moved = stages.first.beta[0]
    if abs(moved) < 1e-12:
        raise DesignError("nobody-moved", units=kept.n_units)
    value = stages.reduced.beta[0] / moved
    influence = (stages.reduced.influence[:, :1] - value * stages.first.influence[:, :1]) / moved
    f = _first_stage_f(stages)
    if f < WEAK:
        notes += (Note("weak_instrument", {"f": f, "limit": WEAK}),)
    return Estimate(
        estimator="late",
        estimand="late",
        terms=(Term("late"),),
        value=np.array([value]),
        design=kept,
        influence=influence,
        notes=notes,
    )


def first_stage(design: Sample) -> CheckResult:
    """Who was moved by the assignment, and how surely.

    The F is robust to clusters; with one instrument it is the effective F (Montiel Olea and Pflueger 2013,
    doi:10.1080/00401706.2013.806694).

    Parameters
    ----------
    design : Sample
        With `received`.

    Returns
    -------
    CheckResult
        Name ``first_stage``; table: group (``treated``, ``comparison``: as assigned), n, received, share.
        Numbers: compliers (difference of shares, adjusted for strata and covariates), f, p_value. Passed if F
        is at least 10.

    Raises
    ------
    DesignError
        As `late`.

    Examples
    --------
    >>> people = pd.DataFrame({"housed": [1, 1, 0, 1, 0, 0, 1, 0], "drawn": [1, 1, 1, 1, 0, 0, 0, 0],
    ...                        "moved": [1, 1, 0, 1, 0, 0, 1, 0]})
    >>> sample = Sample.from_frame(people, outcome="housed", treatment="drawn", received="moved")
    >>> first_stage(sample).table.share.tolist()
    [0.75, 0.25]
    """
    kept = design.complete()
    stages = _Stages.of(kept, "first_stage")
    assert kept.received is not None
    groups = [("treated", kept.treated_units), ("comparison", ~kept.treated_units)]
    table = pd.DataFrame(
        {
            "group": [name for name, _ in groups],
            "n": [int(rows.sum()) for _, rows in groups],
            "received": [int(kept.received[rows].sum()) for _, rows in groups],
            "share": [np.average(kept.received[rows], weights=kept.weights[rows]) for _, rows in groups],
        }
    )
    f = _first_stage_f(stages)
    numbers: dict[str, Number] = {
        "compliers": float(stages.first.beta[0]),
        "f": f,
        "p_value": float(fdtrc(1, kept.cluster.n_groups - 1, f)),
    }
    return CheckResult("first_stage", f >= WEAK, table, numbers, kept.notes)


def anderson_rubin(estimate: Estimate, *, conf_level: float = 0.95) -> Inference:
    r"""Set of effects on compliers that the data do not reject, however weak the instrument.

    An effect b is kept if the assignment does not explain :math:`Y - bR`:

    .. math:: (\hat\rho - b \hat\pi)^2 \le c \, (V_{\rho\rho} - 2 b V_{\rho\pi} + b^2 V_{\pi\pi})

    with both effects of assignment, their covariance by cluster and c of F(1, G - 1). The solutions are an
    interval, all but an interval, or every number: the data then do not bound the effect. Anderson and Rubin
    (1949), doi:10.1214/aoms/1177730090; Andrews, Stock and Sun (2019),
    doi:10.1146/annurev-economics-080218-025643.

    Parameters
    ----------
    estimate : Estimate
        Of `late`.
    conf_level : float

    Returns
    -------
    Inference
        p_value of no effect, conf_set, and the smallest interval that holds it, possibly unbounded.

    Raises
    ------
    InferenceError
        If the estimate is another one, or there is one cluster only.

    Examples
    --------
    >>> people = pd.DataFrame({"housed": [1, 1, 0, 1, 0, 0, 1, 0] * 9, "drawn": [1, 1, 1, 1, 0, 0, 0, 0] * 9,
    ...                        "moved": [1, 1, 0, 1, 0, 0, 0, 0] * 9})
    >>> sample = Sample.from_frame(people, outcome="housed", treatment="drawn", received="moved")
    >>> late(sample).infer(anderson_rubin).inference.conf_low.round(3).tolist()
    [0.444]
    """
    design = estimate.design
    if estimate.estimator != "late" or not isinstance(design, Sample):
        raise InferenceError("not-of-late", method="anderson_rubin", estimator=estimate.estimator)
    stages = _Stages.of(design, "anderson_rubin")
    rho, pi = stages.reduced.beta[0], stages.first.beta[0]
    v_rho, both, v_pi = stages.covariance()
    df = design.cluster.n_groups - 1
    limit = float(fdtri(1, df, conf_level))
    found = _at_most_zero(pi**2 - limit * v_pi, -2 * (rho * pi - limit * both), rho**2 - limit * v_rho)
    return Inference.of(
        "anderson_rubin",
        1,
        conf_level=conf_level,
        df=np.array([float(df)]),
        p_value=np.array([float(fdtrc(1, df, rho**2 / v_rho)) if v_rho > 0 else np.nan]),
        conf_low=np.array([found[0][0]]),
        conf_high=np.array([found[-1][1]]),
        conf_set=(found,),
    )


def _first_stage_f(stages: _Stages) -> float:
    """Squared t of the first stage; infinite where all comply."""
    variance = stages.covariance()[2]
    return float(stages.first.beta[0] ** 2 / variance) if variance > 1e-24 else np.inf


def _at_most_zero(a: float, b: float, c: float) -> tuple[tuple[float, float], ...]:
    """Solve a x^2 + b x + c <= 0 as intervals; the set here is never empty, the estimate lies in it."""
    discriminant = b * b - 4 * a * c
    if discriminant <= 0:
        return ((-np.inf, np.inf),) if a <= 0 else ((-b / (2 * a), -b / (2 * a)),)
    if a == 0:
        return ((-np.inf, -c / b),) if b > 0 else ((-c / b, np.inf),)
    root = np.sqrt(discriminant)
    low, high = sorted((float((-b - root) / (2 * a)), float((-b + root) / (2 * a))))
    return ((low, high),) if a > 0 else ((-np.inf, low), (high, np.inf))
