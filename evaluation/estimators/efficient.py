"""The efficient estimator when treatment is rolled out at random times (Roth and Sant'Anna 2023)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Note, StudyDesign
from evaluation.errors import DesignError, require_option
from evaluation.estimate import Estimate, Term, Variant, estimator
from evaluation.estimators._cells import Cell, cells_of, cohorts_required, treated_too_early

Floats = NDArray[np.float64]

CHOICES = {
    "by": ("simple", "event_time", "cohort", "period"),
    "control_group": ("not_yet_treated", "last_treated"),
    "variance": ("neyman", "adjusted"),
}


@estimator(
    variants=(
        Variant({}, unit_effects=False, gaps=False),
        Variant({"by": "event_time", "beta": 1.0}, gaps=False),
        Variant({"by": "cohort"}, unit_effects=False, gaps=False),
    )
)
def efficient(
    design: StudyDesign,
    *,
    by: Literal["simple", "event_time", "cohort", "period"] = "simple",
    overall: bool = False,
    beta: float | None = None,
    control_group: Literal["not_yet_treated", "last_treated"] = "not_yet_treated",
    variance: Literal["neyman", "adjusted"] = "neyman",
) -> Estimate:
    r"""Estimate average effects where the time of treatment is as good as random.

    With A the averages of the post-treatment differences between a cohort and units not treated by then, and
    X the same averages of their last period before treatment, which random timing makes zero in expectation,

    .. math:: \hat\theta = A - \hat\beta X, \qquad \hat\beta = \widehat{Cov}(X, A) / \widehat{Var}(X),

    with the within-cohort covariances. Difference in differences is beta = 1, a comparison of levels
    beta = 0; the estimated beta has the smallest variance of all. Random timing is stronger than parallel
    trends: every order of starts must have been equally likely.

    Parameters
    ----------
    design : StudyDesign
        Absorbing treatment, no covariates, exposure or weights. Units with gaps are left out.
    by : {"simple", "event_time", "cohort", "period"}
        The averages of `aggregate`; each row has its own beta.
    overall : bool
        One number from the rows, as in `aggregate`.
    beta : float, optional
        Fixed instead of estimated.
    control_group : {"not_yet_treated", "last_treated"}
        ``last_treated``: only the cohort that is treated last, or never.
    variance : {"neyman", "adjusted"}
        The first is conservative: it leaves out the variance of effects between units, of which the second
        takes off what outcomes before all treatment predict.

    Returns
    -------
    Estimate
        Contracts influence and refit. The influence values have the chosen variance, so that ``clustered``
        with ``correction="CR0"`` gives the standard error of the paper; `randomisation` gives Fisher's test.
        Note ``random_timing_assumed`` always.

    Raises
    ------
    DesignError
        If the treatment is not absorbing, an option is unknown, the design holds what is not used, or
        nothing is left to compare.

    References
    ----------
    Roth and Sant'Anna (2023), doi:10.1086/726581.

    Examples
    --------
    >>> import pandas as pd
    >>> panel = pd.DataFrame({"u": [1, 1, 2, 2, 3, 3, 4, 4], "t": [1, 2] * 4, "g": [2] * 4 + [0] * 4,
    ...                       "y": [1.0, 4.0, 2.0, 5.0, 0.0, 2.0, 1.0, 3.0]})
    >>> efficient(StudyDesign.from_frame(panel, outcome="y", unit="u", time="t", cohort="g")).value
    array([1.])
    """
    given = {"by": by, "control_group": control_group, "variance": variance}
    for option, chosen in given.items():
        require_option(DesignError, "efficient", option, chosen, CHOICES[option])
    design, notes = _usable(design)
    groups = _groups(design)
    rows = _rows(design, groups, by, last_only=control_group == "last_treated")
    if overall and by != "simple":
        rows = [_mean_row(rows, by)]
    after, before = (np.stack([getattr(row, part) for row in rows]) for part in ("after", "before"))
    value, influence, overfits = _estimate(
        design, groups, after, before, beta=beta, adjusted=variance == "adjusted"
    )
    return Estimate(
        estimator="efficient",
        estimand="att",
        terms=tuple(row.term for row in rows),
        value=value,
        design=design,
        influence=influence,
        notes=notes + overfits + (Note("random_timing_assumed", {"cohorts": len(groups.starts)}),),
    )


def _usable(design: StudyDesign) -> tuple[StudyDesign, tuple[Note, ...]]:
    """Refuse what is not used; leave out units with gaps, treated from the start, or alone in a cohort."""
    unused = {"covariates": design.names.covariates, "exposure": design.exposure is not None,
              "weights": np.ptp(design.weights[design.observed]) > 0}  # fmt: skip
    for what, is_there in unused.items():
        if is_there:
            raise DesignError("part-not-used", estimator="efficient", what=what)
    cohort = cohorts_required(design, "efficient")
    early, notes = treated_too_early(design, cohort)
    complete = design.observed.all(axis=1)
    if lost := int((~complete & ~early).sum()):
        notes += (Note("incomplete_units_dropped", {"units": lost}),)
    keep = complete & ~early
    _, group = np.unique(cohort, return_inverse=True)
    alone = keep & (np.bincount(group[keep], minlength=group.max() + 1)[group] == 1)
    if alone.any():
        names = tuple(str(design.units[i]) for i in np.flatnonzero(alone))
        notes += (Note("alone_in_cohort", {"units": len(names), "names": names}),)
    keep &= ~alone
    if len(np.unique(cohort[keep])) < 2:
        raise DesignError("no-cohort", periods=design.n_periods, anticipation=design.anticipation)
    return (design if keep.all() else design.take(np.flatnonzero(keep))), notes


@dataclass(frozen=True, eq=False, repr=False)
class _Groups:
    """Cohorts, those after the last period together with never treated units.

    Attributes
    ----------
    starts, sizes : ndarray, shape (G,)
    code : ndarray of int, shape (n_units,)
    means : ndarray, shape (G, n_periods)
    """

    starts: Floats
    sizes: Floats
    code: NDArray[np.int64]
    means: Floats


def _groups(design: StudyDesign) -> _Groups:
    cohort = cohorts_required(design, "efficient")
    beyond = cohort > design.period_numbers[-1] + design.anticipation
    starts, code = np.unique(np.where(beyond, np.inf, cohort), return_inverse=True)
    sizes = np.bincount(code).astype(np.float64)
    means = np.stack([design.outcome[code == g].mean(axis=0) for g in range(len(starts))])
    return _Groups(starts, sizes, code, means)


@dataclass(frozen=True, eq=False, repr=False)
class _Row:
    """One average: weights of the means of cohorts and periods, shape (G, n_periods), and its size."""

    term: Term
    after: Floats
    before: Floats
    size: float


def _contrast(groups: _Groups, cell: Cell, *, last_only: bool) -> Floats | None:
    """Weights of the cohorts in a comparison: the treated one, less those not treated by then."""
    later = groups.starts > cell.horizon
    if last_only:
        later &= groups.starts == groups.starts[-1]
    if not later.any():
        return None
    weights: Floats = np.where(later, -groups.sizes, 0.0) / groups.sizes[later].sum()
    weights[groups.starts == cell.cohort] = 1.0
    return weights


def _rows(design: StudyDesign, groups: _Groups, by: str, *, last_only: bool) -> list[_Row]:
    """Average the comparisons of each row by the size of the treated cohort; rows in order of their key."""
    found: dict[tuple[float, Term], list[tuple[Cell, Floats, float]]] = {}
    for cell in _post_cells(design, groups):
        weights = _contrast(groups, cell, last_only=last_only)
        if weights is not None:
            size = float(groups.sizes[groups.starts == cell.cohort][0])
            found.setdefault(_key(design, cell, by), []).append((cell, weights, size))
    if not found:
        raise DesignError("no-cohort", periods=design.n_periods, anticipation=design.anticipation)
    rows = []
    for (_, term), parts in sorted(found.items(), key=lambda item: item[0][0]):
        after, before = (np.zeros_like(groups.means) for _ in range(2))
        total = sum(size for _, _, size in parts)
        for cell, weights, size in parts:
            after[:, cell.period] += weights * size / total
            before[:, cell.base] += weights * size / total
        rows.append(_Row(term, after, before, parts[0][2]))
    return rows


def _post_cells(design: StudyDesign, groups: _Groups) -> Iterator[Cell]:
    cohort = groups.starts[groups.code]
    for cells in cells_of(design, cohort, control_group="not_yet_treated", base_period="universal"):
        yield from (cell for cell in cells if design.period_numbers[cell.period] >= cell.cohort)


def _key(design: StudyDesign, cell: Cell, by: str) -> tuple[float, Term]:
    number = float(design.period_numbers[cell.period])
    if by == "event_time":
        return number - cell.cohort, Term("att", event_time=number - cell.cohort)
    if by == "cohort":
        return cell.cohort, Term("att", cohort=design.period_of(cell.cohort))
    return (number, Term("att", period=design.periods[cell.period])) if by == "period" else (0.0, Term("att"))


def _mean_row(rows: list[_Row], by: str) -> _Row:
    """One number: cohorts by their size, periods and event times equally."""
    share = np.array([row.size if by == "cohort" else 1.0 for row in rows])
    share = share / share.sum()
    after, before = (
        np.tensordot(share, np.stack([getattr(row, part) for row in rows]), 1) for part in ("after", "before")
    )
    return _Row(Term("att"), after, before, float("nan"))


def _estimate(
    design: StudyDesign, groups: _Groups, after: Floats, before: Floats, *, beta: float | None, adjusted: bool
) -> tuple[Floats, Floats, tuple[Note, ...]]:
    """Values (k,), influence values (n_units, k), and a note where the adjustment cannot be trusted."""
    centred = design.outcome - groups.means[groups.code]
    after_unit, before_unit = (np.einsum("it,kit->ik", centred, a[:, groups.code]) for a in (after, before))
    sizes = groups.sizes[groups.code][:, None]
    scale = 1 / (sizes * (sizes - 1))
    spread = (scale * before_unit**2).sum(axis=0)
    covariance = (scale * before_unit * after_unit).sum(axis=0)
    best = np.divide(covariance, spread, out=np.zeros_like(spread), where=spread > 0)
    slope = best if beta is None else np.full_like(best, beta)
    value = np.einsum("kgt,gt->k", after - slope[:, None, None] * before, groups.means)
    influence = design.n_units * np.sqrt(scale) * (after_unit - slope * before_unit)
    if not adjusted:
        return value, influence, ()
    early = design.period_numbers < groups.starts[0] - design.anticipation
    neyman = (influence**2).sum(axis=0) / design.n_units**2
    share = 1 - _explained(centred[:, early], after_unit, groups) / design.n_units / neyman
    thin = int((groups.sizes <= early.sum() + 1).sum())
    notes = (Note("adjusted_variance_thin", {"cohorts": thin, "periods": int(early.sum())}),) if thin else ()
    return value, influence * np.sqrt(np.maximum(share, 0.0)), notes


def _explained(early: Floats, after_unit: Floats, groups: _Groups) -> Floats:
    """Variance of the unit effects that outcomes before all treatment predict, shape (k,).

    In each cohort its part of the average is regressed on these outcomes; the slopes are added up and weighed
    with the mean of the cohorts' covariances.
    """
    n_groups, n_early = len(groups.starts), early.shape[1]
    slopes = np.zeros((n_early, after_unit.shape[1]))
    mean = np.zeros((n_early, n_early))
    for g in range(n_groups):
        rows = groups.code == g
        gram = early[rows].T @ early[rows]
        slopes += np.linalg.pinv(gram, hermitian=True) @ (early[rows].T @ after_unit[rows])
        mean += gram / (groups.sizes[g] - 1) / n_groups
    return np.asarray(np.einsum("tk,ts,sk->k", slopes, mean, slopes))
