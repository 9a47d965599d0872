"""The regressors of an event study: one for each distance from the start (or a change) of treatment."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design import StudyDesign
from evaluation.errors import DesignError
from evaluation.estimate import Term
from evaluation.estimators._columns import treatment_terms
from evaluation.estimators._paths import Paths
from evaluation.estimators._permuted import distinct_paths

Floats = NDArray[np.float64]
Reference = float | Sequence[float] | None


@dataclass(frozen=True, eq=False, repr=False)
class Distances:
    """Regressors by path and the terms that they are.

    Sorted so that those last in line are left out first where not all are identified: the furthest before
    treatment.

    Attributes
    ----------
    paths : Paths
    terms : tuple of Term, length q
    """

    paths: Paths
    terms: tuple[Term, ...]

    @property
    def names(self) -> list[str]:
        """Names of the regressors."""
        return [f"{term.name}, event_time {term.event_time:g}" for term in self.terms]

    def as_treatments(self, design: StudyDesign) -> StudyDesign:
        """Return the design whose treatments are these regressors."""
        stack = self.paths.values[self.paths.codes]
        names = dataclasses.replace(design.names, treatment=tuple(self.names), cohort=None)
        return dataclasses.replace(design, treatment=stack, cohort=None, names=names)


def distances(
    design: StudyDesign, reference: Reference, first: float | None, last: float | None
) -> Distances:
    """Make the regressors.

    Raises
    ------
    DesignError
        If a reference is at no distance that is observed; the treatment is not absorbing, or there are
        several, and no window is given, or a window without a distance.
    """
    zero = -1.0 - design.anticipation if reference is None else reference
    references = [float(e) for e in zero] if isinstance(zero, Iterable) else [float(zero)]
    if design.cohort is not None:
        return _from_starts(design, design.cohort, references, (first, last))
    if first is None or last is None or not first < last:
        raise DesignError("window-needed", first=first, last=last)
    return _from_changes(design, references, np.arange(first, last + 1))


def _from_starts(
    design: StudyDesign, cohort: Floats, references: list[float], window: tuple[float | None, float | None]
) -> Distances:
    start, codes = np.unique(cohort, return_inverse=True)
    treated = np.isfinite(start)[:, None]
    distance = np.where(treated, design.period_numbers - np.where(treated, start[:, None], 0.0), np.nan)
    low, high = window
    distance = np.clip(distance, -np.inf if low is None else low, np.inf if high is None else high)
    seen = np.zeros(distance.shape, dtype=bool)
    for path in range(len(start)):
        seen[path] = design.observed[codes == path].any(axis=0)
    times = _without(references, np.unique(distance[seen & treated]))
    values = (distance[..., None] == np.array(times)).astype(np.float64)
    return Distances(Paths(values, codes.ravel()), tuple(Term("att", event_time=e) for e in times))


def _from_changes(design: StudyDesign, references: list[float], window: Floats) -> Distances:
    """Count the changes at each distance; all further ones at the ends, no change outside the panel."""
    paths, codes = distinct_paths(design.treatment)
    times = _without(references, window)
    at = design.period_numbers - design.period_numbers[0]
    columns, terms = [], []
    for time in times:
        for j, term in enumerate(treatment_terms(design)):
            columns.append(_change(paths[..., j], at, time, window))
            terms.append(dataclasses.replace(term, event_time=time))
    return Distances(Paths(np.stack(columns, axis=-1), codes), tuple(terms))


def _change(level: Floats, at: Floats, time: float, window: Floats) -> Floats:
    """Treatment gained `time` periods ago, (n_paths, n_periods), from its level in each period."""

    def until(when: Floats) -> Floats:
        """Level at a time; before the panel the first, after it the last."""
        return np.asarray(level[:, np.clip(np.searchsorted(at, when, side="right") - 1, 0, len(at) - 1)])

    newest = level[:, -1:] if time == window[0] else until(at - time)
    oldest = level[:, :1] if time == window[-1] else until(at - time - 1)
    return np.asarray(newest - oldest)


def _without(references: list[float], seen: Floats) -> list[float]:
    missing = [e for e in references if e not in seen]
    if missing:
        known = ", ".join(f"{e:g}" for e in seen)
        raise DesignError("no-reference", reference=f"{missing[0]:g}", available=known)
    return sorted((float(e) for e in seen if e not in references), key=lambda e: (e < 0, abs(e)))
