"""R survival and cmprsk: Aalen-Johansen, Fine-Gray, cause-specific Cox."""

from __future__ import annotations

import numpy as np

from evaluation import survival
from evaluation.design import Durations
from evaluation.inference import clustered
from tests.golden.case import Case


def not_covered(case: Case) -> list[str]:
    """The variance of `cuminc` (another one), Gray's test, and Efron's ties in a Fine-Gray model."""
    left = [name for name in case.results if name.startswith(("cuminc", "gray", "finegray_survival_pkg"))]
    return sorted(left)


def check(case: Case) -> None:
    options, results, frame = case.options, case.results, case.data()
    columns = {"time": options["time"], "event": options["event"]}
    grouped = Durations.from_frame(frame, **columns, group=options["group"])
    wanted = results["aalen_johansen"]
    for cause in grouped.causes:
        found = survival.cumulative_incidence(grouped, times=results["times"], cause=cause)
        case.close("cif", found.value, wanted[f"pstate_e{cause}"])
        model = found.infer(survival.incidence_error).inference.std_error
        case.close("cif", model, wanted[f"se_e{cause}"])
        robust = found.infer(clustered, correction="CR0").inference.std_error
        np.testing.assert_allclose(robust, model, rtol=1e-9)
    covariates = [options["group"], *_names(options)]
    design = Durations.from_frame(frame, **columns, covariates=covariates)
    for cause in design.causes:
        fit = survival.fine_gray(design, cause=cause).infer(clustered, correction="CR0")
        case.close("crr", fit.estimate.value, results[f"finegray_event{cause}"]["coef"])
        case.close("crr", fit.inference.std_error, results[f"finegray_event{cause}"]["se"])
        plain = survival.cox(design, cause=cause).infer(survival.information)
        case.close("crr", plain.estimate.value, results[f"cause_specific_cox_event{cause}"]["coef"])
        case.close("crr", plain.inference.std_error, results[f"cause_specific_cox_event{cause}"]["se"])


def _names(options: dict[str, object]) -> list[str]:
    given = options["covariates"]
    return [given] if isinstance(given, str) else list(given)  # type: ignore[call-overload]
