"""did2s::did2s: two-stage difference-in-differences with both stages in the variance."""

from __future__ import annotations

import re

import numpy as np

from evaluation.design import StudyDesign
from evaluation.estimators import two_stage
from tests.golden.case import Case


def not_covered(case: Case) -> list[str]:
    return []


def check(case: Case) -> None:
    options, wanted = case.options, case.results
    left, effects = options["first_stage"].split("|")
    unit, time = effects.split("+")
    outcome = re.search(r"yname='(\w+)'", case.expected["r_call"])
    assert outcome is not None
    frame = case.data()
    treated = frame[time].where(frame[options["treatment"]] == 1).groupby(frame[unit]).transform("min")
    design = StudyDesign.from_frame(
        frame.assign(start=treated.fillna(0)),
        outcome=outcome[1],
        unit=unit,
        time=time,
        cohort="start",
        covariates=[name for name in re.findall(r"\w+", left) if name != "0"],
        weights=options["weights"],
        cluster=options["cluster"],
    )
    path = "rel" in options["second_stage"]
    estimate = two_stage(design, by="event_time" if path else "simple")
    at = [float(term.split("::")[1]) for term in np.atleast_1d(wanted["term"])]
    assert [term.event_time for term in estimate.terms] == (at if path else [None])
    assert estimate.influence is not None
    psi = design.cluster.sums(estimate.influence) / design.n_units
    case.close("estimate", estimate.value, np.atleast_1d(wanted["estimate"]))
    case.close("se", np.sqrt((psi**2).sum(axis=0)), np.atleast_1d(wanted["se"]))
    covariance = np.array(wanted["vcov"])
    atol = 1e-6 * np.diag(covariance).max()
    np.testing.assert_allclose(psi.T @ psi, covariance, rtol=1e-6, atol=atol)
