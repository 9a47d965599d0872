"""Do intervals cover, and do tests reject a true null, as often as they say?

Each number stands with its Monte Carlo error; the bound is three of them. The short versions run with the
other tests, the long ones with `-m long`; the numbers are those of `evaluation.inference.size_study`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from evaluation.estimate import Inference
from evaluation.inference import clustered, multiplier_bootstrap, randomisation, wild_cluster_bootstrap
from evaluation.inference.size_study import SIZE_STUDY, Measured
from tests.coverage.study import count, covers, rejects

LENGTHS = [pytest.param(200, id="short"), pytest.param(2000, id="long", marks=pytest.mark.long)]
lengths = pytest.mark.parametrize("repetitions", LENGTHS)


THROUGH = {(22, 1), (22, 3), (22, 5), (57, 16)}
"""Designs that are repeated through the package; the study's formulas are compared with it elsewhere."""


def cells(method: str) -> list[Measured]:
    """Cells of the committed size study with clusters of one size."""
    return [
        cell
        for cell in SIZE_STUDY
        if cell.method == method and cell.sizes == "equal" and (cell.clusters, cell.treated) in THROUGH
    ]


def design(cell: Measured) -> str:
    return f"{cell.treated}-of-{cell.clusters}"


@lengths
@pytest.mark.parametrize("family", ["gaussian", "poisson"])
def test_clustered_intervals_cover_with_many_treated_clusters(repetitions: int, family: str) -> None:
    """60 clusters, 16 treated, level 95 %."""
    effect = 1.0 if family == "gaussian" else 0.3
    found = count(covers, clustered, repetitions, units=60, treated=16, family=family, effect=effect)
    assert found.is_compatible_with(0.95), found


@lengths
@pytest.mark.parametrize("cell", cells("clustered"), ids=design)
def test_clustered_rejects_as_often_as_the_size_study_says(repetitions: int, cell: Measured) -> None:
    found = count(rejects, clustered, repetitions, units=cell.clusters, treated=cell.treated, effect=0.0)
    assert found.is_compatible_with(cell.rejection, of=cell.panels), found
    if cell.treated <= 3:
        assert not found.is_compatible_with(0.05), found


OTHERS: dict[str, Callable[..., Inference]] = {
    "clustered_cr2": partial(clustered, correction="CR2"),
    "clustered_cr3": partial(clustered, correction="CR3"),
    "wild_cluster_bootstrap": partial(wild_cluster_bootstrap, draws=999),
    "wild_cluster_bootstrap_unrestricted": partial(wild_cluster_bootstrap, draws=999, impose_null=False),
    "multiplier_bootstrap": multiplier_bootstrap,
}


MEASURED = [cell for method in OTHERS for cell in cells(method)]
REPEATED = [
    pytest.param(cell, repetitions, marks=[pytest.mark.long] if repetitions > 200 else [], id=name)
    for cell in MEASURED
    for repetitions in (200, 2000)
    if repetitions > 200 or (cell.clusters, cell.treated) == (22, 3)
    for name in [f"{cell.method}-{design(cell)}-{repetitions}"]
]


@pytest.mark.parametrize(("cell", "repetitions"), REPEATED)
def test_the_others_reject_as_often_as_the_size_study_says(cell: Measured, repetitions: int) -> None:
    shape = {"units": cell.clusters, "treated": cell.treated}
    found = count(rejects, OTHERS[cell.method], repetitions, effect=0.0, **shape)
    error = max(cell.std_error, 0.5 / cell.panels)  # a share of zero has an error too
    assert abs(found.share - cell.rejection) <= 3 * error * (1 + cell.panels / repetitions) ** 0.5, found


@lengths
@pytest.mark.parametrize("cell", cells("randomisation"), ids=design)
def test_randomisation_has_its_size(repetitions: int, cell: Measured) -> None:
    """With 22 assignments p is a multiple of 1/22, with 1,540 of 1/1540; size floor(.05 N)/N."""
    shape = {"units": cell.clusters, "treated": cell.treated}
    found = count(rejects, randomisation, repetitions, effect=0.0, draws=999, **shape)
    assert found.is_compatible_with(cell.rejection, of=cell.panels), found
    assert found.is_compatible_with({1: 1 / 22, 3: 77 / 1540}.get(cell.treated, 0.05)), found


@lengths
def test_drawn_randomisation_has_its_size_too(repetitions: int) -> None:
    """With 99 draws p <= 0.05 happens with probability 5/100 exactly, however few the draws."""
    found = count(rejects, randomisation, repetitions, units=22, treated=3, effect=0.0, draws=99, max_exact=1)
    assert found.is_compatible_with(0.05), found
