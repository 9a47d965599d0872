"""Intention to treat: what being assigned changed, whether or not the treatment was taken up."""

from __future__ import annotations

from typing import Literal

import numpy as np

from evaluation.design import Sample
from evaluation.errors import DesignError, require_option
from evaluation.estimate import Estimate, Term
from evaluation.individuals._least_squares import centred, centred_strata, check_strata, least_squares

Adjustment = Literal["none", "ancova", "lin"]
ADJUSTMENTS = ("none", "ancova", "lin")


def itt(design: Sample, *, adjustment: Adjustment = "none") -> Estimate:
    r"""Difference of means between those assigned to treatment and the others.

    .. math:: Y_i = \alpha + \tau D_i + \tilde S_i'\gamma + D_i \tilde S_i'\delta
              + \tilde X_i'\beta + D_i \tilde X_i'\theta + e_i

    S are indicators of the strata and X the covariates, both less their means, so that :math:`\tau` is the
    mean over strata of their differences, each with its share of the sample as weight. "none" leaves X out,
    "ancova" its interaction with D; "lin" keeps it, and is then never less precise in large samples than the
    difference of means, which "ancova" can be. Lin (2013), doi:10.1214/12-AOAS583; on strata Miratrix, Sekhon
    and Yu (2013), doi:10.1111/j.1467-9868.2012.01048.x.

    It is an effect only where treatment was drawn by lot (within strata), and of those with an outcome: see
    `attrition_table`. With `inference.clustered` and its CR2 the errors are HC2, those of Neyman without
    covariates; in a trial that drew places, name the place as the cluster of the sample.

    Parameters
    ----------
    design : Sample
        Those without an outcome are left out.
    adjustment : {"none", "ancova", "lin"}

    Returns
    -------
    Estimate
        One term, ``itt``, with influence values (n_units, 1) and moments. Note ``single_in_stratum`` where a
        stratum has one unit of a group: its chance cannot be seen, and errors are too small.

    Raises
    ------
    DesignError
        If a stratum has one group only, covariates are collinear, or an adjustment has none.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"housed": [1, 1, 0, 1, 0, 0, 1, 0], "drawn": [1, 1, 1, 0, 0, 1, 1, 0],
    ...                        "children": [1, 2, 1, 1, 2, 1, 2, 2]})
    >>> itt(Sample.from_frame(people, outcome="housed", treatment="drawn")).value.round(4).tolist()
    [0.2667]
    >>> within = Sample.from_frame(people, outcome="housed", treatment="drawn", strata="children")
    >>> itt(within).value.round(4).tolist()
    [0.1667]
    """
    require_option(DesignError, "itt", "adjustment", adjustment, ADJUSTMENTS)
    kept = design.complete()
    notes = check_strata(kept, "itt")
    if adjustment != "none" and not kept.covariates.shape[1]:
        raise DesignError("no-covariates", what=f"itt(adjustment={adjustment!r})")
    d, strata = kept.treatment[:, None], centred_strata(kept)
    x = centred(kept.covariates, kept.weights)[:, : None if adjustment != "none" else 0]
    crossed = [d * strata, *([d * x] if adjustment == "lin" else [])]
    columns = np.column_stack([d, np.ones(kept.n_units), strata, x, *crossed])
    fit = least_squares(columns, kept.outcome, kept.weights, "itt")
    return Estimate(
        estimator="itt",
        estimand="itt",
        terms=(Term("itt"),),
        value=fit.beta[:1].copy(),
        design=kept,
        options={"adjustment": adjustment},
        influence=fit.influence[:, :1].copy(),
        moments=fit.moments(),
        notes=notes,
    )
