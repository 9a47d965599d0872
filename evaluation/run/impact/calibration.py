"""How often inferences reject a true null on a study's own data, or why that cannot be tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import pandas as pd

from evaluation.checks import CheckResult
from evaluation.design import Note, StudyDesign
from evaluation.design.note import Number
from evaluation.errors import DesignError, InferenceError
from evaluation.estimate import Estimate
from evaluation.recommend import recommend
from evaluation.run.impact.spec import Calibration

_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "no-placebo-panel": "calibration_too_short",
        "not-absorbing": "calibration_not_absorbing",
        "nothing-to-permute": "calibration_one_assignment",
        "no-method-carried": "calibration_no_method",
        "no-refit": "calibration_no_method",
        "needs-panel": "calibration_no_panel",
    }
)
"""Code of an error -> note of the result; every other one means that the estimate does not exist there."""


def calibrated(
    asked: Calibration, design: StudyDesign, estimator: Callable[[StudyDesign], Estimate], *, seed: int
) -> CheckResult | None:
    """Run `recommend` as a specification asks for it.

    Returns
    -------
    CheckResult or None
        None where the specification says that it is off. Where no pilots can be pretended, an empty table
        and one note that says why.
    """
    if asked.off is not None:
        return None
    try:
        return recommend(design, estimator, draws=asked.draws, seed=seed)
    except (DesignError, InferenceError) as error:
        note = Note(_REASONS.get(error.code, "calibration_not_estimable"), _numbers(error))
        synthetic = tuple(one for one in design.notes if one.code == "synthetic_data")
        return CheckResult("inference_calibration", None, pd.DataFrame(), {}, (*synthetic, note))


def _numbers(error: DesignError | InferenceError) -> dict[str, Number]:
    values = dict(code=error.code, **error.values)
    return {name: value for name, value in values.items() if isinstance(value, (bool, int, float, str))}
