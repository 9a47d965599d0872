"""Hajek weights from a logit, with the robust errors of a weighted regression."""

from __future__ import annotations

import numpy as np

from evaluation import individuals
from evaluation.design import Sample
from evaluation.inference import clustered
from tests.golden.case import Case


def not_covered(case: Case) -> list[str]:
    del case
    return []


def check(case: Case) -> None:
    sample = Sample.from_frame(
        case.data(),
        outcome="re78",
        treatment="treat",
        covariates=case.options["formula"].split("~")[1].split("+"),
    )
    score = individuals.propensity(sample)
    case.close("logit_coef", score.coefficient, case.results["logit_coef"], "all")
    case.close("pscore", score.value, case.results["pscore"], "all")
    for estimand in ("att", "ate"):
        wanted = case.results[estimand]
        fit = individuals.ipw(sample, estimand=estimand, score_known=True)
        case.close(estimand, fit.value, [wanted["est"]], "all")
        error = clustered(fit, correction="CR0").std_error
        case.close("HC0", error, [wanted["HC0"]], "all")
        case.close("HC1", error * np.sqrt(sample.n_units / (sample.n_units - 2)), [wanted["HC1"]], "all")
        weighted = individuals.inverse_probability_weights(sample, estimand=estimand)
        case.close("ess", weighted.effective_sizes[1], wanted["ess_control"], "all")
