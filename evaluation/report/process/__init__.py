"""Process evaluation drawn, tabulated and put into words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from evaluation.disclosure import Publishable
from evaluation.report.process.theory import theory, theory_table
from evaluation.report.process.tiles import tiles, tiles_table
from evaluation.report.process.towns import towns, towns_table
from evaluation.report.words import Labels

Draw = Callable[[Publishable, str, Labels], tuple[str, str]]
Tabulate = Callable[[Publishable, str, Labels], str]

FIGURES: Mapping[str, tuple[Draw, Tabulate]] = MappingProxyType(
    {
        "theory_of_change": (theory, theory_table),
        "district_map": (tiles, tiles_table),
        "municipality_map": (towns, towns_table),
    }
)
"""Name of a check -> how it is drawn, and its data as a table."""

OF_CELLS: Mapping[str, tuple[Draw, Tabulate]] = MappingProxyType({"district": (tiles, tiles_table)})
"""Key of a table of cells that has a figure -> how it is drawn, and its data as a table."""
