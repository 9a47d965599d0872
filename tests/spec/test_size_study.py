"""One size study: what it says, that its page says the same, and which of its numbers a note quotes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evaluation.inference.size_study import FEW_TREATED, SIZE_STUDY, Measured, few_treated, nearest

EXACT = 0.05


def excess(cell: Measured) -> float:
    """By how many Monte Carlo errors a method rejects more than it says."""
    return (cell.rejection - EXACT) / (EXACT * (1 - EXACT) / cell.panels) ** 0.5


def of(method: str) -> list[Measured]:
    return sorted((c for c in SIZE_STUDY if c.method == method), key=lambda cell: cell.treated)


def test_a_cell_stands_there_once() -> None:
    assert len({(c.clusters, c.treated, c.method) for c in SIZE_STUDY}) == len(SIZE_STUDY)


def test_the_rule_rests_on_it() -> None:
    """With few treated clusters clustered errors reject too often and randomisation does not."""
    few = [cell for cell in of("clustered") if cell.treated <= 5]
    assert len(few) == 4
    assert all(excess(cell) > 3 for cell in few)
    assert [cell.rejection for cell in few] == sorted((c.rejection for c in few), reverse=True)
    assert all(excess(cell) < 3 for cell in of("clustered") if cell.treated >= FEW_TREATED)
    assert all(excess(cell) < 3 for cell in of("randomisation"))


@pytest.mark.parametrize(
    ("clusters", "treated", "design"),
    [
        (27, 1, (22, 1)),
        (22, 2, (22, 2)),
        (57, 4, (22, 3)),  # as near to three as to five: the fewer
        (22, 5, (22, 5)),
        (22, 7, (22, 5)),
        (60, 9, (22, 9)),
        (100, 40, (60, 16)),
    ],
)
def test_the_nearest_design_by_treated_clusters_first(
    clusters: int, treated: int, design: tuple[int, int]
) -> None:
    cell = nearest(clusters, treated)
    assert (cell.clusters, cell.treated) == design


@pytest.mark.parametrize(
    ("method", "code"),
    [("clustered", "few_treated_clusters"), ("multiplier_bootstrap", "few_treated_bootstrap")],
)
@pytest.mark.parametrize("treated", range(1, FEW_TREATED))
def test_a_warning_quotes_a_measurement_that_warns(method: str, code: str, treated: int) -> None:
    (note,) = few_treated(method, clusters=22, treated=treated)
    assert note.code == code
    numbers = note.numbers
    assert numbers["treated_clusters"] == treated
    assert numbers["rejection_treated"] < FEW_TREATED
    assert numbers["rejection"] > EXACT
    quoted = (numbers["rejection_clusters"], numbers["rejection_treated"], numbers["rejection"])
    assert quoted in [(c.clusters, c.treated, c.rejection) for c in of(method)]


def test_enough_treated_clusters_are_not_warned_of() -> None:
    assert few_treated("clustered", clusters=22, treated=FEW_TREATED) == ()


def test_the_page_shows_these_numbers(root: Path) -> None:
    (note,) = few_treated("clustered", clusters=22, treated=1)
    page = (root / str(note.numbers["source"])).read_text("utf-8")
    shown = re.findall(
        r"^\| (\d+) \| (\d+) \| `(\w+)` \| ([\d.]+) \| ([\d.]+) \| ([\d,]+) \|$", page, re.MULTILINE
    )
    assert shown == [
        (
            str(cell.clusters),
            str(cell.treated),
            cell.method,
            f"{100 * cell.rejection:.4g}",
            f"{100 * cell.std_error:.2f}",
            f"{cell.panels:,}",
        )
        for cell in SIZE_STUDY
    ]
