"""Surveys of staff: what is refused, hand-made answers, invariances, and the truth of the simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation import infer, staff, twfe
from evaluation.design import RepeatedCrossSection
from evaluation.errors import DataError, DesignError
from evaluation.simulate import staff_waves
from evaluation.staff import Waves
from evaluation.staff._factor import one_factor

ITEMS = tuple(f"item_{i}" for i in range(1, 9))


def small(**changes: object) -> pd.DataFrame:
    """Four persons in two offices and two districts, two waves, two items."""
    frame = pd.DataFrame(
        {
            "person": list("abcd") * 2,
            "wave": [1] * 4 + [2] * 4,
            "office": ["o1", "o1", "o2", "o2"] * 2,
            "district": ["d1", "d1", "d2", "d2"] * 2,
            "i1": [2, 3, 4, 1, 4, 4, 4, None],
            "i2": [2, 5, 2, 1, 4, 4, 2, None],
        }
    )
    for column, value in changes.items():
        frame[column] = value
    return frame


def test_changes_are_those_of_persons_by_hand() -> None:
    waves = Waves.from_frame(small(), items=("i1", "i2"))
    pairs = waves.differences(1, 2)
    assert pairs.person.tolist() == ["a", "b", "c"]
    assert pairs.difference.tolist() == [2.0, 0.0, 0.0]
    row = staff.paired_change(waves, 1, 2).table.iloc[0]
    # mean 2/3; sums of deviations by district: d1 (4/3 - 2/3)/3 = 2/9, d2 (-2/3)/3 = -2/9; G/(G-1) = 2
    np.testing.assert_allclose([row.estimate, row.std_error], [2 / 3, np.sqrt(2 * 2 * (2 / 9) ** 2)])
    assert (row.n, row.clusters) == (3, 2)
    assert waves.n_linked == 3


def test_a_score_needs_enough_items() -> None:
    frame = small(i1=[None, 3, 4, 1, 4, 4, 4, None])
    waves = Waves.from_frame(frame, items=("i1", "i2"))
    assert np.isnan(waves.scores().score[0])
    assert waves.scores(least=0.5).score[0] == 2
    with pytest.raises(DesignError, match="least"):
        waves.scores(least=0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"person": ["a", "a", "c", "d"] * 2}, "doubled-person"),
        ({"district": ["d1", "d1", "d2", "d2", "d2", "d1", "d2", "d2"]}, "moved-person"),
        ({"person": ["a", None, "c", "d"] * 2}, "missing-key"),
        ({"i1": [6] * 8}, "bad-score"),
    ],
)
def test_what_cannot_be_linked_is_refused(change: dict[str, object], code: str) -> None:
    with pytest.raises(DataError) as caught:
        Waves.from_frame(small(**change), items=("i1", "i2"))
    assert caught.value.code == code
    assert caught.value.example


def test_the_same_persons_are_never_independent_observations() -> None:
    waves = Waves.from_frame(small(start=0), items=("i1", "i2"))
    with pytest.raises(DataError) as caught:
        RepeatedCrossSection.from_frame(waves, outcome="i1", time="wave", cohort="start")
    assert caught.value.code == "not-a-frame"
    linked = next(note for note in waves.notes if note.code == "persons_linked")
    assert (linked.numbers["persons"], linked.numbers["linked"]) == (4, 3)


def test_unknown_waves_and_strangers() -> None:
    waves = Waves.from_frame(small(), items=("i1", "i2"))
    with pytest.raises(DataError, match="No wave is called 3"):
        waves.differences(1, 3)
    strangers = Waves.from_frame(small(person=list("abcdefgh")), items=("i1", "i2"))
    with pytest.raises(DataError, match="same key"):
        strangers.differences(1, 2)


def test_alpha_by_its_other_formula_and_by_symmetry() -> None:
    rng = np.random.default_rng(5)
    answers = rng.normal(size=(200, 1)) + rng.normal(size=(200, 6))
    covariance = np.cov(answers, rowvar=False)
    off = covariance.sum() - np.trace(covariance)
    np.testing.assert_allclose(staff.alpha(answers), 6 / 5 * off / covariance.sum(), rtol=1e-12)
    for measure in (staff.alpha, staff.omega):
        base = measure(answers)
        np.testing.assert_allclose(measure(3 * answers[:, ::-1] + 7), base, rtol=1e-6)  # a search ends there
    assert staff.omega(answers) >= staff.alpha(answers) - 1e-6


def test_one_factor_is_where_the_likelihood_is_flat() -> None:
    rng = np.random.default_rng(2)
    loading = np.array([0.9, 0.8, 0.6, 0.5, 0.4])
    answers = rng.normal(size=(500, 1)) * loading + rng.normal(size=(500, 5)) * np.sqrt(1 - loading**2)
    sample = np.cov(answers, rowvar=False)
    found, unique = one_factor(sample)
    inverse = np.linalg.inv(np.outer(found, found) + np.diag(unique))
    slope = inverse - inverse @ sample @ inverse
    np.testing.assert_allclose(slope @ found, 0, atol=1e-4)  # stationarity; the search stops at 1e-8 of F
    np.testing.assert_allclose(np.diag(slope), 0, atol=1e-4)
    np.testing.assert_allclose(found, loading, atol=0.12)  # three standard errors of 1/sqrt(500)


def test_reliability_and_response_of_the_simulated_survey() -> None:
    frame = staff_waves().assign(
        group=lambda one: one.pilot_start.notna().map({True: "pilot", False: "other"})
    )
    waves = Waves.from_frame(frame, items=ITEMS)
    table = staff.reliability(waves, draws=40).table
    assert ((table.conf_low < table.estimate) & (table.estimate < table.conf_high)).all()
    assert set(table.offices) == {36}
    counts = staff.response(waves, by="group")
    assert counts.groupby("wave").asked.sum().tolist() == [288, 288, 288]
    assert counts.answered.sum() == len(waves.answered)
    lost = staff.attrition(waves, by="group", treated="pilot", draws=99).table
    last = lost.iloc[-1]
    np.testing.assert_allclose(last.difference, last.treated - last.comparison)
    assert last.conf_low < last.difference < last.conf_high


def test_the_effect_of_the_simulation_is_found_on_average() -> None:
    found = []
    for seed in range(30):
        waves = Waves.from_frame(staff_waves(seed=seed), items=ITEMS)
        design = staff.design(waves, cohort="pilot_start")
        found.append(twfe(design).value[0])
    # attitude +0.175 and +0.35, training adds up to 0.1; a point of attitude moves the mean of items by 0.62
    # of a standard deviation near 0.9 of a point: about 0.2 points, Monte Carlo error 0.015
    assert 0.12 < np.mean(found) < 0.28


def test_few_pilots_are_judged_by_randomisation_over_districts() -> None:
    waves = Waves.from_frame(staff_waves(), items=ITEMS)
    design = staff.design(waves, cohort="pilot_start")
    assert (design.names.unit, design.cluster.name, design.n_treated_clusters) == ("person", "district", 6)
    assert infer(twfe(design), draws=99).inference.method == "randomisation"
