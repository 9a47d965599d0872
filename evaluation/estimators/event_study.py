"""Event study: one effect for each distance from the start of treatment, by two-way fixed effects."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Note, StudyDesign
from evaluation.estimate import Estimate, Term, Together, Variant, estimator
from evaluation.estimators._columns import period_groups
from evaluation.estimators._distances import Distances, Reference, distances
from evaluation.estimators._path_regression import regress
from evaluation.estimators.twfe import Family, require_family, twfe
from evaluation.estimators.twfe import _batch as permuted_values

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

VARIANTS = (
    Variant(),
    Variant({"family": "poisson"}, link="log"),
    Variant({"first": -3, "last": 2, "reference": (-1, -2), "period_effects_by": "region"}),
)


def _batch(
    design: StudyDesign,
    *,
    family: Family = "gaussian",
    reference: Reference = None,
    first: float | None = None,
    last: float | None = None,
    period_effects_by: str | None = None,
) -> Together:
    """Estimate under many assignments in one call, see `Batch`."""
    at = distances(design, reference, first, last)
    named = dict(zip(at.terms, at.names, strict=True))
    fitted = permuted_values(at.as_treatments(design), family=family, period_effects_by=period_effects_by)
    return lambda sources, terms: fitted(sources, [Term(named[term]) for term in terms])


@estimator(batch=_batch, variants=VARIANTS)
def event_study(
    design: StudyDesign,
    *,
    family: Family = "gaussian",
    reference: Reference = None,
    first: float | None = None,
    last: float | None = None,
    period_effects_by: str | None = None,
) -> Estimate:
    """Regress the outcome on indicators of the distance from treatment, unit and period effects.

    The outcome of unit i, first treated in g(i), has in period t the mean

        alpha_i + lambda_t + sum_e tau_e 1{t - g(i) = e} + X_it' beta,

    where e runs over all distances but the reference; of its logarithm for ``family="poisson"``. With effects
    that differ between cohorts tau_e mixes effects of other distances: Sun and Abraham (2021),
    doi:10.1016/j.jeconom.2020.09.006; compare with `sun_abraham`.

    A treatment that switches or is continuous, or several of them, have no start: the indicator is then the
    change of the treatment e periods ago, and at the ends of the window the sum of the changes there and
    beyond, Schmidheiny and Siegloch (2023), doi:10.1002/jae.2971. An absorbing one gives the same either way.

    Parameters
    ----------
    design : StudyDesign
        Never treated units have no indicator.
    family : {"gaussian", "poisson"}
    reference : float or sequence of float, optional
        Distance whose effect is set to zero, or several: by default the last period before treatment and
        anticipation.
    first, last : float, optional
        All distances up to `first`, and all from `last`, share one effect. Needed where the treatment is not
        absorbing or there are several; it is then taken to change in no period outside the panel.
    period_effects_by : str, optional
        A grouping of the design with period effects of its own in each group.

    Returns
    -------
    Estimate
        One term for each distance (and treatment), without the reference. Influence, moments and refit.
        Without never treated units one more distance is not identified: the furthest before treatment is set
        to zero too, with the note ``event_times_not_identified``.

    Raises
    ------
    DesignError
        If a reference does not occur, or a window is needed; and as `twfe`.

    Examples
    --------
    >>> import pandas as pd
    >>> panel = pd.DataFrame({"u": [1, 1, 1, 2, 2, 2], "t": [1, 2, 3] * 2, "g": [3] * 3 + [0] * 3,
    ...                       "y": [1.0, 2.0, 6.0, 2.0, 3.0, 3.0]})
    >>> design = StudyDesign.from_frame(panel, outcome="y", unit="u", time="t", cohort="g")
    >>> (event_study(design).value.round(9) + 0.0).tolist()
    [0.0, 4.0]
    """
    require_family(design, "event_study", family)
    at = distances(design, reference, first, last)
    if family == "poisson":
        return _in_order_of_time(_poisson(design, at, period_effects_by))
    found = regress(design, at.paths, period_groups(design, period_effects_by), at.names)
    return _in_order_of_time(
        Estimate(
            estimator="event_study",
            estimand="att",
            terms=tuple(np.array(at.terms, dtype=object)[found.kept]),
            value=found.value,
            design=design,
            influence=found.influence,
            moments=found.moments,
            notes=found.notes + _not_identified(at, found.kept.tolist()),
        )
    )


def _poisson(design: StudyDesign, at: Distances, period_effects_by: str | None) -> Estimate:
    fitted = twfe(at.as_treatments(design), family="poisson", period_effects_by=period_effects_by)
    term_of = dict(zip(at.names, at.terms, strict=True))
    found = {term.name for term in fitted.terms}
    lost = _not_identified(at, [name in found for name in at.names])
    return dataclasses.replace(
        fitted,
        estimator="event_study",
        terms=tuple(term_of[term.name] for term in fitted.terms),
        design=design,
        notes=_about_covariates(fitted.notes, at.names) + lost,
    )


def _about_covariates(notes: tuple[Note, ...], distances: list[str]) -> tuple[Note, ...]:
    """Take the distances out of the note of what is collinear: they have a note of their own."""
    kept = []
    for note in notes:
        names = note.numbers.get("names")
        if note.code == "collinear_dropped" and isinstance(names, tuple):
            if others := tuple(name for name in names if name not in distances):
                kept.append(Note(note.code, {"names": others}))
        else:
            kept.append(note)
    return tuple(kept)


def _not_identified(at: Distances, kept: list[bool]) -> tuple[Note, ...]:
    lost = {float(t.event_time or 0) for t, stays in zip(at.terms, kept, strict=True) if not stays}
    names = tuple(f"{e:g}" for e in sorted(lost))
    return (Note("event_times_not_identified", {"names": names}),) if lost else ()


def _in_order_of_time(fitted: Estimate) -> Estimate:
    """Sort the terms by treatment and distance."""
    treatments = list(fitted.design.names.treatment)

    def key(j: int) -> tuple[int, float]:
        term = fitted.terms[j]
        return treatments.index(term.name) if term.name in treatments else 0, float(term.event_time or 0)

    order = sorted(range(len(fitted.terms)), key=key)
    assert fitted.influence is not None
    assert fitted.moments is not None
    return dataclasses.replace(
        fitted,
        terms=tuple(fitted.terms[j] for j in order),
        value=fitted.value[order],
        influence=fitted.influence[:, order],
        moments=fitted.moments.combined(np.eye(len(order))[order]),
    )
