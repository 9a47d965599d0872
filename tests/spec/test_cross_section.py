"""Repeated cross-sections: the four means by hand, a panel taken apart, and what is refused."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

import evaluation as ev
from evaluation.aggregate import aggregate
from evaluation.checks import placebo_in_time
from evaluation.design import RepeatedCrossSection, StudyDesign
from evaluation.errors import DataError, DesignError, InferenceError
from evaluation.estimators import att_gt, event_study, twfe
from evaluation.inference import clustered, multiplier_bootstrap, randomisation
from evaluation.simulate import did_panel

COLUMNS = {"outcome": "y", "time": "t", "cohort": "g"}


def _table() -> pd.DataFrame:
    """Means of the group that starts in 2: 2 before, 8 after; of the other: 4 before, 5 after."""
    return pd.DataFrame(
        {
            "y": [1.0, 3.0, 8.0, 4.0, 4.0, 6.0, 5.0],
            "t": [1, 1, 2, 1, 2, 2, 2],
            "g": [2, 2, 2, 0, 0, 0, 0],
            "district": ["a", "a", "a", "b", "c", "b", "c"],
        }
    )


def test_the_design() -> None:
    design = RepeatedCrossSection.from_frame(_table(), **COLUMNS, cluster="district", groups=["district"])
    assert design.periods == (1, 2)
    assert design.period.tolist() == [0, 0, 1, 0, 1, 1, 1]
    assert design.is_treated.tolist() == [False, False, True, False, False, False, False]
    assert (design.n_units, design.n_obs, design.n_treated_clusters) == (7, 7, 1)
    assert design.group("district").labels == ("a", "b", "c")
    assert "'y'" in repr(design)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(design)
    with pytest.raises(ValueError, match="read-only"):
        design.outcome[0] = 0.0
    with pytest.raises(DesignError, match="district"):
        design.group("districts")


@pytest.mark.parametrize("method", ["dr", "dr_improved", "ipw", "ipw_unnormalised", "reg"])
def test_four_means_and_their_influence_by_hand(method: str) -> None:
    """(8 - 2) - (5 - 4) = 5. Deviations from the mean of the four groups times 7 over their size."""
    effect = att_gt(RepeatedCrossSection.from_frame(_table(), **COLUMNS), method=method)
    assert effect.value == pytest.approx([5.0])
    wanted = [3.5, -3.5, 0, 0, 7 / 3, -7 / 3, 0]
    assert effect.influence is not None
    np.testing.assert_allclose(effect.influence[:, 0], wanted, atol=1e-12)
    assert clustered(effect, correction="CR0").std_error[0] == pytest.approx(np.linalg.norm(wanted) / 7)


def test_sampling_weights_by_hand() -> None:
    """The first of both early observations counts three times: their mean is 1.5."""
    design = RepeatedCrossSection.from_frame(_table().assign(w=[3, 1, 1, 1, 1, 1, 1]), **COLUMNS, weights="w")
    assert att_gt(design).value == pytest.approx([(8 - 1.5) - (5 - 4)])


def _panel() -> pd.DataFrame:
    frame = did_panel(n_units=60, n_periods=6, cohorts={3: 15, 5: 20}, effect=1.0, effect_growth=0.5, seed=7)
    return frame.assign(x=np.random.default_rng(2).normal(size=len(frame)))


PANEL = {"outcome": "outcome", "time": "period", "cohort": "cohort", "covariates": ["x"]}


@pytest.mark.parametrize("method", ["dr", "dr_improved", "ipw", "ipw_unnormalised", "reg"])
@pytest.mark.parametrize("control_group", ["never_treated", "not_yet_treated"])
def test_a_panel_with_a_gap_taken_apart_is_the_pooled_panel(method: str, control_group: str) -> None:
    """Clustered by unit the standard errors too are those of the panel; the order does not matter."""
    frame = _panel().drop(index=[11])
    options = {"method": method, "control_group": control_group}
    panel = att_gt(StudyDesign.from_frame(frame, unit="unit", **PANEL), **options)
    mixed = frame.sample(frac=1, random_state=3)
    apart = att_gt(RepeatedCrossSection.from_frame(mixed, cluster="unit", **PANEL), **options)
    assert apart.terms == panel.terms
    np.testing.assert_allclose(apart.value, panel.value, rtol=1e-8)
    errors = [clustered(each, correction="CR0").std_error for each in (apart, panel)]
    np.testing.assert_allclose(*errors, rtol=1e-8)


def test_averages_weigh_cohorts_by_their_observations() -> None:
    frame = _panel()
    frame = frame[~((frame["cohort"] == 3) & (frame["period"] < 5) & (frame["unit"] % 2 == 0))]
    effects = att_gt(RepeatedCrossSection.from_frame(frame, **PANEL), base_period="universal")
    path = aggregate(effects, by="event_time", min_event_time=0, max_event_time=0)
    at = {
        term.cohort: v for term, v in zip(effects.terms, effects.value, strict=True) if term.event_time == 0
    }
    size = frame["cohort"].value_counts()
    wanted = (size[3] * at[3] + size[5] * at[5]) / (size[3] + size[5])
    assert path.value == pytest.approx([wanted])
    assert path.infer(multiplier_bootstrap, draws=99).tidy()["std_error"].gt(0).all()


def test_rows_and_cohorts_that_are_left_out_are_counted() -> None:
    frame = pd.concat([_table(), pd.DataFrame({"y": [1.0, np.nan, 2.0], "t": [1, 2, 2], "g": [9, 0, 1]})])
    frame = frame.assign(x=range(10)).reset_index(drop=True)
    frame.loc[0, "x"] = np.nan
    design = RepeatedCrossSection.from_frame(frame, **COLUMNS, covariates=["x"])
    notes = {note.code: note.numbers for note in design.notes}
    assert design.units == (1, 2, 3, 4, 5, 6, 7, 9)
    assert notes["rows_incomplete"]["rows"] == 1
    assert notes["cohorts_after_data"] == {"observations": 1, "names": ("9",)}
    effects = att_gt(design, method="reg")
    early = next(note for note in effects.notes if note.code == "cohorts_no_untreated_period")
    assert early.numbers == {"observations": 1, "names": ("1",)}
    assert {term.cohort for term in effects.terms} == {2}


@pytest.mark.parametrize(
    ("change", "options", "kind", "code"),
    [
        ({"t": [None, 1, 2, 1, 2, 2, 2]}, {}, DataError, "missing-key"),
        ({"y": ["many", 3, 8, 4, 4, 6, 5]}, {}, DataError, "not-numeric"),
        ({"g": 0}, {}, DesignError, "no-treated"),
        ({"g": 1}, {}, DesignError, "no-comparison"),
        ({"g": "soon"}, {}, DataError, "bad-time"),
        ({}, {"anticipation": -1}, DesignError, "bad-anticipation"),
        ({}, {"cluster": "town"}, DataError, "missing-column"),
    ],
)
def test_refusals(change: dict[str, Any], options: dict[str, Any], kind: type[Exception], code: str) -> None:
    with pytest.raises(kind) as caught:
        RepeatedCrossSection.from_frame(_table().assign(**change), **COLUMNS, **options)
    assert caught.value.code == code  # type: ignore[attr-defined]


def test_what_needs_a_panel_says_so() -> None:
    design = RepeatedCrossSection.from_frame(_table(), **COLUMNS, cluster="district")
    for method in (twfe, event_study):
        with pytest.raises(DesignError, match="RepeatedCrossSection") as caught:
            method(design)  # type: ignore[arg-type]
        assert caught.value.code == "needs-panel"
    with pytest.raises(DesignError, match="drop"):
        att_gt(design, unbalanced="drop")
    effect = att_gt(design)
    assert effect.refit is None
    with pytest.raises(InferenceError, match="clustered"):
        randomisation(effect)
    with pytest.raises(DesignError, match="panel"):
        placebo_in_time(effect)
    result = ev.infer(effect)
    assert result.inference.method == "clustered"
    assert {"few_treated_clusters", "default_inference"} <= {note.code for note in result.notes}
    assert result.glance()["n_units"].tolist() == [7]
