"""Figures of people and of designs that compare them: retention, transitions, balance, discontinuities."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from evaluation.report.persons.balance import balance, balance_table
from evaluation.report.persons.discontinuity import discontinuity, discontinuity_table
from evaluation.report.persons.retention import retention, retention_table
from evaluation.report.persons.transitions import transitions, transitions_table
from evaluation.report.process import Draw, Tabulate

FIGURES: Mapping[str, tuple[Draw, Tabulate]] = MappingProxyType(
    {"balance": (balance, balance_table), "rd_plot": (discontinuity, discontinuity_table)}
)
"""Name of a check -> how it is drawn, and its data as a table."""

OF_CELLS: Mapping[str, tuple[Draw, Tabulate]] = MappingProxyType(
    {"survival": (retention, retention_table), "next_state": (transitions, transitions_table)}
)
"""Column of a table of cells that has a figure -> how it is drawn, and its data as a table."""
