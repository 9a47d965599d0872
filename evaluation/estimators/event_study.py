"""Event study: one effect for each distance from the start of treatment, by two-way fixed effects."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Note, StudyDesign
from evaluation.design.study import Names
from evaluation.errors import DesignError
from evaluation.estimate import Estimate, Term, Variant, estimator
from evaluation.estimators.twfe import Family, twfe
from evaluation.estimators.twfe import _batch as permuted_values

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def _batch(
    design: StudyDesign,
    sources: Integers,
    terms: Sequence[Term],
    *,
    family: Family = "gaussian",
    reference: float | None = None,
    first: float | None = None,
    last: float | None = None,
    period_effects_by: str | None = None,
) -> Floats:
    """Estimate under many assignments in one call, see `Batch`."""
    dummies, times = _dummies(design, reference, first, last)
    names = [Term(name) for name, time in zip(dummies.names.treatment, times, strict=True)]
    named = {Term("att", event_time=time): name for name, time in zip(names, times, strict=True)}
    wanted = [named[term] for term in terms]
    options: dict[str, Any] = {"family": family, "period_effects_by": period_effects_by}
    return permuted_values(dummies, sources, wanted, **options)


@estimator(batch=_batch, variants=(Variant(), Variant({"family": "poisson"}, link="log")))
def event_study(
    design: StudyDesign,
    *,
    family: Family = "gaussian",
    reference: float | None = None,
    first: float | None = None,
    last: float | None = None,
    period_effects_by: str | None = None,
) -> Estimate:
    """Regress the outcome on indicators of the distance from treatment, unit and period effects.

    The outcome of unit i, first treated in g(i), has in period t the mean

        alpha_i + lambda_t + sum_e tau_e 1{t - g(i) = e} + X_it' beta,

    where e runs over all distances but the reference; of its logarithm for ``family="poisson"``. With effects
    that differ between cohorts tau_e mixes effects of other distances: Sun and Abraham (2021),
    doi:10.1016/j.jeconom.2020.09.006; compare with ``aggregate(att_gt(design), by="event_time")``.

    Parameters
    ----------
    design : StudyDesign
        Absorbing treatment. Never treated units have no indicator.
    family : {"gaussian", "poisson"}
    reference : float, optional
        Distance whose effect is set to zero: by default the last period before treatment and anticipation.
    first, last : float, optional
        All distances up to `first`, and all from `last`, share one effect.
    period_effects_by : str, optional
        A grouping of the design with period effects of its own in each group.

    Returns
    -------
    Estimate
        One term for each distance, without the reference. Influence, moments and refit. Without never
        treated units one more distance is not identified: the furthest before treatment is set to zero
        too, with the note ``event_times_not_identified``.

    Raises
    ------
    DesignError
        If the treatment is not absorbing, or the reference does not occur; and as `twfe`.

    Examples
    --------
    >>> import pandas as pd
    >>> panel = pd.DataFrame({"u": [1, 1, 1, 2, 2, 2], "t": [1, 2, 3] * 2, "g": [3] * 3 + [0] * 3,
    ...                       "y": [1.0, 2.0, 6.0, 2.0, 3.0, 3.0]})
    >>> design = StudyDesign.from_frame(panel, outcome="y", unit="u", time="t", cohort="g")
    >>> (event_study(design).value.round(9) + 0.0).tolist()
    [0.0, 4.0]
    """
    dummies, times = _dummies(design, reference, first, last)
    fitted = twfe(dummies, family=family, period_effects_by=period_effects_by)
    time_of = dict(zip(dummies.names.treatment, times, strict=True))
    return _in_order_of_time(
        dataclasses.replace(
            fitted,
            estimator="event_study",
            terms=tuple(Term("att", event_time=time_of[term.name]) for term in fitted.terms),
            design=design,
            notes=_say_distances(fitted.notes, time_of),
        )
    )


def _dummies(
    design: StudyDesign, reference: float | None, first: float | None, last: float | None
) -> tuple[StudyDesign, list[float]]:
    """Return the design whose treatments are the indicators, and their distances."""
    if design.cohort is None:
        raise DesignError("not-absorbing", what="event_study")
    treated = np.isfinite(design.cohort)
    distance = np.where(
        treated[:, None], design.period_numbers - np.where(treated, design.cohort, 0.0)[:, None], np.nan
    )
    distance = np.clip(distance, -np.inf if first is None else first, np.inf if last is None else last)
    zero = -1.0 - design.anticipation if reference is None else float(reference)
    seen = np.unique(distance[design.observed & treated[:, None]])
    if zero not in seen:
        known = ", ".join(f"{e:g}" for e in seen)
        raise DesignError("no-reference", reference=f"{zero:g}", available=known)
    # where not all are identified those last in line are left out: the furthest before treatment
    times = sorted((float(e) for e in seen if e != zero), key=lambda e: (e < 0, abs(e)))
    stack = (distance[..., None] == np.array(times)).astype(np.float64)
    labels = tuple(f"event_time {e:g}" for e in times)
    names = Names(design.names.outcome, design.names.unit, design.names.time, labels, design.names.covariates)
    return dataclasses.replace(design, treatment=stack, cohort=None, names=names), times


def _in_order_of_time(fitted: Estimate) -> Estimate:
    """Sort the terms by distance."""
    order = np.argsort([float(term.event_time or 0.0) for term in fitted.terms])
    assert fitted.influence is not None
    assert fitted.moments is not None
    m = fitted.moments
    every = np.concatenate([order, np.arange(len(order), m.n_regressors)])
    return dataclasses.replace(
        fitted,
        terms=tuple(fitted.terms[j] for j in order),
        value=fitted.value[order],
        influence=fitted.influence[:, order],
        moments=dataclasses.replace(
            m,
            gram=m.gram[:, every][:, :, every],
            cross=m.cross[:, every],
            scores=m.scores[:, every],
            bread=m.bread[np.ix_(every, every)],
        ),
    )


def _say_distances(notes: tuple[Note, ...], time_of: dict[str, float]) -> tuple[Note, ...]:
    """Call the indicators that were left out as collinear by their distance, in a note of their own."""
    kept, lost = [], []
    for note in notes:
        names = note.numbers.get("names")
        if note.code != "collinear_dropped" or not isinstance(names, tuple):
            kept.append(note)
            continue
        lost += sorted(time_of[name] for name in names if name in time_of)
        others = tuple(name for name in names if name not in time_of)
        kept += [Note(note.code, {"names": others})] if others else []
    if lost:
        kept.append(Note("event_times_not_identified", {"names": tuple(f"{e:g}" for e in lost)}))
    return tuple(kept)
