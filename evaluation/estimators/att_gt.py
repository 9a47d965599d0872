"""Group-time average treatment effects (Callaway and Sant'Anna 2021)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Design, Note, RepeatedCrossSection, StudyDesign, require_panel
from evaluation.errors import DesignError, require_option
from evaluation.estimate import Estimate, Term, Together, Variant, estimator
from evaluation.estimate.learners import CrossFitted, Learners, draw_folds
from evaluation.estimators._cell_fits import BalancedPanel, Learned, Observations, PooledPeriods
from evaluation.estimators._cells import Cell, cells_of, cohorts_required, treated_too_early
from evaluation.estimators._group_means import group_means
from evaluation.estimators._two_by_two import METHODS

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

CHOICES = {
    "control_group": ("never_treated", "not_yet_treated"),
    "method": tuple(METHODS),
    "base_period": ("varying", "universal"),
    "unbalanced": ("pool", "drop"),
}


def _batch(
    design: StudyDesign,
    *,
    control_group: str = "never_treated",
    base_period: str = "varying",
    unbalanced: str = "pool",
    **_: object,
) -> Together | None:
    """Estimate under many assignments in one call, see `Batch`: without covariates all methods agree."""
    usable, _notes = _usable(design, unbalanced)
    if design.names.covariates or usable is not design:
        return None
    cohort = cohorts_required(design, "att_gt")
    plan = cells_of(design, cohort, control_group=control_group, base_period=base_period)
    cells = {_term(design, cell): cell for cells in plan for cell in cells}
    return group_means(design, cohort, cells).values


@estimator(
    batch=_batch,
    variants=(
        Variant({}),
        Variant({"control_group": "not_yet_treated", "method": "reg"}),
        Variant({"base_period": "universal", "method": "ipw"}),
    ),
    designs=(StudyDesign, RepeatedCrossSection),
)
def att_gt(
    design: StudyDesign | RepeatedCrossSection,
    *,
    control_group: str = "never_treated",
    method: str = "dr",
    base_period: str = "varying",
    unbalanced: str = "pool",
    learners: Learners | None = None,
) -> Estimate:
    """Estimate ATT(g, t), the average effect in period t on the units first treated in period g.

    Without covariates, with base period b and controls C,
    ``ATT(g, t) = mean(Y_t - Y_b | G = g) - mean(Y_t - Y_b | C)``; with covariates the second mean is
    adjusted by a regression among controls (``reg``), by propensity weights (``ipw``,
    ``ipw_unnormalised``), or by both (``dr``, ``dr_improved``). Parallel trends are assumed given the
    covariates of the base period; effects may differ between cohorts and change with time.

    Parameters
    ----------
    design : StudyDesign or RepeatedCrossSection
        Absorbing treatment. `anticipation` moves the base period back; `weights` are sampling weights. Of
        repeated cross-sections all observations of the two periods are compared, each with its own
        covariates; this assumes that who is observed does not change with the treatment.
    control_group : {"never_treated", "not_yet_treated"}
    method : {"dr", "dr_improved", "ipw", "ipw_unnormalised", "reg"}
    base_period : {"varying", "universal"}
        Before treatment the previous period, or always the last period before treatment (and anticipation).
    unbalanced : {"pool", "drop"}
        With missing cells: compare all observations of the two periods (unbiased if they are missing at
        random), or drop the units that are not observed throughout.
    learners : Learners, optional
        For ``dr``: models of one's own in the place of logit and least squares, with cross-fitting. Their
        influence values are those of the doubly robust estimate, to which the errors of the models
        contribute in second order only, so both models have to be good.

    Returns
    -------
    Estimate
        One term per cohort and period; contracts influence and, on panels, refit. NaN with a note where a
        cell has no controls, no overlap, collinear covariates, or too few units to cross-fit.

    Raises
    ------
    DesignError
        If the treatment is not absorbing, an option is unknown, no unit is left to compare with, or
        learners are given without covariates, for another method, or predict something that cannot be.

    References
    ----------
    Callaway and Sant'Anna (2021), doi:10.1016/j.jeconom.2020.12.001.
    Sant'Anna and Zhao (2020), doi:10.1016/j.jeconom.2020.06.003.

    Examples
    --------
    >>> import pandas as pd
    >>> panel = pd.DataFrame({"u": [1, 1, 2, 2, 3, 3], "t": [1, 2] * 3, "g": [2, 2, 0, 0, 0, 0],
    ...                       "y": [1.0, 4.0, 2.0, 3.0, 0.0, 2.0]})
    >>> att_gt(StudyDesign.from_frame(panel, outcome="y", unit="u", time="t", cohort="g")).value
    array([1.5])
    """
    given = {"control_group": control_group, "method": method, "base_period": base_period,
             "unbalanced": unbalanced}  # fmt: skip
    _check_options(given)
    usable, notes = _usable(design, unbalanced)
    cohort = cohorts_required(usable, "att_gt")
    if control_group == "never_treated" and not np.isinf(cohort).any():
        raise DesignError("no-never-treated", cohorts=len(np.unique(cohort)))
    source = _source(usable, cohort, method, learners)
    plan = list(cells_of(usable, cohort, control_group=control_group, base_period=base_period))
    if not plan:
        raise DesignError("no-cohort", periods=usable.n_periods, anticipation=usable.anticipation)
    value, influence, failures = _fill(source, plan, usable.n_units)
    return Estimate(
        estimator="att_gt",
        estimand="att",
        terms=tuple(_term(usable, cell) for cells in plan for cell in cells),
        value=value,
        design=usable,
        influence=influence,
        notes=notes + _failure_notes(usable, failures),
    )


def _check_options(given: dict[str, str]) -> None:
    for option, value in given.items():
        require_option(DesignError, "att_gt", option, value, CHOICES[option])


def _source(
    design: StudyDesign | RepeatedCrossSection, cohort: Floats, method: str, learners: Learners | None
) -> BalancedPanel | PooledPeriods:
    """Return what fits the cells of this design."""
    learned = _learned(design, cohort, method, learners) if learners is not None else None
    if isinstance(design, StudyDesign) and design.is_balanced:
        return BalancedPanel(design, cohort, method, learned)
    return PooledPeriods(Observations.of(design), method, learned)


def _learned(design: Design, cohort: Floats, method: str, learners: Learners) -> Learned:
    if method != "dr":
        raise DesignError("learners-need-dr", method=method)
    if not design.names.covariates:
        raise DesignError("learners-need-covariates")
    part = draw_folds(design, cohort, learners)
    return lambda units: CrossFitted(learners, part[units])


Usable = tuple[StudyDesign | RepeatedCrossSection, tuple[Note, ...]]


def _usable(design: StudyDesign | RepeatedCrossSection, unbalanced: str) -> Usable:
    """Drop what the method cannot use."""
    cohort = cohorts_required(design, "att_gt")
    if isinstance(design, RepeatedCrossSection):
        if unbalanced == "drop":
            require_panel(design, "att_gt(unbalanced='drop')")
        keep, notes = _usable_observations(design)
    else:
        keep, notes = _usable_units(design, cohort, unbalanced)
    if not keep.any():
        raise DesignError("no-cohort", periods=design.n_periods, anticipation=design.anticipation)
    return (design if keep.all() else design.take(np.flatnonzero(keep))), notes


def _usable_observations(design: RepeatedCrossSection) -> tuple[Booleans, tuple[Note, ...]]:
    """Leave out the observations of groups treated from the start."""
    early = design.cohort <= design.period_numbers[0] + design.anticipation
    names = tuple(str(design.period_of(g)) for g in np.unique(design.cohort[early]))
    note = Note("cohorts_no_untreated_period", {"observations": int(early.sum()), "names": names})
    return ~early, (note,) if names else ()


def _usable_units(design: StudyDesign, cohort: Floats, unbalanced: str) -> tuple[Booleans, tuple[Note, ...]]:
    """Leave out units treated from the start and, if asked, incomplete ones."""
    early, notes = treated_too_early(design, cohort)
    keep = ~early & design.observed.any(axis=1)
    if unbalanced == "drop" and not design.is_balanced:
        complete = design.observed.all(axis=1)
        notes += (Note("incomplete_units_dropped", {"units": int((keep & ~complete).sum())}),)
        keep &= complete
    elif not design.observed[keep].all():
        notes += (Note("unbalanced_pooled", {"units": int((~design.observed.all(axis=1) & keep).sum())}),)
    return keep, notes


def _term(design: Design, cell: Cell) -> Term:
    number = float(design.period_numbers[cell.period])
    return Term("att", design.period_of(cell.cohort), design.periods[cell.period], number - cell.cohort)


def _failure_notes(design: Design, failures: list[tuple[str, Cell]]) -> tuple[Note, ...]:
    """One note for each kind of failure, with the cohort and period of its cells."""

    def cells(kind: str) -> dict[str, int | tuple[str, ...]]:
        names = tuple(
            f"{design.period_of(cell.cohort)}/{design.periods[cell.period]}"
            for found, cell in failures
            if found == kind
        )
        return {"cells": len(names), "names": names}

    every = (
        Note("cells_without_controls", cells("controls")),
        Note("cells_without_overlap", cells("overlap")),
        Note("cells_collinear", cells("singular")),
        Note("cells_too_small_to_cross_fit", cells("folds")),
    )
    return tuple(note for note in every if note.numbers["cells"])


def _fill(
    source: BalancedPanel | PooledPeriods, plan: list[list[Cell]], n: int
) -> tuple[Floats, Floats, list[tuple[str, Cell]]]:
    """Fit all cells; return values, influence by unit and cell, and which cells failed of what."""
    position = {cell: j for j, cell in enumerate(cell for cells in plan for cell in cells)}
    value = np.empty(len(position))
    influence = np.zeros((n, len(position)), order="F")
    failures = []
    for cells in plan:
        for cell, fit in source.fits(cells):
            j = position[cell]
            value[j] = fit.value
            if fit.problem:
                failures.append((fit.problem, cell))
                influence[:, j] = np.nan
            else:
                influence[fit.rows, j] = fit.influence
    return value, influence, sorted(failures, key=lambda failure: position[failure[1]])
