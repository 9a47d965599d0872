"""Two-stage difference-in-differences (Gardner 2022)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evaluation.design import StudyDesign
from evaluation.errors import DesignError
from evaluation.estimate import Estimate, Variant, estimator
from evaluation.estimators._cohorts import Cohorts, averages
from evaluation.estimators._untreated import untreated

Floats = NDArray[np.float64]


@estimator(
    variants=(
        Variant(),
        Variant({"by": "event_time"}),
        Variant({"by": "period", "unit_trends": True}),
        Variant({"by": "cohort", "period_effects_by": "region"}),
    )
)
def two_stage(
    design: StudyDesign,
    *,
    by: str = "simple",
    reference: float | None = None,
    unit_trends: bool = False,
    period_effects_by: str | None = None,
) -> Estimate:
    r"""Take out effects that were fitted without treatment, then regress what is left on treatment.

    The first stage fits :math:`Y_{it} = \alpha_i + \lambda_t + X_{it}'\beta` in the untreated cells. The
    second regresses :math:`Y_{it} - \hat\alpha_i - \hat\lambda_t - X_{it}'\hat\beta` of all cells on
    indicators D of the terms, without a constant. Indicators do not overlap, so a coefficient is the mean of
    its cells, and after the start it equals that of `imputation`. Gardner (2022), arXiv:2207.05943.

    The variance is that of both stages as one moment estimator: with residuals e of the first stage (zero in
    treated cells) and u of the second, the influence of unit i is

    .. math:: n (D'WD)^{-1} [D_i'W_i u_i - D'WZ (Z_0'WZ_0)^{-1} Z_{0i}'W_i e_i],

    Newey and McFadden (1994), doi:10.1016/S1573-4412(05)80005-4, theorem 6.1. The product with Z, unit and
    period effects and covariates, is formed without a column for any unit.

    Parameters
    ----------
    design : StudyDesign
        Absorbing treatment. `weights` weigh both stages.
    by : {"simple", "event_time", "cohort", "period", "cohort_period"}
        One mean since the start, or one for each distance (before the start as well), cohort, period, or
        cohort and period.
    reference : float, optional
        With ``by="event_time"`` the distance without an indicator, by default the last before treatment and
        anticipation. Effects before the start are means of first-stage residuals of units treated later, and
        lie closer to zero than those of `imputation` with `pretrends`.
    unit_trends : bool
        Each unit has a linear trend of its own.
    period_effects_by : str, optional
        A grouping of the design with period effects of its own in each group.

    Returns
    -------
    Estimate
        Contracts influence and refit. Notes: ``not_imputed``, ``collinear_dropped``.

    Raises
    ------
    DesignError
        If the treatment is not absorbing, an option is unknown, the reference does not occur, or nothing can
        be imputed.

    Examples
    --------
    >>> import pandas as pd
    >>> panel = pd.DataFrame({"u": [1, 1, 1, 2, 2, 2], "t": [1, 2, 3] * 2, "g": [2] * 3 + [0] * 3,
    ...                       "y": [1.0, 4.0, 6.0, 2.0, 3.0, 3.0]})
    >>> design = StudyDesign.from_frame(panel, outcome="y", unit="u", time="t", cohort="g")
    >>> two_stage(design).value.round(9).tolist()
    [3.0]
    """
    fit = untreated(design, what="two_stage", unit_trends=unit_trends, period_effects_by=period_effects_by)
    weights = np.where(fit.imputed, design.weights, 0.0)
    if by == "event_time":
        weights = weights + fit.projection.weights
    size = fit.cohorts.sums(weights)
    if by == "event_time":
        size = _without_reference(design, fit.cohorts, size, reference)
    terms, table = averages(design, fit.cohorts, size, by=by, what="two_stage")
    value = np.einsum("ct,ctk->k", fit.cohorts.sums(weights * fit.gap), table)
    residual = fit.cohorts.spread(weights * fit.gap, table) - value * fit.cohorts.spread(weights, table)
    return Estimate(
        estimator="two_stage",
        estimand="att",
        terms=terms,
        value=value,
        design=design,
        influence=design.n_units * (residual + fit.first_stage(table, weights)),
        notes=fit.notes,
    )


def _without_reference(
    design: StudyDesign, cohorts: Cohorts, size: Floats, reference: float | None
) -> Floats:
    zero = -1.0 - design.anticipation if reference is None else float(reference)
    is_zero = cohorts.event_time == zero
    if not size[is_zero].any():
        known = ", ".join(f"{e:g}" for e in np.unique(cohorts.event_time[size > 0]))
        raise DesignError("no-reference", reference=f"{zero:g}", available=known)
    return np.where(is_zero, 0.0, size)
