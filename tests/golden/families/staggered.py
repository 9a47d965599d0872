"""R staggered: the efficient estimator under random timing, with both standard errors."""

from __future__ import annotations

import re

import numpy as np

from evaluation.design import StudyDesign
from evaluation.estimators import efficient
from evaluation.inference import clustered
from tests.golden.case import Case

BY = {"simple": "simple", "cohort": "cohort", "calendar": "period", "eventstudy": "event_time"}
OPTIONS = {
    "": {},
    "cs_": {"beta": 1.0},
    "sa_": {"beta": 1.0, "control_group": "last_treated"},
}


def not_covered(case: Case) -> list[str]:
    return []


def check(case: Case) -> None:
    column = dict(re.findall(r"(\w)='([\w.]+)'", case.expected["r_call"]))
    design = StudyDesign.from_frame(
        case.data(), outcome=column["y"], unit=column["i"], time=column["t"], cohort=column["g"]
    )
    for name, wanted in case.results.items():
        kind, estimand = re.fullmatch(r"staggered_(cs_|sa_|)(\w+?)(?:_beta1)?", name).groups()  # type: ignore[union-attr]
        options = dict(OPTIONS[kind]) | ({"beta": 1.0} if name.endswith("_beta1") else {})
        by = BY[estimand]
        for quantity, variance in (("se_neyman", "neyman"), ("se", "adjusted")):
            found = efficient(design, by=by, overall=by in ("cohort", "period"), variance=variance, **options)  # type: ignore[arg-type]
            at = {term.event_time: i for i, term in enumerate(found.terms)}
            times = [time for time in wanted.get("eventTime", [None]) if time is None or time >= 0]
            order = [at[time] for time in times]
            pick = slice(len(np.atleast_1d(wanted["estimate"])) - len(times), None)  # the reference is zero
            case.close("estimate", found.value[order], np.atleast_1d(wanted["estimate"])[pick])
            errors = clustered(found, correction="CR0").std_error
            case.close("se", errors[order], np.atleast_1d(wanted[quantity])[pick])
