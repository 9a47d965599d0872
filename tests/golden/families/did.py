"""did::att_gt and did::aggte: group-time effects and their averages."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from evaluation.aggregate import aggregate
from evaluation.checks.pretrends import pretrends
from evaluation.design import RepeatedCrossSection, StudyDesign
from evaluation.estimate import Estimate
from evaluation.estimators import att_gt
from evaluation.inference import clustered
from tests.golden.case import Case
from tests.golden.families import drdid_2x2

CONTROLS = {"nevertreated": "never_treated", "notyettreated": "not_yet_treated"}
BY = {"simple": "simple", "dynamic": "event_time", "group": "cohort", "calendar": "period"}
NARROWED: dict[str, dict[str, Any]] = {
    "dynamic_balance_e1": {"balance_at": 1},
    "dynamic_min_max": {"min_event_time": -2, "max_event_time": 2},
}
SHORT_DIFFERENCE = "did/district_a_reg_never_antic2"
"""Within the anticipation window did compares with the period before, the paper (theorem 1) and this
package with the last period before the window: the effect is the sum of did's effects since it began."""
WRONG_SIGN = {"did/mpdta_unbal_dr_notyet_lpop", "did/rc_a_dr_never_x"}
"""DRDID's influence of the base period's regressions among controls has the wrong sign: drdid_2x2."""


def _is_repeated(case: Case) -> bool:
    return case.options.get("panel") is False


def not_covered(case: Case) -> list[str]:
    left = [] if _has_pretest(case) else ["pretest"]
    return left + (["dynamic_vcov"] if case.id == SHORT_DIFFERENCE else [])


def _has_pretest(case: Case) -> bool:
    """The notes rule out the district panels: more effects than districts."""
    return not case.id.startswith("did/district") and case.id != SHORT_DIFFERENCE


def check(case: Case) -> None:
    effects = _effects(case)
    assert effects.design.n_units == case.results["n"]
    group_time, wanted = _errors(effects), case.results["att_gt"]
    keys = list(zip(wanted["group"], wanted["t"], strict=True))
    assert [(term.cohort, term.period) for term in effects.terms] == [(int(g), int(t)) for g, t in keys]
    values, errors = _numbers(wanted["att"]), _numbers(wanted["se"])
    compared = _outside_window(effects, values) if case.id == SHORT_DIFFERENCE else np.ones(len(keys), bool)
    case.close("att", effects.value[compared], values[compared])
    if case.options["est_method"] == "reg":  # no iteration: the tolerance is tighter
        np.testing.assert_allclose(effects.value[compared], values[compared], rtol=1e-9)
    if case.id in WRONG_SIGN:
        assert np.nanmax(np.abs(group_time / errors - 1)) > 1e-3, "the reference has been corrected"
        with drdid_2x2.wrong_sign():
            effects = _effects(case)
    case.close("se", _errors(effects)[compared], errors[compared])
    _averages(case, effects)
    if _has_pretest(case):
        # did also tests the periods in which an effect is allowed for; this package leaves them out
        unaware = dataclasses.replace(effects.design, anticipation=0)
        numbers = pretrends(dataclasses.replace(effects, design=unaware)).numbers
        np.testing.assert_allclose(numbers["statistic"], case.results["pretest"]["W"], rtol=1e-5)
        np.testing.assert_allclose(numbers["p_value"], case.results["pretest"]["p_value"], atol=6e-6)


def _effects(case: Case) -> Estimate:
    o = case.options
    clusters = o.get("clustervars")
    columns: dict[str, Any] = {
        "outcome": o["yname"],
        "time": o["tname"],
        "cohort": o["gname"],
        "covariates": [name.strip() for name in o.get("xformla", "~")[1:].split("+") if name.strip()],
        "weights": o.get("weightsname"),
        "cluster": clusters[1] if clusters else None,
        "anticipation": o.get("anticipation", 0),
    }
    design: StudyDesign | RepeatedCrossSection
    if _is_repeated(case):
        design = RepeatedCrossSection.from_frame(case.data(), **columns)
    else:
        design = StudyDesign.from_frame(case.data(), unit=o["idname"], **columns)
    return att_gt(
        design,
        control_group=CONTROLS[o["control_group"]],
        method=o["est_method"],
        base_period=o.get("base_period", "varying"),
        unbalanced="pool" if o.get("allow_unbalanced_panel", True) else "drop",
    )


def _numbers(values: list[float | None]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def _errors(effects: Estimate) -> np.ndarray:
    return clustered(effects, correction="CR0").std_error


def _outside_window(effects: Estimate, values: np.ndarray) -> np.ndarray:
    """Cells that both define alike; the others are checked against sums of did's short differences."""
    lead = effects.design.anticipation
    inside = np.array([-lead < float(term.event_time or 0) < 0 for term in effects.terms])
    assert inside.any()
    for i in np.flatnonzero(inside):
        steps = int(effects.terms[i].event_time or 0) + lead + 1
        np.testing.assert_allclose(effects.value[i], values[i - steps + 1 : i + 1].sum(), rtol=1e-9)
    return ~inside


def _averages(case: Case, effects: Estimate) -> None:
    for name, wanted in case.results["aggte"].items():
        by = BY[name.split("_")[0]]
        options = NARROWED.get(name, {})
        overall = aggregate(effects, by=by, overall=True, **options)
        case.close("att", overall.value, [wanted["overall_att"]])
        case.close("se", _errors(overall), [wanted["overall_se"]])
        if "egt" in wanted:
            _rows(case, aggregate(effects, by=by, **options), wanted, by)
    if "dynamic_vcov" in case.results and "dynamic_vcov" not in not_covered(case):
        rows = aggregate(effects, by="event_time")
        psi = rows.influence / rows.design.n_units  # type: ignore[operator]
        wanted = _numbers_of(case.results["dynamic_vcov"]["vcov"])
        np.testing.assert_allclose(psi.T @ psi, wanted, rtol=1e-5, atol=1e-9 * np.nanmax(np.abs(wanted)))


def _numbers_of(rows: list[list[float | None]]) -> np.ndarray:
    return np.array([_numbers(row) for row in rows])


def _rows(case: Case, rows: Estimate, wanted: dict[str, Any], by: str) -> None:
    key = {"event_time": "event_time", "cohort": "cohort", "period": "period"}[by]
    assert [getattr(term, key) for term in rows.terms] == wanted["egt"]
    alike = np.ones(len(rows.terms), bool)
    if case.id == SHORT_DIFFERENCE and by == "event_time":
        alike = np.array([not -rows.design.anticipation < float(t.event_time or 0) < 0 for t in rows.terms])
    case.close("att", rows.value[alike], _numbers(wanted["att"])[alike])
    case.close("se", _errors(rows)[alike], _numbers(wanted["se"])[alike])
