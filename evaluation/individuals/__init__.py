"""Persons seen once: how those who were treated compare with those who were not. Pure, without words."""

from evaluation.individuals.aipw import aipw, linear_learner, logit_learner
from evaluation.individuals.balance import weighted_balance
from evaluation.individuals.entropy import entropy_balancing, entropy_weights
from evaluation.individuals.ipw import inverse_probability_weights, ipw, overlap_weights
from evaluation.individuals.itt import itt
from evaluation.individuals.late import anderson_rubin, first_stage, late
from evaluation.individuals.propensity import crump_limit, overlap, propensity, trim
from evaluation.individuals.rd_bandwidths import rd_bandwidths
from evaluation.individuals.regression_discontinuity import rd_error, regression_discontinuity

__all__ = [
    "aipw",
    "anderson_rubin",
    "crump_limit",
    "entropy_balancing",
    "entropy_weights",
    "first_stage",
    "inverse_probability_weights",
    "ipw",
    "itt",
    "late",
    "linear_learner",
    "logit_learner",
    "overlap",
    "overlap_weights",
    "propensity",
    "rd_bandwidths",
    "rd_error",
    "regression_discontinuity",
    "trim",
    "weighted_balance",
]
