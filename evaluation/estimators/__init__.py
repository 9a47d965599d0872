"""Estimators: one method per file; importing this package registers them."""

from evaluation.estimate.learners import Learners
from evaluation.estimators.att_gt import att_gt
from evaluation.estimators.did_2x2 import did_2x2
from evaluation.estimators.efficient import efficient
from evaluation.estimators.etwfe import etwfe
from evaluation.estimators.event_study import event_study
from evaluation.estimators.imputation import imputation
from evaluation.estimators.stacked import stacked
from evaluation.estimators.sun_abraham import sun_abraham
from evaluation.estimators.twfe import twfe
from evaluation.estimators.two_stage import two_stage

__all__ = [
    "Learners",
    "att_gt",
    "did_2x2",
    "efficient",
    "etwfe",
    "event_study",
    "imputation",
    "stacked",
    "sun_abraham",
    "twfe",
    "two_stage",
]
