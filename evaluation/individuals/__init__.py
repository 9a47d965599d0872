"""Persons seen once: how those who were treated compare with those who were not. Pure, without words."""

from evaluation.individuals.abadie_imbens import abadie_imbens
from evaluation.individuals.aipw import aipw, linear_learner, logit_learner
from evaluation.individuals.balance import weighted_balance
from evaluation.individuals.classes import cem, subclassification
from evaluation.individuals.entropy import entropy_balancing, entropy_weights
from evaluation.individuals.ipw import inverse_probability_weights, ipw, overlap_weights
from evaluation.individuals.itt import itt
from evaluation.individuals.late import anderson_rubin, first_stage, late
from evaluation.individuals.match import match
from evaluation.individuals.matched import matched_difference
from evaluation.individuals.propensity import crump_limit, overlap, propensity, trim
from evaluation.individuals.rd_bandwidths import rd_bandwidths
from evaluation.individuals.regression_discontinuity import rd_error, regression_discontinuity

__all__ = [
    "abadie_imbens",
    "aipw",
    "anderson_rubin",
    "cem",
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
    "match",
    "matched_difference",
    "overlap",
    "overlap_weights",
    "propensity",
    "rd_bandwidths",
    "rd_error",
    "regression_discontinuity",
    "subclassification",
    "trim",
    "weighted_balance",
]
