"""Process evaluation drawn, tabulated and put into words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from evaluation.disclosure import Publishable
from evaluation.report.process.adoption import adoption, adoption_table, curve, curve_table, dose, dose_table
from evaluation.report.process.commitments import commitments, commitments_table
from evaluation.report.process.funnel import funnel, funnel_table
from evaluation.report.process.milestones import milestones, milestones_table
from evaluation.report.process.process_chart import process_chart, process_chart_table
from evaluation.report.process.progress import PATH, progress, progress_table
from evaluation.report.process.reports import matrix, matrix_table, rates, rates_table
from evaluation.report.process.scorecards import scorecard, scorecard_table, usability, usability_table
from evaluation.report.process.sustainment import sustained, sustained_table
from evaluation.report.process.theory import theory, theory_table
from evaluation.report.process.tiles import tiles, tiles_table
from evaluation.report.process.towns import towns, towns_table
from evaluation.report.process.verdicts import verdicts, verdicts_table
from evaluation.report.words import Labels

Draw = Callable[[Publishable, str, Labels], tuple[str, str]]
Tabulate = Callable[[Publishable, str, Labels], str]
DrawSeveral = Callable[[Sequence[Publishable], str, Labels], tuple[str, str]]
TabulateSeveral = Callable[[Sequence[Publishable], str, Labels], str]

FIGURES: Mapping[str, tuple[Draw, Tabulate]] = MappingProxyType(
    {
        "theory_of_change": (theory, theory_table),
        "district_map": (tiles, tiles_table),
        "municipality_map": (towns, towns_table),
        "commitments": (commitments, commitments_table),
        "milestones": (milestones, milestones_table),
        "adoption": (adoption, adoption_table),
        "adoption_curve": (curve, curve_table),
        "dose": (dose, dose_table),
        "sustainment": (sustained, sustained_table),
        "process_chart": (process_chart, process_chart_table),
        "scorecard": (scorecard, scorecard_table),
        "verdicts": (verdicts, verdicts_table),
        "reporting_matrix": (matrix, matrix_table),
        "reporting_rates": (rates, rates_table),
    }
)
"""Name of a check -> how it is drawn, and its data as a table."""

OF_CELLS: Mapping[str, tuple[Draw, Tabulate]] = MappingProxyType(
    {"district": (tiles, tiles_table), "persons_enrolled": (funnel, funnel_table)}
)
"""Column of a table of cells that has a figure -> how it is drawn, and its data as a table."""

JOINED: Mapping[str, tuple[DrawSeveral, TabulateSeveral]] = MappingProxyType(
    {PATH: (progress, progress_table), "usability": (usability, usability_table)}
)
"""Name of a check that may be drawn with others -> how they are drawn, and their data as a table."""

__all__ = ["FIGURES", "JOINED", "OF_CELLS", "Draw", "Tabulate"]
