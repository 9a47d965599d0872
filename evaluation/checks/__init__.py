"""Checks: one per file, each returns a `CheckResult`."""

from evaluation.checks.balance import balance
from evaluation.checks.placebo import placebo_in_space, placebo_in_time
from evaluation.checks.pretrends import pretrends
from evaluation.checks.result import CheckResult
from evaluation.checks.selection_rule import selection_rule
from evaluation.checks.trends import raw_trends

__all__ = [
    "CheckResult",
    "balance",
    "placebo_in_space",
    "placebo_in_time",
    "pretrends",
    "raw_trends",
    "selection_rule",
]
