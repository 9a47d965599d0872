"""Checks: one per file, each returns a `CheckResult`."""

from evaluation.checks.balance import balance
from evaluation.checks.result import CheckResult
from evaluation.checks.trends import raw_trends

__all__ = ["CheckResult", "balance", "raw_trends"]
