"""Pre-trend test and placebos: hand tables, what passes, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation.aggregate import aggregate
from evaluation.checks import placebo_in_space, placebo_in_time, pretrends
from evaluation.design import StudyDesign
from evaluation.errors import DesignError
from evaluation.estimators import att_gt, event_study, twfe
from evaluation.inference import randomisation
from evaluation.simulate import did_panel

COLUMNS = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}


def _table(outcomes: dict[str, list[float]], starts: dict[str, int]) -> StudyDesign:
    rows = [
        {"unit": unit, "period": t, "outcome": y, "cohort": starts.get(unit, 0)}
        for unit, series in outcomes.items()
        for t, y in enumerate(series, start=1)
    ]
    return StudyDesign.from_frame(pd.DataFrame(rows), **COLUMNS)


def test_placebo_in_time_by_hand() -> None:
    """Treated from 4. Before: a is 0, 0, 3 and the mean of b, c is 1, 2, 2.

    A false start in 2: (0 + 3) / 2 - 0 less 2 - 1 is 0.5; in 3: 3 - (0 + 0) / 2 less 2 - 1.5 is 2.5.
    """
    design = _table({"a": [0, 0, 3, 9], "b": [1, 2, 2, 2], "c": [1, 2, 2, 4]}, {"a": 4})
    found = placebo_in_time(twfe(design))
    assert found.table["start"].tolist() == ["2", "3"]
    assert found.table["periods"].tolist() == [2, 1]
    np.testing.assert_allclose(found.table["estimate"], [0.5, 2.5], atol=1e-12)
    assert found.numbers["largest"] == pytest.approx(2.5)
    assert found.numbers["estimate"] == pytest.approx(twfe(design).value[0])
    assert found.passed is None


def test_placebo_in_space_by_hand_is_randomisation_for_one_treated_unit() -> None:
    """Changes from 1 to 2: a 5, b 1, c 0, d 2. The effect on a is 5 - 1 = 4.

    Without a: b 1 - 1 = 0, c 0 - 1.5 = -1.5, d 2 - 0.5 = 1.5: none is as large, p = 1/4.
    """
    design = _table({"a": [0, 5], "b": [0, 1], "c": [0, 0], "d": [0, 2]}, {"a": 2})
    effect = twfe(design)
    found = placebo_in_space(effect)
    assert found.table["unit"].tolist() == ["b", "c", "d"]
    np.testing.assert_allclose(found.table["estimate"], [0.0, -1.5, 1.5], atol=1e-12)
    assert (found.numbers["at_least_as_large"], found.numbers["of"]) == (1, 4)
    assert found.numbers["p_value"] == randomisation(effect).p_value[0] == 0.25


def test_placebos_of_group_time_effects() -> None:
    panel = did_panel(n_units=30, n_treated=8, n_periods=8, effect=5.0, seed=3)
    effect = aggregate(att_gt(StudyDesign.from_frame(panel, **COLUMNS)))
    in_time, in_space = placebo_in_time(effect), placebo_in_space(effect)
    assert in_time.table["estimate"].abs().max() < 5
    assert in_time.table["std_error"].notna().all()
    assert in_space.numbers["at_least_as_large"] == 1
    assert len(in_space.table) == 22


def test_pretrends_see_a_trend_and_not_its_absence() -> None:
    panel = did_panel(n_units=80, n_treated=30, n_periods=8, effect=1.0, seed=5)
    flat = pretrends(event_study(StudyDesign.from_frame(panel, **COLUMNS)))
    steep = panel.assign(outcome=panel["outcome"] + 0.8 * panel["period"] * (panel["cohort"] > 0))
    trending = pretrends(event_study(StudyDesign.from_frame(steep, **COLUMNS)))
    assert flat.passed is True
    assert trending.passed is False
    assert trending.numbers["p_value"] < 1e-6 < flat.numbers["p_value"]
    assert (trending.table["event_time"] < -1).all()


def test_pretrends_are_not_judged_where_the_covariance_is_singular() -> None:
    panel = did_panel(n_units=6, n_treated=2, n_periods=12, seed=1)
    found = pretrends(event_study(StudyDesign.from_frame(panel, **COLUMNS)))
    assert found.passed is None
    assert [note.code for note in found.notes] == ["pretrends_singular"]
    assert "p_value" not in found.numbers


def test_pretrends_are_not_judged_with_few_treated_clusters() -> None:
    for treated, judged in ((9, False), (10, True)):
        panel = did_panel(n_units=40, n_treated=treated, n_periods=6, seed=3)
        found = pretrends(event_study(StudyDesign.from_frame(panel, **COLUMNS)))
        assert (found.passed is not None) == judged
        assert 0 <= found.numbers["p_value"] <= 1
        assert [note.code for note in found.notes] == ([] if judged else ["pretrends_few_treated"])


def test_anticipated_periods_are_not_tested() -> None:
    panel = did_panel(n_units=60, n_treated=20, n_periods=8, seed=2)
    design = StudyDesign.from_frame(panel, **COLUMNS, anticipation=2)
    assert (pretrends(att_gt(design)).table["event_time"] < -2).all()


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda d: placebo_in_time(event_study(d)), "several-terms"),
        (lambda d: placebo_in_space(event_study(d)), "several-terms"),
        (lambda d: pretrends(twfe(d)), "no-pre-period-terms"),
    ],
)
def test_what_cannot_be_asked_is_refused(call: object, code: str) -> None:
    design = StudyDesign.from_frame(did_panel(n_units=9, n_treated=3, n_periods=5, seed=1), **COLUMNS)
    with pytest.raises(DesignError) as caught:
        call(design)  # type: ignore[operator]
    assert caught.value.code == code


def test_too_few_periods_or_units_are_refused() -> None:
    short = _table({"a": [0, 5], "b": [0, 1], "c": [0, 0]}, {"a": 2})
    with pytest.raises(DesignError, match="Before the first treatment"):
        placebo_in_time(twfe(short))
    alone = _table({"a": [0, 5], "b": [0, 1]}, {"a": 2})
    with pytest.raises(DesignError, match="admissible comparison unit"):
        placebo_in_space(twfe(alone))
