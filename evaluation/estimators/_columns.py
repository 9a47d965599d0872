"""The columns of a panel regression: treatments, covariates, and which cells enter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Grouping, Note, StudyDesign
from evaluation.errors import DesignError, listed
from evaluation.estimate import Term
from evaluation.estimators._linear import identified, own_variation
from evaluation.estimators._within import Within, without_singletons

Floats = NDArray[np.float64]


def treatment_terms(design: StudyDesign) -> tuple[Term, ...]:
    """Name the effects: ``att`` where the design has cohorts, otherwise by the treatment columns."""
    return (Term("att"),) if design.names.cohort else tuple(Term(name) for name in design.names.treatment)


def period_groups(design: StudyDesign, by: str | None) -> Grouping:
    """Return the units that share period effects: those of a grouping, or all."""
    if by is None:
        return Grouping("all", np.zeros(design.n_units, dtype=np.int64), ("all",))
    return design.group(by)


def cells_that_enter(
    design: StudyDesign, groups: Grouping, names: Sequence[str]
) -> tuple[Floats, tuple[Note, ...]]:
    """Weights of the cells that enter: a cell alone in its unit or period is fitted exactly by its effect.

    Raises
    ------
    DesignError
        If none is left; the message names the regressors.
    """
    kept = without_singletons(design.observed, groups)
    lost = design.n_obs - int(kept.sum())
    if not kept.any():
        raise DesignError("not-identified", term=listed(names))
    if not lost:
        return design.weights, ()
    return np.where(kept, design.weights, 0.0), (Note("singletons_dropped", {"observations": lost}),)


@dataclass(frozen=True, eq=False, repr=False)
class Columns:
    """Identified regressors, treatments first.

    Attributes
    ----------
    raw, projected : ndarray, shape (q, n_units, n_periods)
    terms : tuple of Term
        Of the treatments, the first len(terms) columns.
    notes : tuple of Note
    """

    raw: Floats
    projected: Floats
    terms: tuple[Term, ...]
    notes: tuple[Note, ...]


def identified_columns(design: StudyDesign, projection: Within) -> Columns:
    """Stack treatments and covariates, and leave out what is collinear.

    Raises
    ------
    DesignError
        If no treatment is left.
    """
    terms = treatment_terms(design)
    raw = np.concatenate([design.treatment, design.covariates], axis=2).transpose(2, 0, 1)
    raw = np.ascontiguousarray(raw)
    projected = projection.residual(raw)
    flags = identified(projected, own_variation(raw, projection.weights), projection.weights, len(terms))
    names = [term.name for term in terms] + list(design.names.covariates)
    if not flags[: len(terms)].any():
        raise DesignError("not-identified", term=listed(names[: len(terms)]))
    if flags.all():
        return Columns(raw, projected, terms, ())
    lost = tuple(name for name, kept in zip(names, flags, strict=True) if not kept)
    kept_terms = tuple(term for term, kept in zip(terms, flags, strict=False) if kept)
    return Columns(raw[flags], projected[flags], kept_terms, (Note("collinear_dropped", {"names": lost}),))


def independent_covariates(design: StudyDesign, projection: Within) -> tuple[Floats, Floats]:
    """Return the covariates that are identified, raw and projected, each (p, n_units, n_periods)."""
    raw = np.ascontiguousarray(design.covariates.transpose(2, 0, 1))
    projected = projection.residual(raw)
    flags = identified(projected, own_variation(raw, projection.weights), projection.weights, 0)
    return raw[flags], projected[flags]
