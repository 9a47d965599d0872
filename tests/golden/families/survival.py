"""R survival and survRM2: Kaplan-Meier, restricted means, log-rank, Cox, proportional hazards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evaluation import survival
from evaluation.design import Durations
from evaluation.inference import clustered
from tests.golden.case import Case

TRANSFORMS = {"km_log": "log", "km_loglog": "loglog", "km_plain": "plain"}


def not_covered(case: Case) -> list[str]:
    return [f"{name}" for name in ("cox_exact", "breslow_cumhaz_uncentered") if name in case.results]


def check(case: Case) -> None:
    frame, options = _frame(case), case.options
    whole = _design(frame.dropna(subset=["time", "arm", "happened"]), options)
    _curves(case, whole)
    _means(case, whole, frame)
    for rho in (0, 1):
        if f"logrank_rho{rho}" in case.results:
            found, wanted = survival.log_rank(whole, rho=rho), case.results[f"logrank_rho{rho}"]
            case.close("logrank", found.numbers["statistic"], wanted["chisq"], "rmst")
            case.close("logrank", found.table.observed, wanted["obs"], "rmst")
            case.close("logrank", found.table.expected, wanted["exp"], "rmst")
    _cox(case, _design(frame.dropna(), options, covariates=True))


def _frame(case: Case) -> pd.DataFrame:
    frame, options = case.data(), case.options
    event = options["event"]
    column, _, rule = event.partition("==") if "==" in event else event.partition(">")
    happened = frame[column] == int(rule) if "==" in event else frame[column] > int(rule or 0)
    kept = ["time", "arm", *_names(options), options["cluster"], options["entry"]]
    return frame[[name for name in kept if name]].assign(happened=happened.astype(int))


def _names(options: dict[str, Any]) -> list[str]:
    covariates = options["covariates"]
    return [covariates] if isinstance(covariates, str) else list(covariates)


def _design(frame: pd.DataFrame, options: dict[str, Any], *, covariates: bool = False) -> Durations:
    return Durations.from_frame(
        frame,
        time="time",
        event="happened",
        entry=options["entry"],
        group="arm",
        covariates=_names(options) if covariates else (),
        cluster=options["cluster"] if covariates else None,
    )


def _curves(case: Case, design: Durations) -> None:
    wanted = case.results["km_log"]
    for name, transform in TRANSFORMS.items():
        curve = survival.survival_curve(design, transform=transform).table  # type: ignore[arg-type]
        curve = curve[curve.time > 0]
        ours = {"time": curve.time, "surv": curve.survival, "std_err_surv": curve.std_error}
        ours |= {"n_risk": curve.at_risk, "n_event": curve.ended, "n_censor": curve.censored}
        for key, values in ours.items():
            case.close(key, values, np.array(wanted[key], dtype=float), "km")
        for key, column in (("lower", curve.conf_low), ("upper", curve.conf_high)):
            theirs = np.array(case.results[name][key], dtype=float)
            known = np.isfinite(theirs)
            case.close(f"{name}.{key}", column.to_numpy()[known], theirs[known], "km")
    found = survival.quantiles(design).table
    for share, key in ((0.25, "q25"), (0.5, "q50"), (0.75, "q75")):
        rows = found[found.share == share]
        case.close(key, rows.time, np.array(case.results["quantiles"][key], dtype=float), "km")
    middle = found[found.share == 0.5]
    case.close("q50_lower", middle.conf_low, np.array(case.results["quantiles"]["q50_lower"], float), "km")
    case.close("q50_upper", middle.conf_high, np.array(case.results["quantiles"]["q50_upper"], float), "km")


def _means(case: Case, design: Durations, frame: pd.DataFrame) -> None:
    tau = case.options["tau"]
    found = survival.restricted_mean(design, horizon=tau).infer(survival.area_error).tidy()
    case.close("rmean", found.estimate[:2], case.results["survfit_rmean"]["rmean"], "rmst")
    case.close("rmean", found.std_error[:2], case.results["survfit_rmean"]["se"], "rmst")
    if "rmst2" not in case.results:
        return
    contrast, columns = case.results["rmst2"]["contrast"], ["estimate", "conf_low", "conf_high"]
    case.close("difference", found.loc[2, [*columns, "p_value"]].to_list(), contrast["diff"], "rmst")
    ratio = [*np.exp(found.loc[3, columns].to_numpy(dtype=float)), found.p_value[3]]
    case.close("ratio", ratio, contrast["ratio"], "rmst")
    adjusted = survival.adjusted_restricted_mean(
        _design(frame.dropna(), case.options | {"cluster": None}, covariates=True), horizon=tau
    ).infer(clustered, correction="CR0")
    wanted = case.results["rmst2_adjusted"]["rmst_diff"]
    case.close("adjusted", adjusted.estimate.value, wanted["coef"], "rmst")
    case.close("adjusted", adjusted.inference.std_error, wanted["se"], "rmst")


def _cox(case: Case, design: Durations) -> None:
    for ties in ("efron", "breslow"):
        fit = survival.cox(design, ties=ties).infer(survival.information)  # type: ignore[arg-type]
        case.close("cox", fit.estimate.value, case.results[f"cox_{ties}"]["coef"])
        case.close("cox", fit.inference.std_error, case.results[f"cox_{ties}"]["se"])
    fit = survival.cox(design)
    robust = fit.infer(clustered, correction="CR0").inference.std_error
    case.close("cox", robust, case.results["cox_efron_cluster"]["robust_se"])
    assert fit.influence is not None
    alone = np.sqrt((fit.influence**2).sum(axis=0)) / design.n_units
    case.close("cox", alone, case.results["cox_efron_robust"]["robust_se"])
    for scale, name in (("km", "cox_zph"), ("identity", "cox_zph_identity")):
        tested = survival.proportional_hazards(fit, scale=scale).table  # type: ignore[arg-type]
        case.close("zph", tested.statistic, case.results[name]["chisq"])
        case.close("zph", tested.p_value, case.results[name]["p"])
