"""Do intervals cover, and do tests reject a true null, as often as they say?

Each number stands with its Monte Carlo error; the bound is three of them. The short versions run with the
other tests; the numbers of the long ones (`-m long`) stand in docs/methods/clustered.md.
"""

from __future__ import annotations

import pytest

from evaluation.inference import clustered, randomisation
from tests.coverage.study import count, covers, rejects

LENGTHS = [pytest.param(200, id="short"), pytest.param(2000, id="long", marks=pytest.mark.long)]
lengths = pytest.mark.parametrize("repetitions", LENGTHS)


@lengths
@pytest.mark.parametrize("family", ["gaussian", "poisson"])
def test_clustered_intervals_cover_with_many_treated_clusters(repetitions: int, family: str) -> None:
    """60 clusters, 16 treated, level 95 %."""
    effect = 1.0 if family == "gaussian" else 0.3
    found = count(covers, clustered, repetitions, units=60, treated=16, family=family, effect=effect)
    assert found.is_compatible_with(0.95), found


@lengths
def test_clustered_rejects_too_often_with_three_treated_of_22(repetitions: int) -> None:
    """18.2 % in the size study (400 repetitions) instead of 5 %."""
    found = count(rejects, clustered, repetitions, units=22, treated=3, effect=0.0)
    assert found.is_compatible_with(0.182, of=400), found
    assert not found.is_compatible_with(0.05), found


@lengths
def test_clustered_rejects_two_thirds_with_one_treated_of_22(repetitions: int) -> None:
    found = count(rejects, clustered, repetitions, units=22, treated=1, effect=0.0)
    assert found.is_compatible_with(0.67, of=400), found


@lengths
@pytest.mark.parametrize("treated", [1, 3])
def test_randomisation_has_its_size_with_few_treated(repetitions: int, treated: int) -> None:
    """Exact: with 22 assignments p is a multiple of 1/22, with 1,540 of 1/1540; size floor(.05 N)/N."""
    found = count(rejects, randomisation, repetitions, units=22, treated=treated, effect=0.0)
    assert found.is_compatible_with({1: 1 / 22, 3: 77 / 1540}[treated]), found


@lengths
def test_drawn_randomisation_has_its_size_too(repetitions: int) -> None:
    """With 99 draws p <= 0.05 happens with probability 5/100 exactly, however few the draws."""
    found = count(rejects, randomisation, repetitions, units=22, treated=3, effect=0.0, draws=99, max_exact=1)
    assert found.is_compatible_with(0.05), found
