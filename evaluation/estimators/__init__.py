"""Estimators: one method per file; importing this package registers them."""

from evaluation.estimators.twfe import twfe

__all__ = ["twfe"]
