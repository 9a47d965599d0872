"""Which inference is the default, and that the reason is said."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from evaluation import StudyDesign, infer, twfe
from evaluation.errors import InferenceError
from evaluation.estimate import Estimate, Result, Term, combine
from evaluation.inference import clustered, randomisation
from evaluation.inference.size_study import FEW_TREATED, nearest
from evaluation.simulate import did_panel


def effect(n_treated: int, **roles: str) -> Estimate:
    frame = did_panel(n_units=24, n_periods=6, n_treated=n_treated, seed=3)
    frame["arm"] = (frame.cohort > 0).astype(str)
    columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    return twfe(StudyDesign.from_frame(frame, **columns, **roles))


def reason(result: Result) -> tuple[object, object]:
    (note,) = [note for note in result.inference.notes if note.code == "default_inference"]
    assert note.numbers["method"] == result.inference.method
    return note.numbers["method"], note.numbers["reason"]


@pytest.mark.parametrize(
    ("treated", "expected"),
    [
        (1, ("randomisation", "few_treated_clusters")),
        (9, ("randomisation", "few_treated_clusters")),
        (10, ("clustered", "many_treated_clusters")),
    ],
)
def test_ten_treated_clusters_are_the_border(treated: int, expected: tuple[str, str]) -> None:
    assert FEW_TREATED == 10
    assert reason(infer(effect(treated), draws=99)) == expected


def weighted(spread: float, n_treated: int = 12) -> Estimate:
    """Twelve of 30 treated; weights run from one to `spread`."""
    frame = did_panel(n_units=30, n_periods=6, n_treated=n_treated, seed=3)
    frame["people"] = np.geomspace(1, spread, 30)[(7 * frame["unit"]) % 30]
    columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    return twfe(StudyDesign.from_frame(frame, **columns, weights="people"))


@pytest.mark.parametrize(
    ("spread", "expected"),
    [
        (1, ("clustered", "many_treated_clusters")),
        (1.5, ("clustered", "many_treated_clusters")),
        (400, ("clustered_cr3", "unequal_treated_clusters")),
    ],
)
def test_clusters_of_very_unequal_weight_count_like_fewer(spread: float, expected: tuple[str, str]) -> None:
    estimate = weighted(spread)
    result = infer(estimate)
    assert reason(result) == expected
    (note,) = [note for note in result.inference.notes if note.code == "default_inference"]
    share = np.geomspace(1, spread, 30)[(7 * np.arange(1, 13)) % 30]
    assert note.numbers["effective"] == round(share.sum() ** 2 / (share**2).sum(), 1)
    if spread == 400:
        assert note.numbers["rejection"] == nearest(30, 12, sizes="unequal").rejection > 0.1
        assert result.inference.p_value == clustered(estimate, correction="CR3").p_value


def test_without_moments_clusters_are_only_counted() -> None:
    bare = dataclasses.replace(weighted(400), moments=None)
    assert reason(infer(bare)) == ("clustered", "many_treated_clusters")


def test_clusters_count_and_not_units() -> None:
    frame = did_panel(n_units=40, n_periods=6, n_treated=15, n_clusters=10, seed=3)
    columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    by_unit = twfe(StudyDesign.from_frame(frame, **columns))
    by_cluster = twfe(StudyDesign.from_frame(frame, **columns, cluster="cluster"))
    assert infer(by_unit).inference.method == "clustered"
    by_cluster_ten = infer(by_cluster)  # 15 treated units in all 10 clusters
    assert by_cluster_ten.estimate.design.n_treated_clusters == 10
    frame["half"] = (frame.cluster + 1) // 2
    assert infer(
        twfe(StudyDesign.from_frame(frame, **columns, cluster="half")), draws=49
    ).inference.method == ("randomisation")


def test_the_numbers_are_those_of_the_method_itself() -> None:
    few, many = effect(2), effect(12)
    np.testing.assert_array_equal(
        infer(few, draws=199, seed=5).inference.p_value,
        few.infer(randomisation, draws=199, seed=5).inference.p_value,
    )
    plain = many.infer(clustered, conf_level=0.9)
    np.testing.assert_array_equal(infer(many, conf_level=0.9).inference.conf_low, plain.inference.conf_low)
    assert set(plain.inference.notes) < set(infer(many, conf_level=0.9).inference.notes)


def test_drawn_assignments_follow_the_seed() -> None:
    one, same, other = (infer(effect(8), draws=199, seed=seed).inference.distribution for seed in (1, 1, 2))
    assert one is not None
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_where_nothing_can_be_permuted_it_says_so() -> None:
    assert reason(infer(effect(2, strata="arm"))) == ("clustered", "nothing_to_permute")


def test_where_nothing_can_be_refitted_it_says_so() -> None:
    assert reason(infer(dataclasses.replace(effect(2), refit=None))) == ("clustered", "no_refit")


def test_an_estimate_that_carries_nothing_is_refused() -> None:
    bare = dataclasses.replace(effect(2), refit=None, influence=None, moments=None)
    with pytest.raises(InferenceError) as caught:
        infer(bare)
    assert caught.value.code == "contract-missing"


def test_a_wrong_option_is_not_taken_for_nothing_to_permute() -> None:
    with pytest.raises(InferenceError) as caught:
        infer(effect(2), draws=0)
    assert caught.value.code == "bad-draws"


def test_a_combined_estimate_is_refitted_too() -> None:
    tenfold = combine(effect(2), np.array([[10.0]]), [Term("tenfold")])
    result = infer(tenfold, draws=300)
    assert reason(result) == ("randomisation", "few_treated_clusters")
    np.testing.assert_allclose(result.inference.p_value, infer(effect(2)).inference.p_value)


def test_the_note_carries_the_nearest_measurement() -> None:
    (note,) = [n for n in infer(effect(1)).notes if n.code == "default_inference"]
    assert dict(note.numbers) == {
        "method": "randomisation",
        "reason": "few_treated_clusters",
        "treated_clusters": 1,
        "effective": 1.0,
        "clusters": 24,
        "threshold": 10,
        "rejection": 0.655,
        "rejection_clusters": 22,
        "rejection_treated": 1,
    }
