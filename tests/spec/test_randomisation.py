"""Randomisation inference: which assignments are compared, how they are counted, what is refused."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from math import comb
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evaluation.aggregate import aggregate
from evaluation.design import StudyDesign
from evaluation.errors import DesignError, InferenceError
from evaluation.estimate import Estimate, Term, combine
from evaluation.estimators import att_gt, did_2x2, efficient, event_study, imputation, twfe
from evaluation.inference import clustered, randomisation
from evaluation.inference._assignments import assignments


def frame(starts: list[int], n_periods: int = 5, seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = len(starts)
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n), n_periods),
            "period": np.tile(np.arange(1, n_periods + 1), n),
            "start": np.repeat(starts, n_periods),
            "y": rng.normal(size=n * n_periods),
        }
    )


def design(data: pd.DataFrame, **columns: Any) -> StudyDesign:
    for name, values in list(columns.items()):
        if not isinstance(values, str):
            data = data.assign(**{name: np.repeat(values, len(data) // len(values))})
            columns[name] = name
    return StudyDesign.from_frame(data, outcome="y", unit="unit", time="period", cohort="start", **columns)


def by_brute_force(plan: StudyDesign, allowed: Any) -> list[tuple[int, ...]]:
    """Every permutation of units that the rule allows, as the distinct cohorts that it gives."""
    assert plan.cohort is not None
    found = set()
    for order in itertools.permutations(range(plan.n_units)):
        if all(allowed(i, j) for i, j in enumerate(order)):
            found.add(tuple(plan.cohort[list(order)]))
    return sorted(found)


STARTS = [3, 3, 4, 0, 0, 0, 9]  # 9 is after the panel: not yet treated, the same as never


@pytest.mark.parametrize(
    ("rule", "allowed", "count"),
    [
        ({}, lambda i, j: True, 7 * 6 * 5 // 2),
        ({"strata": [0, 1, 0, 1, 0, 1, 0]}, lambda i, j: i % 2 == j % 2, (4 * 3) * 3),
        ({"admissible": [1, 1, 1, 1, 1, 0, 0]}, lambda i, j: i == j or max(i, j) < 5, 5 * 4 * 3 // 2),
    ],
    ids=["free", "strata", "admissible"],
)
def test_every_admissible_assignment_once(rule: dict[str, Any], allowed: Any, count: int) -> None:
    plan = design(frame(STARTS), **rule)
    same = dataclasses.replace(plan, cohort=np.where(plan.cohort > 5, np.inf, plan.cohort))
    made = assignments(plan)
    sources = np.concatenate(list(made.every()))
    assert made.count == len(sources) == count
    assert same.cohort is not None
    got = sorted(tuple(row) for row in same.cohort[sources])
    assert got == by_brute_force(same, allowed)


def test_units_of_one_assignment_unit_are_treated_together() -> None:
    """Three towns of two units; one is treated: three assignments."""
    plan = design(frame([3, 3, 0, 0, 0, 0]), assignment_unit=[0, 0, 1, 1, 2, 2])
    made = assignments(plan)
    sources = np.concatenate(list(made.every()))
    assert made.count == 3
    treated = plan.treatment[sources].any(axis=(2, 3))
    assert sorted(map(tuple, treated.astype(int))) == [
        (0, 0, 0, 0, 1, 1),
        (0, 0, 1, 1, 0, 0),
        (1, 1, 0, 0, 0, 0),
    ]


def test_the_observed_assignment_is_among_them() -> None:
    estimate = twfe(design(frame(STARTS)))
    result = randomisation(estimate)
    assert result.distribution is not None
    gap = np.abs(result.distribution[:, 0] - estimate.value[0]).min()
    assert gap < 1e-12
    extreme = np.abs(result.distribution[:, 0]) >= np.abs(estimate.value[0]) - 1e-9
    assert result.p_value.tolist() == [extreme.sum() / 105]


def test_drawn_assignments_count_the_observed_one() -> None:
    estimate = twfe(design(frame(STARTS)))
    result = randomisation(estimate, draws=500, max_exact=10, seed=4)
    assert result.distribution is not None
    extreme = np.abs(result.distribution[:, 0]) >= np.abs(estimate.value[0]) - 1e-9
    assert result.p_value.tolist() == [(1 + extreme.sum()) / 501]
    assert dict(result.notes[0].numbers) == {
        "admissible": 105,
        "used": 500,
        "exact": False,
        "smallest_p": 1 / 501,
    }


def test_draws_are_uniform_over_the_assignments() -> None:
    """Chi-square over the 36 assignments within strata; the seed is fixed, p < 0.001 would be bad luck."""
    plan = design(frame(STARTS), strata=[0, 1, 0, 1, 0, 1, 0])
    sources = np.concatenate(list(assignments(plan).sample(7200, np.random.default_rng(11))))
    assert plan.cohort is not None
    _, counts = np.unique(plan.cohort.clip(max=9)[sources], axis=0, return_counts=True)
    assert len(counts) == 36
    assert stats.chisquare(counts).pvalue > 0.001


def test_draws_do_not_depend_on_the_size_of_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    estimate = twfe(design(frame([3] * 8 + [0] * 14)))
    whole = randomisation(estimate, draws=400, max_exact=1, seed=5)
    monkeypatch.setattr("evaluation.inference._assignments._CHUNK", 50)
    parts = randomisation(estimate, draws=400, max_exact=1, seed=5)
    np.testing.assert_allclose(parts.distribution, whole.distribution, rtol=1e-12)
    assert parts.p_value == whole.p_value


def test_large_numbers_of_assignments_are_counted_exactly() -> None:
    assert assignments(design(frame([2] * 30 + [3] * 30 + [0] * 140))).count == comb(200, 60) * comb(60, 30)


def test_one_sided_p_values_share_the_ties() -> None:
    estimate = twfe(design(frame([3, 0, 0, 0, 0, 0])))
    greater, less = (randomisation(estimate, alternative=side).p_value[0] for side in ("greater", "less"))
    assert greater + less == pytest.approx(1 + 1 / 6)


def test_an_outcome_of_zeros_has_only_ties() -> None:
    assert randomisation(twfe(design(frame(STARTS).assign(y=0.0)))).p_value.tolist() == [1.0]


def test_ties_do_not_hang_on_rounding() -> None:
    """Units come in twins: the value of a twin differs in the last bits and still counts."""
    data = frame([3, 0, 0, 0, 0, 0])
    twin = data[data.unit == 0].y.to_numpy()
    data.loc[data.unit == 1, "y"] = twin + 1 / 3
    assert randomisation(twfe(design(data, strata=[0, 0, 1, 1, 1, 1]))).p_value.tolist() == [1.0]


def test_assignments_that_do_not_identify_count_as_extreme() -> None:
    """Unit 5 is observed once: treating it alone says nothing."""
    data = frame([3, 0, 0, 0, 0, 0]).query("unit < 5 or period == 5")
    columns = {"outcome": "y", "unit": "unit", "time": "period", "cohort": "start"}
    result = randomisation(twfe(StudyDesign.from_frame(data, **columns)))
    codes = {note.code: dict(note.numbers) for note in result.notes}
    assert codes["assignments_not_identified"] == {"assignments": 1, "used": 6}
    assert result.distribution is not None
    assert np.isnan(result.distribution).sum() == 1
    unknown, known = result.distribution[np.isnan(result.distribution)], result.distribution[:, 0]
    known = known[~np.isnan(known)]
    at_least = (np.abs(known) >= np.abs(twfe(StudyDesign.from_frame(data, **columns)).value) - 1e-9).sum()
    assert result.p_value.tolist() == [(at_least + len(unknown)) / 6]


def test_a_combination_is_permuted_by_the_batch_form() -> None:
    """Fixed weights follow the batch of the estimate that they weigh, and give what one by one gives."""
    estimate = twfe(design(frame(STARTS)))
    tenfold = combine(estimate, np.array([[10.0]]), [Term("tenfold")])
    again = combine(tenfold, np.array([[0.1], [1.0]]), [Term("once"), Term("same")])
    assert again.refit is not None
    fast = randomisation(again)
    slow = randomisation(dataclasses.replace(again, refit=dataclasses.replace(again.refit, batch=None)))
    np.testing.assert_allclose(fast.distribution, slow.distribution, rtol=1e-10)
    np.testing.assert_allclose(fast.p_value, np.repeat(randomisation(estimate).p_value, 2))


@pytest.mark.parametrize("first", [2, 6], ids=["not yet treated first", "never treated first"])
def test_who_starts_after_the_panel_is_told_apart_where_the_estimate_does(first: int) -> None:
    """Among 8 units are 2 treated and 2 that start after the end. By twfe these are as the never treated, so
    there are 28 assignments; `att_gt` does not take them as controls, so there are 420 with values that
    differ, and the one that happened is among them, whichever kind of unit comes first."""
    starts = [3, 3, 0, 0, 0, 0, 9, 9] if first == 6 else [3, 3, 9, 9, 0, 0, 0, 0]
    plan = design(frame(starts))
    for estimate, count in ((twfe(plan), 28), (aggregate(att_gt(plan)), 28 * comb(6, 2))):
        result = randomisation(estimate)
        (note,) = result.notes
        assert note.numbers["admissible"] == note.numbers["used"] == count
        assert result.distribution is not None
        assert np.abs(result.distribution - estimate.value).min() < 1e-12


def fitted(**columns: Any) -> Estimate:
    return twfe(design(frame(STARTS), **columns))


@pytest.mark.parametrize(
    ("options", "columns", "code"),
    [
        ({"draws": 0}, {}, "bad-draws"),
        ({"draws": 2.5}, {}, "bad-draws"),
        ({"alternative": "two-side"}, {}, "unknown-option"),
        ({"statistic": "z"}, {}, "unknown-option"),
        ({"conf_level": 95}, {}, "bad-conf-level"),
        ({}, {"strata": [0, 1, 2, 3, 4, 5, 6]}, "nothing-to-permute"),
        ({}, {"admissible": [1, 1, 1, 0, 0, 0, 0], "strata": [0, 0, 1, 2, 3, 4, 5]}, "nothing-to-permute"),
    ],
)
def test_refusals(options: dict[str, Any], columns: dict[str, Any], code: str) -> None:
    estimate = fitted(**columns)
    with pytest.raises(InferenceError) as caught:
        randomisation(estimate, **options)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"admissible": [0, 1, 1, 1, 1, 1, 1]}, "treated-not-admissible"),
        ({"assignment_unit": [0, 1, 2, 2, 3, 3, 3]}, "assignment-unit-split"),
        (
            {"assignment_unit": [0, 0, 1, 2, 2, 2, 3], "strata": [0, 0, 0, 0, 1, 1, 1]},
            "assignment-unit-strata",
        ),
    ],
)
def test_rules_that_contradict_the_treatment_are_refused(columns: dict[str, Any], code: str) -> None:
    with pytest.raises(DesignError) as caught:
        fitted(**columns)
    assert caught.value.code == code


# --- confidence sets by inversion -----------------------------------------------------------------


def five(change: float = 10.0) -> StudyDesign:
    """Unit 0, treated in the second of two periods, changes by 10; the others by 1, 2, 3 and 4."""
    changes = [change, 1.0, 2.0, 3.0, 4.0]
    data = pd.DataFrame({"unit": range(5), "start": [2, 0, 0, 0, 0], "y": 0.0, "period": 1})
    return design(pd.concat([data, data.assign(period=2, y=changes)]))


@pytest.mark.parametrize(
    ("level", "alternative", "expected"),
    [
        # tau is rejected at 20 % where 10 - tau is further from the mean of the five than all others
        (0.8, "two-sided", [(5.0, 10.0)]),
        # at 40 % where at most one of the others is as far
        (0.6, "two-sided", [(6.0, 9.0)]),
        (0.8, "greater", [(6.0, np.inf)]),
        (0.8, "less", [(-np.inf, 9.0)]),
        # five assignments never give p <= 0.1
        (0.9, "two-sided", [(-np.inf, np.inf)]),
    ],
)
def test_five_units_by_hand(level: float, alternative: Any, expected: list[tuple[float, float]]) -> None:
    result = randomisation(twfe(five()), conf_level=level, alternative=alternative)
    assert result.conf_set is not None
    np.testing.assert_allclose(result.conf_set[0], expected, rtol=1e-12)
    assert [(result.conf_low[0], result.conf_high[0])] == list(result.conf_set[0])


def without(plan: StudyDesign, effect: float) -> StudyDesign:
    """The same design with outcomes from which a constant effect was taken."""
    return dataclasses.replace(plan, outcome=plan.outcome - effect * plan.treatment[..., 0])


INVERTED: dict[str, Callable[[StudyDesign], Estimate]] = {
    "twfe": twfe,
    "did_2x2": lambda plan: did_2x2(plan, cohort=3),
    "att_gt averaged": lambda plan: aggregate(att_gt(plan), by="event_time", overall=True),
    "path": event_study,
    "imputation": imputation,
    "tripled": lambda plan: combine(twfe(plan), np.array([[3.0]]), [Term("tripled")]),
}


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("sampled", [False, True])
@pytest.mark.parametrize("name", INVERTED)
def test_the_ends_are_where_a_fresh_test_changes_its_mind(name: str, sampled: bool, alternative: Any) -> None:
    """Just inside an end the test of outcomes without that effect does not reject, just outside it does."""
    plan = design(frame([3, 3, 0, 0, 0, 0, 0], seed=5))
    estimate = INVERTED[name](plan)
    options: dict[str, Any] = {"draws": 60, "max_exact": 1} if sampled else {}
    found = randomisation(estimate, conf_level=0.8, alternative=alternative, **options)
    assert found.conf_set is not None
    size = 3.0 if name == "tripled" else 1.0
    term = max(i for i, pieces in enumerate(found.conf_set) if pieces)
    ends = [(end, way) for low, high in found.conf_set[term] for end, way in ((low, -1), (high, 1))]
    assert any(np.isfinite(end) for end, _ in ends)
    for end, outwards in ends:
        if np.isfinite(end):
            for side, rejects in ((outwards, True), (-outwards, False)):
                again = INVERTED[name](without(plan, (end + side * 1e-6) / size))
                test = randomisation(again, alternative=alternative, interval=False, **options)
                assert (test.p_value[term] <= 0.2 + 1e-12) == rejects


@pytest.mark.parametrize(
    ("make", "notes"),
    [
        (
            lambda data: twfe(design(data.assign(y=np.exp(data.y))), family="poisson"),
            {"interval_not_linear": 1},
        ),
        (lambda data: efficient(design(data)), {"interval_not_linear": 1}),
        (lambda data: event_study(design(data)), {"interval_no_effect": 1}),
        (lambda data: did_2x2(design(data), cohort=3), {"interval_no_effect": 6}),
    ],
    ids=["poisson", "estimated weights", "leads", "means"],
)
def test_what_cannot_be_inverted_has_no_interval_and_says_why(make: Any, notes: dict[str, int]) -> None:
    found = randomisation(make(frame([3, 3, 0, 0, 0, 0, 0])))
    said = {n.code: n.numbers["terms"] for n in found.notes if n.code.startswith("interval")}
    assert said == notes
    assert np.isnan(found.conf_low).sum() == np.isnan(found.conf_high).sum() == sum(notes.values())


def test_several_treatments_and_a_switched_off_interval() -> None:
    data = frame([3, 3, 0, 0, 0, 0])
    data = data.assign(a=(data.unit < 2) & (data.period > 2), b=(data.unit == 0) & (data.period > 3))
    columns = {"outcome": "y", "unit": "unit", "time": "period", "treatment": ["a", "b"]}
    found = randomisation(twfe(StudyDesign.from_frame(data, **columns)))
    assert "interval_several_treatments" in {note.code for note in found.notes}
    assert found.conf_set is None
    off = randomisation(twfe(five()), interval=False)
    assert off.conf_set is None
    assert [note.code for note in off.notes] == ["assignments"]


def test_assignments_that_do_not_identify_widen_the_set() -> None:
    """Unit 5 is observed once: with six assignments no effect is then rejected at 30 %, with five it is."""
    data = frame([3, 0, 0, 0, 0, 0])
    columns = {"outcome": "y", "unit": "unit", "time": "period", "cohort": "start"}
    lost = StudyDesign.from_frame(data.query("unit < 5 or period == 5"), **columns)
    kept = StudyDesign.from_frame(data.query("unit < 5"), **columns)
    assert randomisation(twfe(lost), conf_level=0.7).conf_low.tolist() == [-np.inf]
    assert np.isfinite(randomisation(twfe(kept), conf_level=0.7).conf_low).all()


# --- t statistics ----------------------------------------------------------------------------------


def test_t_statistics_are_those_of_clustered_fits_one_by_one() -> None:
    plan = design(frame(STARTS))
    (made,) = assignments(plan).every()
    ratios = []
    for source in made:
        fit = twfe(plan.with_treatment_of(source))
        ratios.append(fit.value[0] / clustered(fit).std_error[0])
    own = abs(twfe(plan).value[0] / clustered(twfe(plan)).std_error[0])
    found = randomisation(twfe(plan), statistic="t")
    assert found.p_value.tolist() == [(np.abs(ratios) >= own * (1 - 1e-9)).mean()]
    assert found.distribution is None
    assert "studentised" in {note.code for note in found.notes}


def test_t_statistics_of_an_average_are_those_of_averages_of_fits() -> None:
    """Fixed weights keep what a standard error needs, aligned by keys under every assignment."""
    plan = design(frame([3, 3, 4, 0, 0, 0, 0]))
    weights = np.array([[0.5, 0.5]])

    def average(of: StudyDesign) -> Estimate:
        path = event_study(of)
        late = [i for i, term in enumerate(path.terms) if term.event_time in (0, 1)]
        chosen = np.zeros((1, len(path.terms)))
        chosen[0, late] = weights
        return combine(path, chosen, [Term("late")])

    whole = average(plan)
    (made,) = assignments(plan).every()
    fits = [average(plan.with_treatment_of(source)) for source in made]
    ratios = [fit.value[0] / clustered(fit).std_error[0] for fit in fits]
    own = abs(whole.value[0] / clustered(whole).std_error[0])
    found = randomisation(whole, statistic="t")
    assert found.p_value.tolist() == [(np.abs(ratios) >= own * (1 - 1e-9)).mean()]
    assert np.isfinite(ratios).all()
