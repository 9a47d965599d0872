"""Estimates, their combination and their refits; results as tables."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation.design import Note, StudyDesign
from evaluation.errors import InferenceError
from evaluation.estimate import Estimate, Inference, Refit, Result, Term, combine, require
from evaluation.estimators import twfe
from evaluation.inference import clustered, randomisation
from evaluation.inference.clustered import cluster_covariance
from tests.golden.own.panel import synthetic_panel

A, B = Term("a"), Term("b")


def design(**options: Any) -> StudyDesign:
    given = {
        "outcome": "y",
        "unit": "unit",
        "time": "period",
        "treatment": ["treated", "w"],
        "groups": ["region"],
    }
    return StudyDesign.from_frame(synthetic_panel(), **(given | options))


def toy(values: dict[Term, float], plan: StudyDesign, **given: Any) -> Estimate:
    return Estimate("toy", "att", tuple(values), np.array(list(values.values())), plan, **given)


def test_combination_of_values_and_influence() -> None:
    whole = twfe(design())
    weights = np.array([[1.0, -1.0], [0.5, 0.5]])
    mixed = combine(whole, weights, [Term("difference"), Term("mean")], estimand="contrast")
    np.testing.assert_allclose(mixed.value, weights @ whole.value, rtol=1e-14)
    np.testing.assert_allclose(mixed.influence, whole.influence @ weights.T, rtol=1e-14)
    assert (mixed.estimand, mixed.design) == ("contrast", whole.design)
    covariance = weights @ cluster_covariance(whole) @ weights.T
    np.testing.assert_allclose(clustered(mixed).std_error, np.sqrt(np.diag(covariance)), rtol=1e-12)
    twice = combine(mixed, np.array([[3.0, 2.0]]), [Term("sum")])
    expected = np.sqrt(np.array([3.0, 2.0]) @ covariance @ np.array([3.0, 2.0]))
    np.testing.assert_allclose(clustered(twice).std_error, expected, rtol=1e-12)


def test_estimated_weights_add_their_influence() -> None:
    """The delta method: d(w v) = w dv + v dw. Here v = (v1, v2) weighed by (s, 1 - s), s a sample mean."""
    plan = design()
    rng = np.random.default_rng(0)
    influence = rng.normal(size=(40, 2))
    influence -= influence.mean(axis=0)
    share = rng.uniform(size=40)
    s, ds = share.mean(), share - share.mean()
    value = {A: 2.0, B: 5.0}
    weighed = combine(
        toy(value, plan, influence=influence),
        np.array([[s, 1 - s]]),
        [Term("mean")],
        weight_influence=(ds * 2.0 - ds * 5.0)[:, None],
    )
    expected = influence @ [s, 1 - s] + ds * (2.0 - 5.0)
    np.testing.assert_allclose(weighed.influence[:, 0], expected, rtol=1e-12)


def test_a_refit_of_a_combination_is_the_combination_of_the_refit() -> None:
    whole = twfe(design())
    mixed = combine(whole, np.array([[1.0, -1.0]]), [Term("difference")])
    source = np.roll(np.arange(40), 3)
    changed = whole.design.with_treatment_of(source)
    assert mixed.refit is not None
    expected = np.array([1.0, -1.0]) @ twfe(changed).value
    np.testing.assert_allclose(mixed.refit(changed).value, expected, rtol=1e-12)
    np.testing.assert_allclose(
        mixed.refit.values(whole.design, source[None], mixed.terms), [[expected]], rtol=1e-9
    )


@pytest.mark.parametrize("order", [(A, B), (B, A), (B,)])
def test_refits_are_aligned_by_keys_never_by_position(order: tuple[Term, ...]) -> None:
    """A refit may return its terms in another order, or lack one; a lacking one is NaN."""
    numbers = {A: 1.0, B: 2.0}
    refit = Refit(lambda plan: toy({term: numbers[term] for term in order}, plan), {})
    plan = design()
    rows = refit.values(plan, np.arange(40)[None], (A, B))
    np.testing.assert_array_equal(rows, [[1.0 if A in order else np.nan, 2.0]])
    whole = toy(numbers, plan, refit=refit)
    mixed = combine(whole, np.array([[10.0, 1.0]]), [Term("m")])
    assert mixed.refit is not None
    got = mixed.refit.values(plan, np.arange(40)[None], mixed.terms)
    np.testing.assert_array_equal(got, [[12.0 if A in order else np.nan]])


def test_the_batch_of_an_estimate_with_a_dropped_treatment() -> None:
    """fixest drops a treatment that is constant within units; the refit keeps to the terms that are left."""
    frame = synthetic_panel().assign(ever=lambda data: (data.start > 0) * 1.0)
    plan = StudyDesign.from_frame(
        frame, outcome="y", unit="unit", time="period", treatment=["ever", "treated"], covariates=["x"]
    )
    estimate = twfe(plan)
    assert estimate.terms == (Term("treated"),)
    assert estimate.refit is not None
    got = estimate.refit.values(plan, np.arange(40)[None], estimate.terms)
    np.testing.assert_allclose(got, [estimate.value], rtol=1e-10)


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": np.zeros(3)},
        {"influence": np.zeros((39, 2))},
        {"influence": np.zeros((40, 1))},
        {"terms": (A, A)},
        {"moments": dataclasses.replace(twfe(design()).moments, scores=np.zeros((3, 2)))},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_wrong_shapes_are_refused_at_birth(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"shape|unique|units"):
        dataclasses.replace(toy({A: 1.0, B: 2.0}, design()), **wrong)
    with pytest.raises(ValueError, match="one shape"):
        Inference.of("x", 2, conf_level=0.9, p_value=np.zeros(3))
    with pytest.raises(ValueError, match="another number of terms"):
        Result(toy({A: 1.0}, design()), Inference.of("x", 2, conf_level=0.9))


def test_a_missing_contract_names_what_can_be_used() -> None:
    bare = toy({A: 1.0}, design(), influence=np.zeros((40, 1)))
    methods = {"clustered": "influence", "randomisation": "refit", "jackknife": "refit", "bands": "influence"}
    with pytest.raises(InferenceError, match="This estimate can be given to: clustered, bands"):
        require(bare, "refit", "randomisation", methods)
    require(bare, "influence", "clustered", methods)


def test_tidy() -> None:
    result = twfe(design()).infer(clustered)
    table = result.tidy()
    assert table.columns.tolist() == [
        "term", "cohort", "period", "event_time", "estimate", "std_error", "statistic", "df", "p_value",
        "conf_low", "conf_high", "band_low", "band_high",
    ]  # fmt: skip
    assert table.term.tolist() == ["treated", "w"]
    np.testing.assert_allclose(table.statistic, result.estimate.value / result.inference.std_error)
    pd.testing.assert_frame_equal(table, result.tidy())


def test_glance() -> None:
    row = twfe(design(treatment="treated", cluster="region")).infer(randomisation, draws=9).glance()
    assert len(row) == 1
    assert row.iloc[0].to_dict() == {
        "outcome": "y", "estimand": "att", "estimator": "twfe", "inference": "randomisation",
        "conf_level": 0.95, "n_obs": 364, "n_units": 40, "n_periods": 10, "n_clusters": 4, "n_treated": 15,
        "n_treated_clusters": 4, "first_period": 0, "last_period": 9,
    }  # fmt: skip


def test_notes_come_together_once() -> None:
    remark = Note("synthetic", {"rows": 3})
    result = twfe(design(treatment="treated", notes=[remark, remark], covariates=["region"])).infer(clustered)
    assert [note.code for note in result.notes] == ["synthetic", "collinear_dropped"]
    assert result.notes[0] is remark
