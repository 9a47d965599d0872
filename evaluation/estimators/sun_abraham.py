"""Interaction-weighted event study (Sun and Abraham 2021)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Note, StudyDesign
from evaluation.errors import DesignError
from evaluation.estimate import Estimate, Term, Variant, estimator
from evaluation.estimators._columns import period_groups
from evaluation.estimators._path_regression import regress
from evaluation.estimators._paths import Paths

Floats = NDArray[np.float64]


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
    if design.cohort is None:
        raise DesignError("not-absorbing", what="sun_abraham")
    design, notes = _with_comparison(*_with_untreated_period(design))
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


def _cohort(design: StudyDesign) -> Floats:
    assert design.cohort is not None
    return design.cohort


def _with_untreated_period(design: StudyDesign) -> tuple[StudyDesign, tuple[Note, ...]]:
    """Leave out units treated (or anticipating) from the first period on."""
    early = _cohort(design) - design.anticipation <= design.period_numbers[0]
    if not early.any():
        return design, ()
    kept = design.take(np.flatnonzero(~early))
    if not np.isfinite(_cohort(kept)).any():
        raise DesignError("no-cohort", periods=design.n_periods, anticipation=design.anticipation)
    names = tuple(str(design.units[i]) for i in np.flatnonzero(early))
    return kept, (Note("no_untreated_period", {"units": len(names), "names": names}),)


def _with_comparison(design: StudyDesign, notes: tuple[Note, ...]) -> tuple[StudyDesign, tuple[Note, ...]]:
    """Without untreated units, end the panel before the last cohort starts: until then it is one."""
    start = _cohort(design) - design.anticipation
    if (start > design.period_numbers[-1]).any():
        return design, notes
    last = start.max()
    note = Note(
        "last_cohort_compares",
        {
            "cohort": str(design.period_of(last + design.anticipation)),
            "units": int((start == last).sum()),
            "periods": int((design.period_numbers >= last).sum()),
        },
    )
    return design.before(last), (*notes, note)


def _cells(design: StudyDesign) -> tuple[Paths, list[tuple[float, int]]]:
    """Make an indicator for each cohort and observed period but its reference."""
    cohorts, codes = np.unique(_cohort(design), return_inverse=True)
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
