"""How far an estimate hangs on a single cohort, unit or cluster."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design import Note, StudyDesign, require_panel
from evaluation.design.note import Number
from evaluation.errors import DesignError
from evaluation.estimate import Estimate, Term
from evaluation.estimate.check import CheckResult
from evaluation.estimate.refit import Refit, aligned

Flags = NDArray[np.bool_]

MOST = 2000
"""Estimates are fitted again one by one: more of them than this take minutes."""


def leave_one_out(estimate: Estimate, *, by: str = "cohort") -> CheckResult:
    r"""Estimate again without one cohort, one unit, or one group of units at a time.

    Each estimate is a refit of the whole, so that period effects and covariates change too. A single part
    without which the effect is another, or has the other sign, is what to look at first.

    With units or clusters left out (n parts) the estimates give the jackknife standard error as well,

    .. math:: \sqrt{\frac{n - 1}{n} \sum_i (\hat\theta_{(i)} - \bar\theta)^2},

    Efron and Stein (1981), doi:10.1214/aos/1176345462.

    Parameters
    ----------
    estimate : Estimate
        One term, with a refit.
    by : str
        ``"cohort"``: all units treated from the same period on; the never treated stay. ``"unit"``: each
        unit. Otherwise a grouping of the design by its column name: ``"cluster"`` is that of the design.

    Returns
    -------
    CheckResult
        Informational. Table: left_out, units (how many), treated (how many of them), estimate, difference
        (from the whole). Numbers: estimate, estimand, by, of, lowest, highest, furthest (the part without
        which the estimate changes most), furthest_estimate, sign_changes, and jackknife_std_error (units and
        groups, where all are identified). Note ``left_out_unidentified`` where nothing is left to estimate.

    Raises
    ------
    DesignError
        If there are several terms, no refit, no panel, no cohorts, an unknown grouping, fewer than two parts
        or more than 2,000.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=30, n_periods=8, cohorts={4: 5, 6: 5}, seed=1)
    >>> design = ev.StudyDesign.from_frame(panel, outcome="outcome", unit="unit", time="period",
    ...                                    cohort="cohort")
    >>> leave_one_out(ev.imputation(design)).table["left_out"].tolist()
    ['4', '6']
    """
    if len(estimate.terms) != 1:
        raise DesignError("several-terms", what="leave_one_out", terms=len(estimate.terms))
    if estimate.refit is None:
        raise DesignError("no-refit", what="leave_one_out")
    design, whole = require_panel(estimate.design, "leave_one_out"), float(estimate.value[0])
    parts = list(_parts(design, by))
    if not 2 <= len(parts) <= MOST:
        raise DesignError("bad-parts", by=by, parts=len(parts), most=MOST)
    treated, refit, terms = design.treated_units, estimate.refit, estimate.terms
    rows = [
        (
            label,
            int(out.sum()),
            int((out & treated).sum()),
            _without(design, refit, terms, out),
        )
        for label, out in parts
    ]
    table = pd.DataFrame(rows, columns=["left_out", "units", "treated", "estimate"])
    table["difference"] = table["estimate"] - whole
    lost = int(table["estimate"].isna().sum())
    notes = (Note("left_out_unidentified", {"parts": lost, "of": len(parts)}),) if lost else ()
    return CheckResult(
        "leave_one_out", None, table, _numbers(table, whole, by) | {"estimand": estimate.estimand}, notes
    )


def _parts(design: StudyDesign, by: str) -> Iterator[tuple[str, Flags]]:
    """Yield the name of each part and its units."""
    if by == "unit":
        for i, unit in enumerate(design.units):
            yield str(unit), np.arange(design.n_units) == i
        return
    if by == "cohort":
        if design.cohort is None:
            raise DesignError("not-absorbing", what="leave_one_out")
        for start in np.unique(design.cohort[design.treated_units]):
            yield str(design.period_of(start)), design.cohort == start
        return
    group = design.cluster if by == "cluster" else design.group(by)
    for code, label in enumerate(group.labels):
        yield str(label), group.codes == code


def _without(design: StudyDesign, refit: Refit, terms: tuple[Term, ...], out: Flags) -> float:
    try:
        return float(aligned(refit(design.take(np.flatnonzero(~out))), terms)[0])
    except DesignError:
        return float("nan")


def _numbers(table: pd.DataFrame, whole: float, by: str) -> dict[str, Number]:
    numbers: dict[str, Number] = {"estimate": whole, "by": by, "of": len(table)}
    known = table.dropna(subset="estimate")
    if len(known):
        furthest = known.iloc[int(known["difference"].abs().argmax())]
        numbers |= {
            "lowest": float(known["estimate"].min()),
            "highest": float(known["estimate"].max()),
            "furthest": str(furthest["left_out"]),
            "furthest_estimate": float(furthest["estimate"]),
            "sign_changes": int((np.sign(known["estimate"]) != np.sign(whole)).sum()),
        }
    if by != "cohort" and len(known) == len(table):
        spread = table["estimate"] - table["estimate"].mean()
        numbers["jackknife_std_error"] = float(np.sqrt((len(table) - 1) / len(table) * (spread**2).sum()))
    return numbers
