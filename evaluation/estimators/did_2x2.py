"""Two groups, two times: four means, two first differences and the second difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Grouping, Note, StudyDesign
from evaluation.errors import DesignError, listed, require_option
from evaluation.estimate import Cells, Estimate, Moments, Term, Variant, estimator
from evaluation.estimators._linear import identified_by, inverse, own_variation

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MEANS = ("mean_treated_before", "mean_treated_after", "mean_comparison_before", "mean_comparison_after")
CHANGES = ("change_treated", "change_comparison", "att")
_CONTRASTS = np.vstack([np.eye(4), [[-1, 1, 0, 0], [0, 0, -1, 1], [-1, 1, 1, -1]]])


@estimator(
    variants=(
        Variant({"cohort": 4}, invariant=("att",)),
        Variant({"cohort": 6, "before": (4, 5), "after": (6,), "unbalanced": "drop"}, invariant=("att",)),
    )
)
def did_2x2(
    design: StudyDesign,
    *,
    cohort: Any = None,
    before: Sequence[Any] | None = None,
    after: Sequence[Any] | None = None,
    unbalanced: str = "pool",
) -> Estimate:
    """Compare the means of the treated and the others before and after the start of treatment.

    With d = 1 for the treated and p = 1 from the start on, the outcome has the mean

        m_dp + (X_it - mean of X)' beta.

    Terms are the four m, the changes m_11 - m_10 and m_01 - m_00, and their difference, the average effect on
    the treated under parallel trends. Without covariates the m are the means of the observations. Card and
    Krueger (1994) made this table known; Wooldridge (2010), Econometric Analysis of Cross Section and Panel
    Data, section 6.5.2.

    Parameters
    ----------
    design : StudyDesign
        Absorbing treatment.
    cohort : label of a period, optional
        First treated period of the treated; needed where there are several. Other units that are treated by
        the last period used are left out, those treated later are in the comparison.
    before, after : sequence of labels of periods, optional
        By default all periods before the start and its anticipation, and all from the start on.
    unbalanced : {"pool", "drop"}
        Average all observations (unbiased where they are missing at random), or drop the units that are not
        observed in all these periods.

    Returns
    -------
    Estimate
        Seven terms. Influence, moments and refit. Its design has the units and periods that are used. Notes:
        ``unbalanced_pooled``, ``incomplete_units_dropped``, ``collinear_dropped``.

    Raises
    ------
    DesignError
        If the treatment is not absorbing, there are several cohorts and none is named, a period is not one of
        the panel's or on the wrong side of the start, or one of the four cells is empty.

    Examples
    --------
    >>> import pandas as pd
    >>> panel = pd.DataFrame({"u": [1, 1, 2, 2], "t": [1, 2] * 2, "g": [2, 2, 0, 0]})
    >>> panel["y"] = [1.0, 4.0, 2.0, 3.0]
    >>> table = did_2x2(StudyDesign.from_frame(panel, outcome="y", unit="u", time="t", cohort="g"))
    >>> dict(zip([term.name for term in table.terms], table.value.round(9).tolist()))["att"]
    2.0
    """
    require_option(DesignError, "did_2x2", "unbalanced", unbalanced, ("pool", "drop"))
    start = _start(design, cohort)
    used, post = _periods(design, start, before, after)
    kept, notes = _units(design, start, used, unbalanced)
    cut = design.take(np.flatnonzero(kept)).take_periods(used)
    fit = _fit(cut, _indicators(cut, start, post))
    lost = (Note("collinear_dropped", {"names": fit.lost}),) if fit.lost else ()
    k = len(_CONTRASTS)
    return Estimate(
        estimator="did_2x2",
        estimand="att",
        terms=tuple(Term(name) for name in MEANS + CHANGES),
        value=fit.moments.weights_of(k) @ fit.value,
        design=cut,
        influence=cut.n_units * fit.moments.scores @ fit.moments.loadings(k),
        moments=fit.moments,
        notes=notes + lost,
    )


def _start(design: StudyDesign, cohort: Any) -> float:
    if design.cohort is None:
        raise DesignError("not-absorbing", what="did_2x2")
    starts = np.unique(design.cohort[design.cohort <= design.period_numbers[-1]])
    known = {str(design.period_of(g)): float(g) for g in starts}
    if cohort is None and len(starts) == 1:
        return float(starts[0])
    if str(cohort) not in known:
        code = "several-cohorts" if cohort is None else "unknown-cohort"
        raise DesignError(code, cohort=cohort, cohorts=len(known), available=listed(known))
    return known[str(cohort)]


def _periods(
    design: StudyDesign, start: float, before: Sequence[Any] | None, after: Sequence[Any] | None
) -> tuple[NDArray[np.int64], Flags]:
    """Return the periods used, by position, and which of them lie after the start."""
    sides = design.period_numbers < start - design.anticipation, design.period_numbers >= start
    chosen = [
        side if asked is None else _asked(design, asked, side, name)
        for side, asked, name in zip(sides, (before, after), ("before", "after"), strict=True)
    ]
    for side, name in zip(chosen, ("before", "after"), strict=True):
        if not side.any():
            raise DesignError("empty-cell", cell=name, start=design.period_of(start))
    used = np.flatnonzero(chosen[0] | chosen[1])
    return used, chosen[1][used]


def _asked(design: StudyDesign, asked: Sequence[Any], side: Flags, name: str) -> Flags:
    labels = [str(label) for label in design.periods]
    wanted = {str(label) for label in asked}
    possible = [label for label, fits in zip(labels, side, strict=True) if fits]
    if wrong := sorted(wanted - set(possible)):
        raise DesignError("wrong-side", option=name, periods=listed(wrong), available=listed(possible))
    return np.array([label in wanted for label in labels])


def _units(
    design: StudyDesign, start: float, used: NDArray[np.int64], unbalanced: str
) -> tuple[Flags, tuple[Note, ...]]:
    """Choose the cohort and the units that are untreated in all periods used."""
    assert design.cohort is not None
    untreated = design.cohort - design.anticipation > design.period_numbers[used[-1]]
    observed = design.observed[:, used]
    kept = ((design.cohort == start) | untreated) & observed.any(axis=1)
    partly = kept & ~observed.all(axis=1)
    if not partly.any():
        return kept, ()
    if unbalanced == "pool":
        return kept, (Note("unbalanced_pooled", {"units": int(partly.sum())}),)
    return kept & ~partly, (Note("incomplete_units_dropped", {"units": int(partly.sum())}),)


def _indicators(design: StudyDesign, start: float, post: Flags) -> Floats:
    """Make the indicators of the four cells, shape (4, n_units, n_periods), in the order of `MEANS`."""
    assert design.cohort is not None
    treated = np.equal(design.cohort, start)[:, None]
    cells = np.stack([treated & ~post, treated & post, ~treated & ~post, ~treated & post])
    empty = [name for name, cell in zip(MEANS, cells, strict=True) if not (cell & design.observed).any()]
    if empty:
        raise DesignError("empty-cell", cell=listed(empty), start=design.period_of(start))
    return cells.astype(np.float64)


@dataclass(frozen=True, eq=False, repr=False)
class _Fit:
    value: Floats
    moments: Moments
    lost: tuple[str, ...]


def _fit(design: StudyDesign, cells: Floats) -> _Fit:
    """Regress the outcome on the cells and the covariates about their mean."""
    weights = design.weights
    covariates = np.ascontiguousarray(design.covariates.transpose(2, 0, 1))
    means = np.einsum("pit,it->p", covariates, weights) / weights.sum()
    every = np.concatenate([cells, covariates - means[:, None, None]])
    scale = np.concatenate([np.full(4, 1e-300), own_variation(covariates, weights)])
    kept = identified_by(np.einsum("qit,it,rit->qr", every, weights, every), scale, 0)
    x, y = every[kept], np.where(weights > 0, design.outcome, 0.0)
    bread = inverse(np.einsum("qit,it,rit->qr", x, weights, x))
    start = bread @ np.einsum("qit,it,it->q", x, weights, y)
    value = start + bread @ np.einsum("qit,it,it->q", x, weights, y - np.tensordot(start, x, 1))  # refined
    error = y - np.tensordot(value, x, 1)
    one = Grouping("all", np.zeros(design.n_units, dtype=np.int64), ("all",))
    contrast = np.hstack([_CONTRASTS, np.zeros((len(_CONTRASTS), len(x) - 4))])
    moments = Moments(
        lay_out=lambda: Cells(x, y, error, weights, one),
        scores=np.einsum("qit,it,it->iq", x, weights, error),
        bread=bread,
        n_obs=design.n_obs,
        n_regressors=len(x),
        absorbed=(),
        used=np.asarray(design.observed.any(axis=1)),
        contrast=contrast,
    )
    names = zip(design.names.covariates, kept[4:], strict=True)
    return _Fit(value, moments, tuple(name for name, stays in names if not stays))
