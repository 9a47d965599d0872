"""Indicators by hand: pooling, states, old denominators, disaggregation, and three intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.rates import confint_poisson

from evaluation import infer, publish
from evaluation.errors import DataError, EvaluationError
from evaluation.inference import clustered
from evaluation.process import (
    Counts,
    clopper_pearson,
    complete,
    default_interval,
    garwood,
    indicator,
    indicator_path,
    indicator_table,
    re_adds,
    wilson,
)
from evaluation.report import table as html

NONE = np.nan


def reports() -> pd.DataFrame:
    """Two large districts and a small one, three quarters.

    B did not report in the last; the denominator of C is known in the first only.
    """
    return pd.DataFrame(
        {
            "district": ["A", "A", "A", "B", "B", "B", "C", "C", "C"],
            "quarter": ["2020Q1", "2020Q2", "2020Q3"] * 3,
            "region": ["east"] * 6 + ["west"] * 3,
            "kept": [10, 20, 30, 4, 6, NONE, 1, 0, 2],
            "housed": [20, 30, 40, 10, 10, 10, 2, NONE, NONE],
        }
    )


def counts(frame: pd.DataFrame | None = None, **more: Any) -> Counts:
    columns = {"numerator": "kept", "denominator": "housed", "unit": "district", "time": "quarter"}
    return Counts.from_frame(reports() if frame is None else frame, **{**columns, **more})


# estimand, measure, at -> numerator, denominator
POOLED = [
    (
        "proportion",
        "cumulative",
        "2020Q3",
        10 + 20 + 30 + 4 + 6 + 1,
        20 + 30 + 40 + 10 + 10 + 2,
    ),  # pairs only
    ("proportion", "cumulative", "2020Q2", 10 + 20 + 4 + 6 + 1, 20 + 30 + 10 + 10 + 2),
    ("proportion", "latest", "2020Q3", 30 + 6 + 1, 40 + 10 + 2),  # pairs of one quarter
    ("rate", "latest", "2020Q3", 30 + 6 + 2, 40 + 10 + 2),
    ("proportion", "period", "2020Q3", 30, 40),
    ("rate", "period", "2020Q3", 30 + 2, 40 + 2),
    ("ratio", "period", "2020Q1", 10 + 4 + 1, 20 + 10 + 2),
]


@pytest.mark.parametrize(("estimand", "measure", "at", "top", "bottom"), POOLED)
def test_numerators_and_denominators_are_pooled(
    estimand: Any, measure: Any, at: str, top: float, bottom: float
) -> None:
    options = {"estimand": estimand, "measure": measure, "at": at}
    found = indicator_table(default_interval(indicator(counts(), **options))).table.iloc[0]
    assert (found.numerator, found.denominator) == (top, bottom)
    assert found.estimate == pytest.approx(top / bottom, rel=1e-15)
    assert found.period == at


def test_what_is_not_as_it_should_be_is_noted() -> None:
    def codes(**options: Any) -> dict[str, dict[str, Any]]:
        return {note.code: dict(note.numbers) for note in indicator(counts(), **options).notes}

    silent = {"units_not_reporting": {"units": 1, "names": ("B",)}}
    old = {"denominator_old": {"units": 1, "oldest": "2020Q1"}}
    lone = {"denominator_missing": {"cells": 1}}
    assert codes(estimand="rate", measure="period") == silent | old
    assert codes(measure="period") == codes(measure="latest") == silent | lone
    assert codes(measure="cumulative") == silent | {"denominator_missing": {"cells": 2}}
    assert codes(measure="cumulative", at="2020Q1") == codes(estimand="count", at="2020Q1") == {}


def test_unknown_is_not_zero_and_undefined_is_not_unknown() -> None:
    empty = reports().assign(kept=NONE)
    zero = reports().assign(kept=0, housed=0)
    later = indicator(counts(), measure="period", at="2021Q1")
    for estimate, state, code in (
        (indicator(counts(empty)), "no_data", "no_data_yet"),
        (indicator(counts(zero)), "undefined", "denominator_zero"),
        (later, "no_data", "no_data_yet"),
    ):
        row = indicator_table(default_interval(estimate)).table.iloc[0]
        assert (row.state, np.isnan(row.estimate), np.isnan(row.conf_low)) == (state, True, True)
        assert code in [note.code for note in estimate.notes]
    count = indicator_table(default_interval(indicator(counts(zero), estimand="count"))).table.iloc[0]
    assert (count.state, count.estimate) == ("measured", 0), "a zero that was reported is a value"


def test_groups_are_terms_and_add_up_to_the_total() -> None:
    sexes = pd.concat([reports().assign(sex=s, kept=k, housed=4) for s, k in (("f", 3), ("m", 1))])
    sexes.loc[sexes.district == "C", "sex"] = None
    design = counts(sexes, groups=("sex", "region"))
    parts = indicator_table(indicator(design, by="sex").infer(wilson)).table
    total = indicator_table(indicator(design).infer(wilson)).table.iloc[0]
    assert parts.term.tolist() == ["", "f", "m"], "those whose sex is not known are a group too"
    assert parts.numerator.tolist() == [12, 18, 6]
    assert (parts.numerator.sum(), parts.denominator.sum()) == (total.numerator, total.denominator)
    assert (total.n_reporting, total.n_units) == (3, 3), "units, not combinations"
    assert parts.n_units.tolist() == [1, 2, 2]


def test_the_path_is_the_indicator_at_every_period() -> None:
    path = indicator_path(counts(), estimand="count")
    assert path.table[["period", "estimate"]].to_numpy().tolist() == [
        ["2020Q1", 15],
        ["2020Q2", 41],
        ["2020Q3", 73],
    ]


CASES = [(0, 10), (1, 3), (48, 50), (10, 10), (123, 456), (0, 1)]


@pytest.mark.parametrize(("k", "n"), CASES)
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_intervals_are_those_of_statsmodels(k: int, n: int, level: float) -> None:
    frame = pd.DataFrame({"district": ["A"], "quarter": ["2020Q1"], "kept": [k], "housed": [n]})
    share, rate = (indicator(counts(frame), estimand=e, factor=100) for e in ("proportion", "rate"))
    for method, name in ((wilson, "wilson"), (clopper_pearson, "beta")):
        ours = share.infer(method, conf_level=level).inference
        theirs = proportion_confint(k, n, alpha=1 - level, method=name)
        # two implementations of one formula: rounding, and their quantile functions to about 1e-10
        np.testing.assert_allclose([ours.conf_low[0], ours.conf_high[0]], np.array(theirs) * 100, atol=1e-8)
    ours = rate.infer(garwood, conf_level=level).inference
    theirs = confint_poisson(k, n, method="exact-c", alpha=1 - level)
    np.testing.assert_allclose(
        [ours.conf_low[0], ours.conf_high[0]], np.nan_to_num(np.array(theirs)) * 100, atol=1e-8
    )


def test_a_ratio_has_standard_errors_by_units() -> None:
    estimate = indicator(counts(), measure="period", at="2020Q1")
    found = estimate.infer(clustered, correction="CR0")
    value = 15 / 32
    residuals = np.array([10 - value * 20, 4 - value * 10, 1 - value * 2])
    np.testing.assert_allclose(
        found.inference.std_error, np.sqrt((residuals**2).sum()) / 32, rtol=1e-12, err_msg="linearised ratio"
    )


def test_the_report_prints_an_indicator() -> None:
    result = publish(infer(indicator(counts())))
    assert result.numbers["inference"] == "wilson", "no word of treated clusters"
    for lang, share, title in (("cs", "63,4\u00a0%", "Ukazatel"), ("en", "63.4%", "Indicator")):
        printed = html(result, lang)
        assert share in printed  # 71 of 112
        assert title in printed
    undefined = publish(infer(indicator(counts(reports().assign(kept=0, housed=0)))))
    assert "nelze určit" in html(undefined, "cs")


def test_small_numbers_of_persons_are_hidden_with_what_would_give_them_back() -> None:
    frame = pd.DataFrame(
        {"district": list("ABC"), "quarter": "2020Q1", "kept": [4, 20, 6], "housed": [9, 30, 8]}
    )
    for persons, hidden in ((True, [True, False, True]), (False, [False] * 3)):
        estimate = indicator(counts(frame, groups=("district",), persons=persons), by="district")
        shown = publish(infer(estimate))
        for name, column in (("tidy", "estimate"), ("tidy", "conf_low"), ("indicator", "numerator")):
            assert shown.tables[name][column].isna().tolist() == hidden, (name, column)
        path = publish(indicator_table(infer(estimate)))
        assert path.tables["table"]["denominator"].isna().tolist() == hidden
        assert (html(shown, "cs").count("•"), "0.4444" in str(shown.to_json())) == (9 * persons, not persons)
        assert ("cells_hidden" in [note.code for note in shown.notes]) is persons
    assert publish(infer(indicator(counts(frame, persons=True)))).tables["tidy"].estimate[0] == 30 / 47


REFUSED = [
    ({"numerator": "housed", "denominator": "kept"}, {}, "numerator-too-large"),
    ({"denominator": None}, {}, "no-denominator"),
    ({}, {"estimand": "share"}, "unknown-option"),
    ({}, {"measure": "mean"}, "unknown-option"),
    ({}, {"at": "last"}, "bad-time"),
    ({}, {"by": "sex"}, "unknown-group"),
]


@pytest.mark.parametrize(("columns", "options", "code"), REFUSED)
def test_what_cannot_be_measured_is_refused(columns: Any, options: Any, code: str) -> None:
    with pytest.raises(EvaluationError) as refused:
        indicator(counts(**columns), **options)
    assert refused.value.code == code


def test_negative_counts_and_unfitting_intervals_are_refused() -> None:
    with pytest.raises(DataError, match="1 value of column 'kept' is negative"):
        counts(reports().assign(kept=[-1, *range(8)]))
    with pytest.raises(EvaluationError, match="needs proportion, but this indicator is count"):
        indicator(counts(), estimand="count").infer(wilson)
    assert np.isnan(indicator(counts(), estimand="count").infer(complete).inference.conf_low).all()


def test_parts_are_held_against_reported_totals() -> None:
    parts = pd.DataFrame({"district": list("AABBC"), "persons": [3, 4, 1, 1, 5]})
    totals = pd.DataFrame({"district": list("ABD"), "persons": [7, 3, 2]})
    found = re_adds(parts, totals, keys=["district"], value="persons")
    assert found.passed is False
    assert dict(found.numbers) == {"cells": 4, "different": 1, "missing": 2}
    assert found.table.iloc[0].tolist() == ["B", 3, 2, -1]
    assert re_adds(parts[:2], totals[:1], keys=["district"], value="persons").passed is True
