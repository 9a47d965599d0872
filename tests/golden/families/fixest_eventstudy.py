"""fixest::feols with one indicator for each distance from the start of treatment."""

from __future__ import annotations

import re

import numpy as np

from evaluation.checks import pretrends
from evaluation.design import StudyDesign
from evaluation.estimators import event_study
from evaluation.inference import clustered, robust
from tests.golden.case import Case

COVERED = {"nobs", "cluster_unit", "cluster_region", "pretrend_wald", "hetero", "iid"}
DATA = {
    "time_to_treatment": ("y", "id", "year", "year_treated", "reg"),
    "rel": ("y", "district", "quarter", "cohort", "region"),
}


def not_covered(case: Case) -> list[str]:
    return [name for name in case.results if name not in COVERED]


def check(case: Case) -> None:
    relative = next(name for name in DATA if f"i({name}," in case.options["formula"])
    outcome, unit, time, start, region = DATA[relative]
    frame = case.data()
    never = frame[relative] <= -999
    frame = frame.assign(start=frame[start].where(~never, 0))
    left = re.sub(r"i\([^)]*\)\)?", "", case.options["formula"].split("~")[1].split("|")[0])
    design = StudyDesign.from_frame(
        frame,
        outcome=outcome,
        unit=unit,
        time=time,
        cohort="start",
        groups=[region],
        covariates=[name for name in left.split("+") if name],
    )
    effect = event_study(design)
    wanted = case.results["cluster_unit"]
    at = {float(name.split("::")[1]): i for i, name in enumerate(wanted["term"]) if "::" in name}
    assert {term.event_time for term in effect.terms} == set(at)
    order = [at[float(term.event_time or 0)] for term in effect.terms]
    result = clustered(effect)
    assert design.n_obs == case.results["nobs"]
    case.close("estimate", effect.value, np.array(wanted["estimate"])[order])
    case.close("se", result.std_error, np.array(wanted["se"])[order])
    np.testing.assert_allclose(result.p_value, np.array(wanted["p"])[order], rtol=1e-5)
    by_region = clustered(effect, cluster=region)
    case.close("se", by_region.std_error, np.array(case.results["cluster_region"]["se"])[order])
    for name, kind in (("hetero", "heteroskedastic"), ("iid", "homoskedastic")):
        found = robust(effect, kind=kind)  # type: ignore[arg-type]
        case.close("se", found.std_error, np.array(case.results[name]["se"])[order])
    wald, numbers = case.results["pretrend_wald"], pretrends(effect).numbers
    assert (numbers["df"], numbers["df_second"]) == (wald["df1"], wald["df2"])
    np.testing.assert_allclose(numbers["statistic"], wald["stat"], rtol=1e-6)
    np.testing.assert_allclose(numbers["p_value"], wald["p"], rtol=1e-4)
