"""Leaving out one cohort, unit or group at a time: by hand, against the jackknife, what is refused."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pandas as pd
import pytest

from evaluation.aggregate import aggregate
from evaluation.checks import CheckResult, leave_one_out
from evaluation.design import StudyDesign
from evaluation.disclosure import publish
from evaluation.errors import DesignError
from evaluation.estimators import att_gt, imputation, twfe
from evaluation.report import Labels, figure, left_out_sentence
from evaluation.report.left_out import MOST_LISTED, MOST_NAMED
from evaluation.simulate import did_panel

COLUMNS = {"outcome": "y", "unit": "unit", "time": "t", "cohort": "g"}
OUTCOMES = {"a": [0, 1 + 1, 3 + 2, 4 + 4], "b": [1, 2, 4 - 3, 5 - 6], "c": [2, 3, 5, 6], "d": [5, 6, 8, 9]}
"""Unit effects 0, 1, 2, 5 and period effects 0, 1, 3, 4, to which the effects of treatment are added."""


def _design(starts: dict[str, int]) -> StudyDesign:
    rows = [
        {
            "unit": unit,
            "t": t,
            "y": float(y),
            "g": starts.get(unit, 0),
            "side": "west" if unit in "ac" else "east",
        }
        for unit, series in OUTCOMES.items()
        for t, y in enumerate(series, start=1)
    ]
    return StudyDesign.from_frame(pd.DataFrame(rows), **COLUMNS, groups=["side"])


def _simulated() -> StudyDesign:
    frame = did_panel(n_units=40, n_periods=8, cohorts={4: 12, 6: 12}, effect=0.4, n_clusters=20, seed=6)
    columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    return StudyDesign.from_frame(frame, **columns, cluster="cluster")


def test_cohorts_by_hand() -> None:
    """a from 2: 1, 2, 4; b from 3: -3, -6. Together -2 / 5; without a -4.5, without b 7 / 3."""
    found = leave_one_out(imputation(_design({"a": 2, "b": 3})))
    assert found.passed is None
    assert found.table["left_out"].tolist() == ["2", "3"]
    assert found.table[["units", "treated"]].to_numpy().tolist() == [[1, 1], [1, 1]]
    np.testing.assert_allclose(found.table["estimate"], [-4.5, 7 / 3], rtol=1e-12)
    np.testing.assert_allclose(found.table["difference"], [-4.1, 7 / 3 + 0.4], rtol=1e-12)
    numbers = dict(found.numbers)
    assert (numbers["furthest"], numbers["sign_changes"], numbers["of"]) == ("2", 1, 2)
    assert numbers["lowest"] == numbers["furthest_estimate"] == pytest.approx(-4.5)
    assert "jackknife_std_error" not in numbers


def test_units_and_groups_by_hand() -> None:
    """Untreated units fit exactly, so nothing changes without one of them."""
    effect = imputation(_design({"a": 2, "b": 3}))
    units = leave_one_out(effect, by="unit")
    np.testing.assert_allclose(units.table["estimate"], [-4.5, 7 / 3, -0.4, -0.4], rtol=1e-9)
    assert units.table["treated"].tolist() == [1, 1, 0, 0]
    sides = leave_one_out(effect, by="side")
    assert dict(zip(sides.table["left_out"], sides.table["estimate"], strict=True)) == pytest.approx(
        {"west": -4.5, "east": 7 / 3}
    )


@pytest.mark.parametrize("estimator", [twfe, imputation, lambda design: aggregate(att_gt(design))])
@pytest.mark.parametrize("by", ["unit", "cluster"])
def test_the_jackknife_is_near_the_influence_values(estimator: object, by: str) -> None:
    """To first order they agree; 20 clusters leave about a tenth, as in the conformance suite."""
    effect = estimator(_simulated())  # type: ignore[operator]
    numbers = leave_one_out(effect, by=by).numbers
    influence = effect.influence if by == "unit" else effect.design.cluster.sums(effect.influence)
    error = np.sqrt((influence**2).sum()) / effect.design.n_units
    assert numbers["jackknife_std_error"] == pytest.approx(error, rel=0.15)
    assert numbers["of"] == {"unit": 40, "cluster": 20}[by]


def test_parts_without_which_nothing_is_left_are_noted() -> None:
    found = leave_one_out(imputation(_design({"a": 2})), by="unit")
    assert [(note.code, dict(note.numbers)) for note in found.notes] == [
        ("left_out_unidentified", {"parts": 1, "of": 4})
    ]
    assert "jackknife_std_error" not in found.numbers


def test_what_is_refused() -> None:
    effect = imputation(_design({"a": 2, "b": 3}))
    path = imputation(effect.design, by="event_time")
    refused = [
        (path, {}, "several-terms"),
        (dataclasses.replace(effect, refit=None), {}, "no-refit"),
        (imputation(_design({"a": 2})), {"by": "cohort"}, "bad-parts"),
        (effect, {"by": "sides"}, "unknown-group"),
    ]
    for estimate, options, code in refused:
        with pytest.raises(DesignError) as caught:
            leave_one_out(estimate, **options)
        assert caught.value.code == code


@pytest.mark.parametrize("lang", ["cs", "en"])
@pytest.mark.parametrize("by", ["cohort", "unit"])
def test_the_figure_says_what_the_table_says(lang: str, by: str) -> None:
    published = publish(leave_one_out(imputation(_simulated()), by=by))
    drawn = figure(published, lang, labels=Labels("Dávky", "na 1 000", "okres"))
    data = pd.read_csv(io.StringIO(drawn.csv))
    assert len(data) == published.numbers["of"]
    assert drawn.alt == left_out_sentence(published, lang)
    furthest = str(published.numbers["furthest"])
    assert f" {furthest}" in drawn.alt
    listed = len(data) if len(data) <= MOST_NAMED else MOST_LISTED
    assert drawn.data_table_html.count("<tr") == listed + 1
    assert furthest in drawn.data_table_html
    assert drawn == figure(published, lang, labels=Labels("Dávky", "na 1 000", "okres"))


def test_a_change_of_sign_is_said() -> None:
    published = publish(leave_one_out(imputation(_design({"a": 2, "b": 3}))))
    assert "In 1 case the sign is the other one." in left_out_sentence(published, "en")
    assert "V 1 případě má odhad opačné znaménko." in left_out_sentence(published, "cs").replace(
        "\u00a0", " "
    )


def test_nothing_left_is_said() -> None:
    table = pd.DataFrame(
        {"left_out": ["2", "3"], "units": 1, "treated": 1, "estimate": np.nan, "difference": np.nan}
    )
    nothing = CheckResult("leave_one_out", None, table, {"estimate": 1.0, "by": "cohort", "of": 2})
    assert left_out_sentence(publish(nothing), "en").startswith("Without the units of one start nothing")
    assert "<svg" in figure(publish(nothing), "cs").svg
