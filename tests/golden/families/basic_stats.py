"""Base R: p.adjust. The other statistics of the case belong to parts that are not there yet."""

from __future__ import annotations

from evaluation.inference import adjusted
from tests.golden.case import Case

METHODS = {"holm": "holm", "bonferroni": "bonferroni", "BH": "benjamini_hochberg"}


def not_covered(case: Case) -> list[str]:
    others = [f"p_adjust {name}" for name in case.results["p_adjust"] if name not in METHODS]
    return others + [name for name in case.results if name != "p_adjust"]


def check(case: Case) -> None:
    for theirs, ours in METHODS.items():
        case.close(theirs, adjusted(case.options["p"], method=ours), case.results["p_adjust"][theirs], "all")
