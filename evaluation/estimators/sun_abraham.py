"""Interaction-weighted event study (Sun and Abraham 2021)."""

from __future__ import annotations

import numpy as np

from evaluation.design import Note, StudyDesign
from evaluation.estimate import Estimate, Term, Variant, estimator
from evaluation.estimators._cells import cohorts_required, with_untreated_comparison
from evaluation.estimators._columns import period_groups
from evaluation.estimators._path_regression import regress
from evaluation.estimators._paths import Paths


@estimator(variants=(Variant(), Variant({"period_effects_by": "region"})))
def sun_abraham(design: StudyDesign, *, period_effects_by: str | None = None) -> Estimate:
    """Regress the outcome on indicators of cohort and distance, and leave the averaging to `aggregate`.

    The outcome of unit i, first treated in g(i), has in period t the mean

        alpha_i + lambda_t + sum_g sum_e delta_ge 1{g(i) = g, t - g = e} + X_it' beta,

    where e runs over all distances but the last before treatment and anticipation. Each delta_ge compares one
    cohort with the units that are never treated, so that no effect of another cohort or distance enters it,
    and ``aggregate(..., by="event_time")`` weighs the cohorts seen at a distance by their shares. Sun and
    Abraham (2021), doi:10.1016/j.jeconom.2020.09.006.

    Parameters
    ----------
    design : StudyDesign
        Absorbing treatment. Without never treated units the cohort that starts last is the comparison, and
        the periods from its start (less the anticipation) on are left out.
    period_effects_by : str, optional
        A grouping of the design with period effects of its own in each group.

    Returns
    -------
    Estimate
        One term for each cohort and period but the reference. Influence, moments and refit. Notes:
        ``no_untreated_period``, ``last_cohort_compares``, ``collinear_dropped``, ``singletons_dropped``.

    Raises
    ------
    DesignError
        If the treatment is not absorbing, no cohort has an untreated period, or no effect is identified.

    Examples
    --------
    >>> import pandas as pd
    >>> from evaluation import aggregate
    >>> panel = pd.DataFrame({"u": [1, 1, 1, 2, 2, 2], "t": [1, 2, 3] * 2, "g": [2] * 3 + [0] * 3,
    ...                       "y": [1.0, 4.0, 6.0, 2.0, 3.0, 3.0]})
    >>> effects = sun_abraham(StudyDesign.from_frame(panel, outcome="y", unit="u", time="t", cohort="g"))
    >>> aggregate(effects, by="event_time").value.round(9).tolist()
    [2.0, 4.0]
    """
    design, notes = with_untreated_comparison(design, "sun_abraham")
    paths, cells = _cells(design)
    names = [f"{design.period_of(g)}/{design.periods[t]}" for g, t in cells]
    found = regress(design, paths, period_groups(design, period_effects_by), names)
    lost = tuple(name for name, kept in zip(names, found.kept, strict=True) if not kept)
    terms = [_term(design, g, t) for g, t in cells]
    return Estimate(
        estimator="sun_abraham",
        estimand="att",
        terms=tuple(term for term, kept in zip(terms, found.kept, strict=True) if kept),
        value=found.value,
        design=design,
        influence=found.influence,
        moments=found.moments,
        notes=notes + found.notes + ((Note("collinear_dropped", {"names": lost}),) if lost else ()),
    )


def _cells(design: StudyDesign) -> tuple[Paths, list[tuple[float, int]]]:
    """Make an indicator for each cohort and observed period but its reference."""
    cohorts, codes = np.unique(cohorts_required(design, "sun_abraham"), return_inverse=True)
    codes = codes.ravel()
    cells: list[tuple[int, int]] = []
    for path, g in enumerate(cohorts):
        start = g - design.anticipation
        if start > design.period_numbers[-1]:
            continue
        reference = int(np.flatnonzero(design.period_numbers < start)[-1])
        seen = design.observed[codes == path].any(axis=0)
        cells += [(path, int(t)) for t in np.flatnonzero(seen) if t != reference]
    values = np.zeros((len(cohorts), design.n_periods, len(cells)))
    for j, (path, t) in enumerate(cells):
        values[path, t, j] = 1.0
    return Paths(values, codes), [(float(cohorts[path]), t) for path, t in cells]


def _term(design: StudyDesign, g: float, t: int) -> Term:
    return Term("att", design.period_of(g), design.periods[t], float(design.period_numbers[t]) - g)
