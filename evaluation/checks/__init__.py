"""Checks: one per file, each returns a `CheckResult`."""

from evaluation.checks.bacon import bacon
from evaluation.checks.balance import balance
from evaluation.checks.compare_estimators import compare_estimators
from evaluation.checks.leave_one_out import leave_one_out
from evaluation.checks.placebo import placebo_in_space, placebo_in_time
from evaluation.checks.pretrends import pretrends
from evaluation.checks.pretrends_power import pretrends_power
from evaluation.checks.selection_rule import selection_rule
from evaluation.checks.trends import raw_trends
from evaluation.checks.twfe_weights import twfe_weights
from evaluation.estimate.check import CheckResult

__all__ = [
    "CheckResult",
    "bacon",
    "balance",
    "compare_estimators",
    "leave_one_out",
    "placebo_in_space",
    "placebo_in_time",
    "pretrends",
    "pretrends_power",
    "raw_trends",
    "selection_rule",
    "twfe_weights",
]
