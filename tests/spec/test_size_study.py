"""One size study: what it says, that its page says the same, and which of its numbers a note quotes."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from evaluation.inference.size_study import FEW_TREATED, SIZE_STUDY, Measured, few_treated, nearest

EXACT, BRADLEY = 0.05, 0.075


def excess(cell: Measured) -> float:
    """By how many Monte Carlo errors a method rejects more than it says."""
    return (cell.rejection - EXACT) / (EXACT * (1 - EXACT) / cell.panels) ** 0.5


def of(method: str, sizes: str = "equal") -> list[Measured]:
    cells = [c for c in SIZE_STUDY if (c.method, c.sizes) == (method, sizes)]
    return sorted(cells, key=lambda cell: (cell.treated, cell.clusters))


def test_a_cell_stands_there_once() -> None:
    assert len({(c.clusters, c.treated, c.method, c.sizes) for c in SIZE_STUDY}) == len(SIZE_STUDY)


def test_the_rule_rests_on_it() -> None:
    """Clustered errors reject too often with few treated clusters, or unequal ones; others do not.

    Bradley's criterion is one and a half times the level.
    """
    few = [cell for cell in of("clustered") if cell.treated < FEW_TREATED]
    assert len(few) == 8
    assert all(excess(cell) > 3 and cell.rejection > BRADLEY for cell in few)
    assert all(cell.rejection <= BRADLEY for cell in of("clustered") if cell.treated >= FEW_TREATED)
    assert all(cell.rejection > BRADLEY for cell in of("clustered", "unequal"))
    assert all(excess(cell) < 3 for cell in of("randomisation"))
    assert all(excess(cell) < 3 for cell in of("clustered_cr3"))


@pytest.mark.parametrize(
    ("clusters", "treated", "design"),
    [
        (27, 1, (22, 1)),
        (22, 2, (22, 2)),
        (57, 4, (57, 3)),  # as near to three as to five: the fewer
        (22, 5, (22, 5)),
        (22, 7, (22, 5)),
        (60, 9, (57, 10)),
        (100, 40, (57, 16)),
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
    assert numbers["rejection"] > EXACT
    quoted = (numbers["rejection_clusters"], numbers["rejection_treated"], numbers["rejection"])
    assert quoted in [(c.clusters, c.treated, c.rejection) for c in of(method)]


def test_enough_treated_clusters_are_not_warned_of() -> None:
    assert few_treated("clustered", clusters=22, treated=FEW_TREATED) == ()


def test_the_page_shows_these_numbers(root: Path) -> None:
    (note,) = few_treated("clustered", clusters=22, treated=1)
    page = (root / str(note.numbers["source"])).read_text("utf-8")
    (heads,) = re.findall(r"^\| \|((?: \d+ of \d+ \|){12})$", page, re.MULTILINE)
    designs = [tuple(map(int, words.split(" of ")))[::-1] for words in heads.strip(" |").split(" | ")]
    rows = re.findall(r"^\| `(\w+)` \|((?: [\d.–]+ \|){12})$", page, re.MULTILINE)
    shown = {
        (*design, method): share
        for method, cells in rows
        for design, share in zip(designs, cells.strip(" |").split(" | "), strict=True)
        if share != "–"
    }
    assert shown == {
        (cell.clusters, cell.treated, cell.method): f"{100 * cell.rejection:.1f}"
        for cell in SIZE_STUDY
        if cell.sizes == "equal"
    }


def test_they_are_those_of_the_file(root: Path) -> None:
    """Its four correlations are pooled; within the last decimal that is shown."""
    table = pd.read_csv(root / "docs/data/size_study.csv")
    table = table[(table["variance"] == 1) & (table["defined"] > 0)]
    table["hits"] = table["rejection"] * table["panels"]
    sums = table.groupby(["clusters", "treated", "method", "sizes"])[["hits", "panels"]].sum()
    for cell in SIZE_STUDY:
        hits, panels = sums.loc[(cell.clusters, cell.treated, cell.method, cell.sizes)]
        assert panels == cell.panels
        assert hits / panels == pytest.approx(cell.rejection, abs=0.00051)
    assert len(sums.xs("equal", level="sizes")) == sum(cell.sizes == "equal" for cell in SIZE_STUDY)
