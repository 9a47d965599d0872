"""The checks that a specification asks for under its key ``checks``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from evaluation.checks import (
    CheckResult,
    bacon,
    compare_estimators,
    leave_one_out,
    placebo_in_space,
    placebo_in_time,
    pretrends_power,
    twfe_weights,
)
from evaluation.design import StudyDesign, require_panel
from evaluation.errors import DesignError
from evaluation.estimate import Estimate
from evaluation.run.impact.spec import Analysis

Found = dict[str, CheckResult]


def examined(analysis: Analysis, effect: Estimate, path: Estimate | None) -> Found:
    """Run the checks of a specification on its estimate and its path, by name.

    ``bacon`` brings ``twfe_weights`` along. ``leave_one_out`` leaves out cohorts where there are several,
    else clusters.

    Raises
    ------
    DesignError
        Naming the check that the design or the estimate does not allow.
    """
    found: Found = {}
    for name in analysis.checks:
        try:
            found |= _CHECKS[name](analysis, effect, path)
        except DesignError as error:
            raise DesignError(
                error.code, where=f"checks: {name}", example=error.example, **error.values
            ) from None
    return found


def _placebo_in_time(_analysis: Analysis, effect: Estimate, _path: Estimate | None) -> Found:
    return {"placebo_in_time": placebo_in_time(effect)}


def _placebo_in_space(_analysis: Analysis, effect: Estimate, _path: Estimate | None) -> Found:
    return {"placebo_in_space": placebo_in_space(effect)}


def _bacon(_analysis: Analysis, effect: Estimate, _path: Estimate | None) -> Found:
    design = require_panel(effect.design, "bacon")
    return {"bacon": bacon(design), "twfe_weights": twfe_weights(design)}


def _leave_one_out(_analysis: Analysis, effect: Estimate, _path: Estimate | None) -> Found:
    by = _parts(require_panel(effect.design, "leave_one_out"))
    return {"leave_one_out": leave_one_out(effect, by=by)}


def _parts(design: StudyDesign) -> str:
    if design.cohort is not None and len(np.unique(design.cohort[design.treated_units])) > 1:
        return "cohort"
    return "unit" if design.cluster.n_groups == design.n_units else "cluster"


def _pretrends_power(_analysis: Analysis, _effect: Estimate, path: Estimate | None) -> Found:
    if path is None:
        raise DesignError("no-pre-period-terms")
    return {"pretrends_power": pretrends_power(path)}


def _compare_estimators(analysis: Analysis, effect: Estimate, _path: Estimate | None) -> Found:
    """Compare the estimator of the specification with all others that estimate the same quantity."""
    chosen = analysis.estimator
    found = compare_estimators(
        require_panel(effect.design, "compare_estimators"),
        leading=chosen.name,
        family="poisson" if effect.estimand == "log_ratio" else "gaussian",
        options={chosen.name: chosen.options},
        conf_level=analysis.inference.conf_level,
    )
    return {"compare_estimators": found}


_CHECKS: Mapping[str, Callable[[Analysis, Estimate, Estimate | None], Found]] = MappingProxyType(
    {
        "placebo_in_time": _placebo_in_time,
        "placebo_in_space": _placebo_in_space,
        "compare_estimators": _compare_estimators,
        "bacon": _bacon,
        "leave_one_out": _leave_one_out,
        "pretrends_power": _pretrends_power,
    }
)
