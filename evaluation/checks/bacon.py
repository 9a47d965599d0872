"""Which comparisons of two groups make up the coefficient of two-way fixed effects (Goodman-Bacon 2021)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.checks._residual import residual_treatment
from evaluation.design import Note, StudyDesign
from evaluation.design.note import Number
from evaluation.errors import DesignError
from evaluation.estimate.check import CheckResult

Floats = NDArray[np.float64]

FORBIDDEN = ("later_vs_earlier", "treated_vs_always")


def bacon(design: StudyDesign) -> CheckResult:
    r"""Decompose the coefficient of two-way fixed effects into comparisons of two groups.

    Without covariates it is the weighted mean of all differences in differences of one cohort with those
    never treated, with one that starts later (before that start), and with one that started earlier (after
    it); the last use units as controls whose own effect still changes. With n the sizes and D the share of
    treated periods, cohort k earlier than l, the weights are proportional to

    .. math:: n_k n_u D_k (1 - D_k), \quad n_k n_l (D_k - D_l)(1 - D_k), \quad n_k n_l D_l (D_k - D_l).

    With covariates, let d be the treatment less what they and the effects explain. The part of d that varies
    within cohorts has a coefficient of its own, its share in the variation of d is its weight, and what
    remains are comparisons of pairs of groups:
    ``weight_kl`` is proportional to :math:`n_k n_l \sum_t (\bar d_{kt} - \bar d_{lt})^2`.

    Parameters
    ----------
    design : StudyDesign
        Absorbing treatment, balanced, weights that do not change within a unit.

    Returns
    -------
    CheckResult
        Informational. Table: treated, control (labels, "never" or "always"), type, weight, estimate; weights
        add up to one. Types: treated_vs_never, earlier_vs_later, later_vs_earlier, treated_vs_always; with
        covariates both_treated for two cohorts, and within. Numbers: estimate (the coefficient), comparisons,
        forbidden (weight of later_vs_earlier and treated_vs_always), forbidden_estimate and clean_estimate
        (weighted means of the forbidden and of the others; NaN without any). Note ``forbidden_comparisons``.

    Raises
    ------
    DesignError
        If the treatment is not absorbing, a cell is missing, weights change within a unit, or the
        coefficient is not identified.

    References
    ----------
    Goodman-Bacon (2021), doi:10.1016/j.jeconom.2021.03.014.

    Examples
    --------
    >>> panel = pd.DataFrame({"u": [1, 1, 1, 2, 2, 2], "t": [1, 2, 3] * 2, "g": [2] * 3 + [3] * 3,
    ...                       "y": [0.0, 1.0, 3.0, 0.0, 0.0, 1.0]})
    >>> found = bacon(StudyDesign.from_frame(panel, outcome="y", unit="u", time="t", cohort="g"))
    >>> found.table["type"].tolist(), found.table["weight"].round(9).tolist()
    (['earlier_vs_later', 'later_vs_earlier'], [0.5, 0.5])
    >>> found.table["estimate"].round(9).tolist()
    [1.0, -1.0]
    """
    weights, residual, cohort = residual_treatment(design, "bacon")
    if not design.is_balanced:
        raise DesignError("needs-balance", what="bacon", cells=int((~design.observed).sum()))
    if (np.ptp(design.weights, axis=1) > 1e-9 * design.weights[:, 0]).any():
        raise DesignError("weights-change", what="bacon")
    groups = _groups(design, cohort)
    covaries = bool(design.names.covariates)
    rows = list(_with_covariates(design, groups, residual) if covaries else _without(design, groups))
    table = pd.DataFrame(rows, columns=["treated", "control", "type", "weight", "estimate"])
    table["weight"] /= table["weight"].sum()
    table = table[table["weight"] > 0].sort_values("weight", ascending=False, kind="stable")
    outcome = np.where(weights > 0, design.outcome, 0.0)
    coefficient = (weights * residual * outcome).sum() / (weights * residual * design.treatment[..., 0]).sum()
    return CheckResult("bacon", None, table, *_told(table, float(coefficient)))


def _told(table: pd.DataFrame, coefficient: float) -> tuple[dict[str, Number], tuple[Note, ...]]:
    bad = table["type"].isin(FORBIDDEN)
    share = float(table.loc[bad, "weight"].sum())
    numbers: dict[str, Number] = {
        "estimate": coefficient,
        "comparisons": len(table),
        "forbidden": share,
        "forbidden_estimate": _mean(table[bad]),
        "clean_estimate": _mean(table[~bad]),
    }
    note = Note("forbidden_comparisons", {"share": share, "comparisons": int(bad.sum())})
    return numbers, (note,) if share else ()


def _mean(rows: pd.DataFrame) -> float:
    return float(np.average(rows["estimate"], weights=rows["weight"])) if len(rows) else float("nan")


@dataclass(frozen=True, eq=False)
class _Group:
    """Units that start together; start is inf for never, -inf for always.

    Attributes
    ----------
    units : ndarray of bool, shape (n_units,)
    size, treated : float
        Sum of weights, and share of periods treated.
    mean : ndarray, shape (n_periods,)
    """

    label: str
    start: float
    units: NDArray[np.bool_]
    size: float
    treated: float
    mean: Floats


def _groups(design: StudyDesign, cohort: Floats) -> list[_Group]:
    """Return the groups in the order of their starts."""
    numbers = design.period_numbers
    starts = np.where(cohort <= numbers[0], -np.inf, np.where(cohort > numbers[-1], np.inf, cohort))
    found = []
    for start in np.unique(starts):
        label = {-np.inf: "always", np.inf: "never"}.get(start) or str(design.period_of(float(start)))
        units = starts == start
        size = design.weights[units, 0]
        mean = size @ design.outcome[units] / size.sum()
        found.append(
            _Group(label, float(start), units, float(size.sum()), float((numbers >= start).mean()), mean)
        )
    return found


Row = tuple[str, str, str, float, float]


def _without(design: StudyDesign, groups: list[_Group]) -> Iterator[Row]:
    numbers = design.period_numbers
    for i, k in enumerate(groups):
        for other in groups[i + 1 :]:
            both = k.size * other.size * (k.treated - other.treated)
            if weight := both * (1 - k.treated):
                window = numbers < other.start
                kind = "earlier_vs_later" if np.isfinite(other.start) else "treated_vs_never"
                yield k.label, other.label, kind, weight, _difference(k, other, numbers, window)
            if weight := both * other.treated:
                window = numbers >= k.start
                kind = "later_vs_earlier" if np.isfinite(k.start) else "treated_vs_always"
                yield other.label, k.label, kind, weight, _difference(other, k, numbers, window)


def _difference(treated: _Group, control: _Group, numbers: Floats, window: NDArray[np.bool_]) -> float:
    gap = treated.mean - control.mean
    after = numbers >= treated.start
    return float(gap[window & after].mean() - gap[window & ~after].mean())


def _with_covariates(design: StudyDesign, groups: list[_Group], residual: Floats) -> Iterator[Row]:
    weights = design.weights
    means = [g.mean * 0 + weights[g.units, 0] @ residual[g.units] / g.size for g in groups]
    inside = residual.copy()
    for g, mean in zip(groups, means, strict=True):
        inside[g.units] -= mean
    variation = float((weights * inside**2).sum())
    total = float(weights[:, 0].sum())
    if variation > 1e-12 * float((weights * residual**2).sum()):
        yield "", "", "within", variation, float((weights * inside * design.outcome).sum() / variation)
    for i, k in enumerate(groups):
        for j in range(i + 1, len(groups)):
            apart, gap = means[i] - means[j], k.mean - groups[j].mean
            weight = k.size * groups[j].size * float(apart @ apart) / total
            if weight > 0:
                yield *_named(k, groups[j]), weight, float(apart @ gap / (apart @ apart))


def _named(k: _Group, other: _Group) -> tuple[str, str, str]:
    if np.isinf(other.start):
        return k.label, other.label, "treated_vs_never"
    return (
        (other.label, k.label, "treated_vs_always")
        if np.isinf(k.start)
        else (k.label, other.label, "both_treated")
    )
