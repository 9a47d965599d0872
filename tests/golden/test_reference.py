"""Every case of the reference folder: those covered must agree, those not covered are listed by name."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.golden.case import Case, cases
from tests.shared import shared

FOLDER = Path(__file__).parent
LIST = FOLDER / "not_covered.txt"
FAMILIES: dict[str, ModuleType] = {
    path.stem: importlib.import_module(f"tests.golden.families.{path.stem}")
    for path in sorted((FOLDER / "families").glob("[a-z]*.py"))
}
"""Family -> a module with check(case), and not_covered(case): what of a case is left out. One file each."""

ALL = cases()
COVERED = [case for case in ALL if case.family in FAMILIES]


def missing() -> list[str]:
    """Cases of families without a module, and the quantities that a module leaves out."""
    lines = []
    for case in ALL:
        if case.family not in FAMILIES:
            lines.append(case.id)
        else:
            lines += [f"{case.id}: {quantity}" for quantity in FAMILIES[case.family].not_covered(case)]
    return sorted(lines)


@pytest.mark.parametrize("case", COVERED or [None], ids=lambda case: case.id if case else "absent")
def test_case_agrees_with_the_reference(case: Case | None) -> None:
    shared("reference/index.json")
    assert case is not None
    FAMILIES[case.family].check(case)


def test_what_is_not_covered_is_listed_and_the_list_only_shrinks() -> None:
    shared("reference/index.json")
    listed = LIST.read_text(encoding="utf-8").splitlines()
    left = missing()
    report = f"{len(COVERED)} of {len(ALL)} cases compared; not covered:"
    sys.stdout.write("\n".join([report, *left, ""]))
    assert sorted(set(left) - set(listed)) == [], "covered before, not any more (or new in the index)"
    assert sorted(set(listed) - set(left)) == [], "covered now: take these lines out of not_covered.txt"
    assert len(listed) == len(set(listed)), "doubled lines"


def test_every_family_module_has_cases() -> None:
    shared("reference/index.json")
    assert set(FAMILIES) <= {case.family for case in ALL}
