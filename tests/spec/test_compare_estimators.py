"""Every estimator on one design: where all must agree, where they may not, and who cannot run."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation.checks import compare_estimators
from evaluation.design import StudyDesign
from evaluation.disclosure import publish
from evaluation.errors import DesignError
from evaluation.estimate import registry
from evaluation.report import comparison_sentences, figure
from evaluation.simulate import did_panel

COLUMNS = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}


def overall(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["event_time"].isna()].set_index("estimator")


def test_with_two_periods_and_one_start_all_are_the_difference_of_differences() -> None:
    """Changes 3 and 5 of the treated, 0, 1 and 2 of the others: 4 - 1 = 3, whatever the method."""
    changes = {1: 3.0, 2: 5.0, 3: 0.0, 4: 1.0, 5: 2.0}
    frame = pd.DataFrame(
        [(i, t, 10.0 * i + t * change, 2 if i < 3 else 0) for i, change in changes.items() for t in (1, 2)],
        columns=["unit", "period", "outcome", "cohort"],
    )
    found = compare_estimators(StudyDesign.from_frame(frame, **COLUMNS))
    rows = overall(found.table)
    assert set(rows.index) == set(registry())
    ran = rows[(rows["reason"] == "") & (rows.index != "efficient")]  # which weighs the level before, too
    assert len(ran) >= 9
    np.testing.assert_allclose(ran["estimate"].astype(float), 3.0, rtol=1e-9)
    assert found.numbers["opposite_sign"] == ()


def test_where_effects_grow_two_way_fixed_effects_stand_apart() -> None:
    """No noise: effect 1, 2, 3, … since the start. The mean over the treated cells is known exactly."""
    starts = {1: 3, 2: 3, 3: 6, 4: 6, 5: 0, 6: 0, 7: 0}
    rows = [
        (unit, t, unit + 0.5 * t + (max(t - start + 1, 0) if start else 0), start)
        for unit, start in starts.items()
        for t in range(1, 9)
    ]
    design = StudyDesign.from_frame(
        pd.DataFrame(rows, columns=["unit", "period", "outcome", "cohort"]), **COLUMNS
    )
    truth = (2 * sum(range(1, 7)) + 2 * sum(range(1, 4))) / (2 * 6 + 2 * 3)
    table = overall(compare_estimators(design).table)
    for name in ("att_gt", "imputation", "etwfe", "sun_abraham"):
        assert table.loc[name, "estimate"] == pytest.approx(truth, rel=1e-9)
    assert table.loc["twfe", "estimate"] < 0.95 * truth


def test_who_cannot_run_is_named_with_the_reason() -> None:
    panel = did_panel(n_units=30, n_periods=8, cohorts={4: 5, 6: 5}, seed=1)
    found = compare_estimators(StudyDesign.from_frame(panel, **COLUMNS))
    missing = overall(found.table).query("reason != ''")["reason"].to_dict()
    assert missing == {"did_2x2": "several-cohorts"}
    assert found.numbers["estimated"] == found.numbers["of"] - 1
    dose = panel.assign(dose=((panel.cohort > 0) & (panel.period >= panel.cohort)) * 0.5)
    columns = {k: v for k, v in COLUMNS.items() if k != "cohort"}
    with pytest.raises(DesignError):
        compare_estimators(StudyDesign.from_frame(dose, treatment="dose", **columns))
    few = compare_estimators(StudyDesign.from_frame(dose, treatment="dose", **columns), leading="twfe")
    assert {"att_gt", "imputation"} <= set(overall(few.table).query("reason != ''").index)
    with pytest.raises(DesignError, match="att_gt"):
        compare_estimators(StudyDesign.from_frame(panel, **COLUMNS), leading="att_gtt")


@pytest.mark.parametrize("lang", ["cs", "en"])
def test_the_figure_and_the_sentences_show_every_estimator(lang: str) -> None:
    panel = did_panel(n_units=30, n_periods=8, cohorts={4: 5, 6: 5}, seed=1)
    published = publish(compare_estimators(StudyDesign.from_frame(panel, **COLUMNS)))
    drawn = figure(published, lang)
    said = " ".join(comparison_sentences(published, lang))
    for name in registry():
        assert name in (said if name == "did_2x2" else drawn.data_table_html), name
    assert drawn.alt
    assert "{" not in said
