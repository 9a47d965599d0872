"""Clustered standard errors: options, small samples, what is noted and refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import stats

from evaluation.design import StudyDesign
from evaluation.errors import InferenceError
from evaluation.estimate import Estimate
from evaluation.estimators import twfe
from evaluation.inference import clustered
from evaluation.simulate import did_panel
from tests.golden.own.panel import synthetic_panel


def effect(n_treated: int = 12, **options: object) -> Estimate:
    frame = did_panel(n_units=30, n_periods=8, n_treated=n_treated, seed=3)
    frame = frame.assign(third=frame.groupby("unit").ngroup() // 10, whole=1)
    given = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    return twfe(StudyDesign.from_frame(frame, groups=["third", "whole"], **(given | options)))


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.999])
def test_intervals_and_p_values_agree(level: float) -> None:
    """The interval of level 1 - p ends at zero."""
    estimate = effect()
    result = clustered(estimate, conf_level=level)
    half = stats.t.ppf((1 + level) / 2, 29) * result.std_error
    np.testing.assert_allclose(result.conf_high - estimate.value, half)
    np.testing.assert_allclose(estimate.value - result.conf_low, half)
    at_p = clustered(estimate, conf_level=1 - result.p_value[0])
    assert min(abs(at_p.conf_low[0]), abs(at_p.conf_high[0])) < 1e-9 * abs(estimate.value[0])


def test_influence_alone_has_the_factor_of_the_clusters_only() -> None:
    estimate = effect()
    alone = clustered(dataclasses.replace(estimate, moments=None))
    uncorrected = clustered(estimate, correction="CR0").std_error
    np.testing.assert_allclose(alone.std_error, uncorrected * np.sqrt(30 / 29), rtol=1e-12)


def test_units_that_are_their_own_clusters_are_the_default() -> None:
    estimate = effect()
    np.testing.assert_array_equal(
        clustered(estimate).std_error, clustered(estimate, cluster="unit").std_error
    )
    assert clustered(estimate, cluster="third").df.tolist() == [2.0]
    assert clustered(effect(cluster="third")).df.tolist() == [2.0]


@pytest.mark.parametrize("treated", [1, 3, 9])
def test_few_treated_clusters_are_noted(treated: int) -> None:
    (note,) = clustered(effect(treated)).notes
    assert note.code == "few_treated_clusters"
    assert (note.numbers["treated_clusters"], note.numbers["clusters"]) == (treated, 30)
    assert note.numbers["rejection"] == {1: 0.655, 3: 0.154, 9: 0.053}[treated]
    assert note.numbers["source"] == "docs/methods/size_study.md"


def test_ten_treated_clusters_are_not_noted() -> None:
    assert clustered(effect(10)).notes == ()
    assert clustered(effect(10), cluster="third").notes[0].numbers["treated_clusters"] == 1


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ({"cluster": "whole"}, "one-cluster", "at least two"),
        ({"correction": "CR4"}, "unknown-option", "Did you mean 'CR"),
        ({"count_effects": "nested"}, "unknown-option", "Did you mean 'nonnested'"),
        ({"conf_level": 95}, "bad-conf-level", "Write 0.95"),
    ],
)
def test_refusals(options: dict[str, object], code: str, said: str) -> None:
    with pytest.raises(InferenceError, match=said) as caught:
        clustered(effect(), **options)  # type: ignore[arg-type]
    assert caught.value.code == code


def test_effects_of_regions_are_nested_in_regions() -> None:
    """fixest counts neither unit effects nor region x period effects when it clusters by region."""
    frame = synthetic_panel()
    design = StudyDesign.from_frame(
        frame, outcome="y", unit="unit", time="period", cohort="start", groups=["region"]
    )
    estimate = twfe(design, period_effects_by="region")
    moments = estimate.moments
    assert moments is not None
    uncorrected = clustered(estimate, cluster="region", correction="CR0").std_error
    by_region = clustered(estimate, cluster="region").std_error
    n = moments.n_obs
    np.testing.assert_allclose(by_region / uncorrected, np.sqrt(4 / 3 * (n - 1) / (n - 2)), rtol=1e-12)
