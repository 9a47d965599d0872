"""Four means and their differences: by hand, against least squares, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from evaluation.design import StudyDesign
from evaluation.disclosure import publish
from evaluation.errors import DesignError, DisclosureError
from evaluation.estimate import Estimate
from evaluation.estimators import att_gt, did_2x2, twfe
from evaluation.inference import clustered, multiplier_bootstrap, randomisation
from evaluation.report import Labels, dd_table
from evaluation.simulate import did_panel
from tests.golden.own.test_hand import DIFFERENCES, design
from tests.spec.report.test_tables import rows

COLUMNS = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
NAMES = ["mean_treated_before", "mean_treated_after", "mean_comparison_before", "mean_comparison_after",
         "change_treated", "change_comparison", "att"]  # fmt: skip


def _values(estimate: Estimate) -> dict[str, float]:
    return {term.name: float(v) for term, v in zip(estimate.terms, estimate.value, strict=True)}


def test_four_units_by_hand() -> None:
    """a 2 4 | 9 11, b 1 1 | 4 6 treated; c 5 5 | 6 8, d 0 2 | 1 3.

    Means 2 and 7.5, 3 and 4.5; changes 5.5 and 1.5; difference 4. A unit moves a mean by the sum of its
    deviations over four cells: a by (0 + 2) / 4 = 0.5 before, (1.5 + 3.5) / 4 = 1.25 after, 0.75 in the
    change, b by the negative; c by 1, 1.25, 0.25, d by the negative. Squares sum over the two units of a
    group (CR0); CR1 multiplies by 4/3 x (16 - 1) / (16 - 4), four means and no effects.
    """
    effects = did_2x2(design(DIFFERENCES))
    assert [term.name for term in effects.terms] == NAMES
    assert effects.value == pytest.approx([2, 7.5, 3, 4.5, 5.5, 1.5, 4], rel=1e-13)
    moved = np.array([0.5, 1.25, 1, 1.25, 0.75, 0.25])
    variance = np.append(2 * moved**2, 2 * 0.75**2 + 2 * 0.25**2)
    assert clustered(effects, correction="CR0").std_error == pytest.approx(np.sqrt(variance), rel=1e-12)
    assert clustered(effects).std_error == pytest.approx(np.sqrt(variance * 4 / 3 * 15 / 12), rel=1e-12)
    assert effects.value[6] == pytest.approx(twfe(design(DIFFERENCES)).value[0])
    assert randomisation(effects).p_value[6] == 2 / 6


def _gap(rows: list[tuple[str, int]]) -> pd.DataFrame:
    keys = list(zip(DIFFERENCES["unit"], DIFFERENCES["period"], strict=True))
    return DIFFERENCES[[key not in rows for key in keys]]


def test_with_gaps_by_hand() -> None:
    """Without a's 11 the mean after is (9 + 4 + 6) / 3; dropped, b alone is left of the treated: 1 to 5."""
    pooled = did_2x2(design(_gap([("a", 4)])))
    assert _values(pooled)["mean_treated_after"] == pytest.approx(19 / 3)
    assert [(n.code, n.numbers["units"]) for n in pooled.notes] == [("unbalanced_pooled", 1)]
    dropped = did_2x2(design(_gap([("a", 4)])), unbalanced="drop")
    assert list(_values(dropped).values()) == pytest.approx([1, 5, 3, 4.5, 4, 1.5, 2.5])
    assert [(n.code, n.numbers["units"]) for n in dropped.notes] == [("incomplete_units_dropped", 1)]
    assert dropped.design.n_units == 3


def _panel() -> pd.DataFrame:
    frame = did_panel(n_units=50, n_periods=6, cohorts={3: 11, 5: 9}, effect=1.0, seed=5)
    rng = np.random.default_rng(3)
    frame["x"], frame["w"] = rng.normal(size=len(frame)), rng.integers(1, 5, len(frame)).astype(float)
    return frame[frame.index % 11 != 3].reset_index(drop=True)


@pytest.mark.parametrize("covariates", [[], ["x"]])
@pytest.mark.parametrize("weights", [None, "w"])
def test_it_is_least_squares_on_group_time_and_their_product(covariates: list[str], weights: str) -> None:
    """Standard errors too, with the factor of Stata's ``regress, cluster()``."""
    frame = _panel()
    plan = StudyDesign.from_frame(frame, **COLUMNS, covariates=covariates, weights=weights)
    effects = did_2x2(plan, cohort=3)
    used = frame[frame["cohort"].isin([0, 3])]
    d, post = used["cohort"] == 3, used["period"] >= 3
    w = used[weights] if weights else pd.Series(1.0, used.index)
    x = pd.DataFrame({"one": 1.0, "d": d, "post": post, "both": d & post}).astype(float)
    for name in covariates:
        x[name] = used[name] - np.average(used[name], weights=w)
    fit = sm.WLS(used["outcome"], x, weights=w).fit()
    robust = fit.get_robustcov_results("cluster", groups=used["unit"])
    wanted, found = dict(zip(x.columns, robust.params, strict=True)), _values(effects)
    assert found["mean_comparison_before"] == pytest.approx(wanted["one"])
    assert found["change_comparison"] == pytest.approx(wanted["post"])
    assert found["att"] == pytest.approx(wanted["both"])
    error = dict(zip(NAMES, clustered(effects).std_error, strict=True))
    error_wanted = dict(zip(x.columns, robust.bse, strict=True))
    assert [error["mean_comparison_before"], error["change_comparison"], error["att"]] == pytest.approx(
        [error_wanted["one"], error_wanted["post"], error_wanted["both"]], rel=1e-9
    )


def test_two_periods_of_a_balanced_panel_are_a_group_time_effect() -> None:
    """Those treated later are in the comparison as long as they are untreated."""
    frame = did_panel(n_units=50, n_periods=6, cohorts={3: 11, 5: 9}, effect=1.0, seed=5)
    plan = StudyDesign.from_frame(frame, **COLUMNS)
    means = att_gt(plan, control_group="not_yet_treated", base_period="universal")
    for period, last in ((3, 50), (5, 41)):
        effects = did_2x2(plan, cohort=3, before=[2], after=[period])
        wanted = next(
            v
            for t, v in zip(means.terms, means.value, strict=True)
            if str(t.cohort) == "3" and str(t.period) == str(period)
        )
        assert _values(effects)["att"] == pytest.approx(wanted, rel=1e-11)
        assert effects.design.n_units == last


def test_periods_of_anticipation_are_left_out() -> None:
    effects = did_2x2(design(DIFFERENCES, anticipation=1))
    assert effects.design.periods == (1, 3, 4)
    assert _values(effects)["mean_treated_before"] == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({}, "several-cohorts"),
        ({"cohort": 4}, "unknown-cohort"),
        ({"cohort": 3, "before": [3]}, "wrong-side"),
        ({"cohort": 3, "after": [9]}, "wrong-side"),
        ({"cohort": 3, "after": []}, "empty-cell"),
        ({"cohort": 3, "unbalanced": "keep"}, "unknown-option"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, Any], code: str) -> None:
    with pytest.raises(DesignError) as caught:
        did_2x2(StudyDesign.from_frame(_panel(), **COLUMNS), **options)
    assert caught.value.code == code


def test_any_inference_on_it() -> None:
    effects = did_2x2(StudyDesign.from_frame(_panel(), **COLUMNS), cohort=3)
    errors = clustered(effects, correction="CR0").std_error, multiplier_bootstrap(effects, draws=1999, seed=1)
    np.testing.assert_allclose(errors[1].std_error, errors[0], rtol=0.1)  # 1,999 draws: 3 %
    assert 0 < randomisation(effects, draws=19, seed=1).p_value[6] <= 1


@pytest.mark.parametrize(("lang", "point"), [("cs", ","), ("en", ".")])
def test_the_table_that_reviewers_know(lang: str, point: str) -> None:
    """The numbers of the table by hand, errors times the square root of 4/3 x 15/12."""
    labels = Labels("Homes", "homes", "district")
    html = dd_table(publish(did_2x2(design(DIFFERENCES)).infer(clustered)), lang, labels=labels)
    written = [[cell.replace(point, ".") for cell in row[1:]] for row in rows(html)]
    assert written == [
        ["2", "2.00 (0.91)", "7.50 (2.28)", "5.50 (1.37)"],
        ["2", "3.00 (1.83)", "4.50 (2.28)", "1.50 (0.46)"],
        ["4", "", "", "4.00 (1.44)"],
    ]
    assert "Homes" in html
    bare = dd_table(publish(did_2x2(design(DIFFERENCES)).infer(randomisation)), lang)
    assert "4" in rows(bare)[2][-1]
    assert "(" not in rows(bare)[2][-1], "randomisation has no standard error"
    assert "2/6" in bare


def test_the_table_takes_nothing_else() -> None:
    with pytest.raises(DisclosureError) as caught:
        dd_table(publish(twfe(design(DIFFERENCES)).infer(clustered)), "en")
    assert caught.value.code == "not-two-by-two"
