"""Stacked difference in differences: one sub-experiment for each start of treatment."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Grouping, Note, StudyDesign
from evaluation.errors import DesignError, require_option
from evaluation.estimate import Estimate, Term, Variant, estimator
from evaluation.estimators._path_regression import Regression, regress
from evaluation.estimators._paths import Paths

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CHOICES = {
    "control_group": ("not_yet_treated", "never_treated"),
    "weights": ("corrective", "none"),
    "shares": ("estimated", "fixed"),
}


@estimator(
    variants=(
        Variant({"first": -2, "last": 1}),
        Variant({"first": -2, "last": 1, "weights": "none", "control_group": "never_treated"}),
    )
)
def stacked(
    design: StudyDesign,
    *,
    first: int,
    last: int,
    control_group: str = "not_yet_treated",
    weights: str = "corrective",
    shares: str = "estimated",
) -> Estimate:
    """Regress the outcome in stacks: each cohort with its clean controls in a window about its start.

    The stack of cohort g holds the periods g + first to g + last, the units that start in g and those that
    are untreated throughout. The outcome of unit i of stack g at distance e has the mean

        alpha_ig + lambda_ge + sum_e tau_e 1{g(i) = g} + X_it' beta,

    Cengiz, Dube, Lindner and Zipperer (2019), doi:10.1093/qje/qjz014. Least squares weighs the stacks by size
    and variance of treatment, so that tau_e is the average effect of no population. With the corrective
    weights (N_g / N) / (C_g / C) of the controls, where N_g and C_g count treated and controls of a stack,
    tau_e is the mean of the cohorts' effects by their numbers, the same cohorts at every distance: Wing,
    Freedman and Hollingsworth (2024), doi:10.3386/w32054.

    Parameters
    ----------
    design : StudyDesign
        Absorbing treatment. Cohorts whose window reaches beyond the panel are left out.
    first, last : int
        First and last distance of the window, first < 0 <= last.
    control_group : {"not_yet_treated", "never_treated"}
        Controls of a stack: units untreated (and not anticipating) up to its last period, or never treated.
    weights : {"corrective", "none"}
    shares : {"estimated", "fixed"}
        Whether the influence of the cohorts' estimated shares is added to that of the corrected regression.

    Returns
    -------
    Estimate
        One term for each distance of the window but the last before treatment and anticipation. Influence by
        unit, however many stacks a unit is in, and refit. Notes: ``cohorts_outside_window``,
        ``singletons_dropped``, ``collinear_dropped``.

    Raises
    ------
    DesignError
        If the treatment is not absorbing, the window or an option is none, or no cohort has a whole window
        and a control.

    Examples
    --------
    >>> import pandas as pd
    >>> panel = pd.DataFrame({"u": [1, 1, 1, 2, 2, 2], "t": [1, 2, 3] * 2, "g": [2] * 3 + [0] * 3,
    ...                       "y": [1.0, 4.0, 6.0, 2.0, 3.0, 3.0]})
    >>> design = StudyDesign.from_frame(panel, outcome="y", unit="u", time="t", cohort="g")
    >>> stacked(design, first=-1, last=1).value.round(9).tolist()
    [2.0, 4.0]
    """
    given = {"control_group": control_group, "weights": weights, "shares": shares}
    for option, value in given.items():
        require_option(DesignError, "stacked", option, value, CHOICES[option])
    times = _window(design, first, last)
    stack, notes = _stack(design, times, control_group)
    factor = stack.corrective() if weights == "corrective" else np.ones(len(stack.unit))
    rows = stack.rows(design, factor)
    reference = times.tolist().index(-1.0 - design.anticipation)
    terms = tuple(Term("att", event_time=float(e)) for e in np.delete(times, reference))
    effects = np.delete(np.eye(len(times)), reference, axis=1)
    paths = Paths(np.stack([np.zeros_like(effects), effects]), stack.treated.astype(np.int64))
    found = regress(rows, paths, stack.groups, [f"event_time {term.event_time:g}" for term in terms])
    influence = _by_unit(stack, found.influence * (design.n_units / rows.n_units), design.n_units)
    if weights == "corrective" and shares == "estimated":
        influence = influence + _influence_of_shares(design, stack, rows, effects, found)
    return Estimate(
        estimator="stacked",
        estimand="att",
        terms=tuple(term for term, kept in zip(terms, found.kept, strict=True) if kept),
        value=found.value,
        design=design,
        influence=influence,
        notes=notes + found.notes,
    )


def _window(design: StudyDesign, first: int, last: int) -> Floats:
    """Return the distances of the window."""
    if design.cohort is None:
        raise DesignError("not-absorbing", what="stacked")
    reference = -1 - design.anticipation
    if first != int(first) or last != int(last) or not first <= reference or last < 0:
        raise DesignError("bad-window", first=first, last=last, reference=reference)
    return np.arange(first, last + 1, dtype=np.float64)


@dataclass(frozen=True, eq=False, repr=False)
class _Stack:
    """Rows, one for each unit of each stack; all arrays but the last have shape (n_rows,).

    Attributes
    ----------
    unit : ndarray of int
        Position of the unit in the design.
    groups : Grouping
        Stack of each row.
    treated : ndarray of bool
    size : ndarray
        Weight of the unit: mean over its observations in the window.
    cells : ndarray of int, shape (n_rows, n_distances)
        Position of the period of each distance.
    """

    unit: Integers
    groups: Grouping
    treated: NDArray[np.bool_]
    size: Floats
    cells: Integers

    def corrective(self) -> Floats:
        """Weight of each row: 1 for the treated, (N_g / N) / (C_g / C) for controls."""
        code, n = self.groups.codes, self.groups.n_groups
        treated = np.bincount(code, self.size * self.treated, n)
        controls = np.bincount(code, self.size * ~self.treated, n)
        factor = treated / treated.sum() / (controls / controls.sum())
        return np.where(self.treated, 1.0, factor[code])

    def rows(self, design: StudyDesign, factor: Floats) -> StudyDesign:
        """Lay the stacks out as a design of its own, rows by distances."""
        at = self.unit[:, None], self.cells
        times = design.period_numbers[self.cells[0]]
        return dataclasses.replace(
            design.take(self.unit),
            outcome=design.outcome[at],
            treatment=design.treatment[at],
            covariates=design.covariates[at],
            weights=design.weights[at] * factor[:, None],
            exposure=None,
            cohort=None,
            periods=tuple(range(len(times))),
            period_numbers=times,
        )


def _stack(design: StudyDesign, times: Floats, control_group: str) -> tuple[_Stack, tuple[Note, ...]]:
    """Collect the stacks of the cohorts that have a whole window."""
    assert design.cohort is not None
    start, at = (
        design.cohort - design.anticipation,
        {float(t): i for i, t in enumerate(design.period_numbers)},
    )
    parts, labels, outside = [], [], []
    for g in np.unique(design.cohort[design.cohort <= design.period_numbers[-1]]):
        window = [at.get(float(g + e)) for e in times]
        label = design.period_of(float(g))
        end = design.period_numbers[-1] if control_group == "never_treated" else g + times[-1]
        member = (design.cohort == g) | (start > end)
        part = None if None in window else _part(design, member, np.array(window, dtype=np.int64), float(g))
        if part is None:
            outside.append(str(label))
        else:
            parts.append(part)
            labels.append(label)
    if not parts:
        raise DesignError("no-stack", first=int(times[0]), last=int(times[-1]), cohorts=len(outside))
    codes = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
    unit, treated, size, cells = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    note = Note("cohorts_outside_window", {"names": tuple(outside), "cohorts": len(outside)})
    stack = _Stack(unit, Grouping("stack", codes, tuple(labels)), treated, size, cells)
    return stack, (note,) if outside else ()


def _part(
    design: StudyDesign, member: NDArray[np.bool_], window: Integers, g: float
) -> tuple[Integers, NDArray[np.bool_], Floats, Integers] | None:
    """Return units, which are treated, their weights and cells; None without either of the two groups."""
    assert design.cohort is not None
    weights = design.weights[:, window]
    seen = (weights > 0).sum(axis=1)
    unit = np.flatnonzero(member & (seen > 1))
    treated = design.cohort[unit] == g
    if treated.all() or not treated.any():
        return None
    return unit, treated, (weights.sum(axis=1)[unit] / seen[unit]), np.tile(window, (len(unit), 1))


def _by_unit(stack: _Stack, values: Floats, n_units: int) -> Floats:
    """Add up the rows of each unit, so that inference sees units: (n_rows, k) -> (n_units, k)."""
    total = np.zeros((n_units, values.shape[1]))
    np.add.at(total, stack.unit, values)
    return total


def _influence_of_shares(
    design: StudyDesign, stack: _Stack, rows: StudyDesign, effects: Floats, pooled: Regression
) -> Floats:
    """Return what a treated unit adds by belonging to its cohort, whose effect differs from the mean."""
    n, q = stack.groups.n_groups, effects.shape[1]
    values = np.zeros((2 * n, len(effects), n * q))
    for g in range(n):
        values[n + g, :, g * q : (g + 1) * q] = effects
    each = regress(rows, Paths(values, stack.groups.codes + n * stack.treated), stack.groups, [""] * (n * q))
    cohort = np.full(n * q, np.nan)
    cohort[each.kept] = each.value
    gap = np.nan_to_num(cohort.reshape(n, q)[:, pooled.kept] - pooled.value)
    treated = np.flatnonzero(stack.treated)
    size = stack.size[treated]
    gap = gap[stack.groups.codes[treated]]
    gap = gap - np.average(gap, axis=0, weights=size)
    influence = np.zeros((design.n_units, gap.shape[1]))
    influence[stack.unit[treated]] = design.n_units * size[:, None] / size.sum() * gap
    return influence
