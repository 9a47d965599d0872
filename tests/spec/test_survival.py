"""Durations: tables by hand, invariances, what is refused, what is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation import survival
from evaluation.design import Durations
from evaluation.errors import DataError, DesignError, InferenceError
from evaluation.inference import clustered

HOMES = pd.DataFrame(
    {
        "months": [2, 3, 3, 5, 6, 6, 8, 9],
        "end": ["lost", "lost", "", "died", "lost", "", "lost", ""],
        "town": ["a", "a", "b", "b", "c", "c", "d", "d"],
        "support": [0, 1, 0, 1, 0, 1, 1, 0],
    }
)
"""At risk: 8 at 2; 7 at 3; 5 at 5; 4 at 6; 2 at 8; 1 at 9."""


def durations(frame: pd.DataFrame = HOMES, **more: object) -> Durations:
    return Durations.from_frame(frame, time="months", event="end", censored="", **more)  # type: ignore[arg-type]


def large(seed: int = 5, n: int = 300, effect: float = -0.5) -> pd.DataFrame:
    """Months until the end, rounded up, with two causes, late entries and towns whose homes go together."""
    rng = np.random.default_rng(seed)
    town = rng.integers(0, 30, n)
    arm, age = rng.integers(0, 2, n), rng.normal(45, 10, n).round()
    shift = np.exp(effect * arm + 0.02 * (age - 45) + rng.normal(0, 0.3, 30)[town])
    lost, died, open_ = rng.exponential(30 / shift), rng.exponential(90, n), rng.uniform(6, 48, n)
    first = np.minimum(np.minimum(lost, died), open_)
    end = np.select([first == lost, first == died], ["lost", "died"], "")
    frame = pd.DataFrame({"months": np.ceil(first), "end": end, "arm": arm, "age": age, "town": town})
    frame["seen_from"] = np.where(rng.random(n) < 0.2, np.floor(first / 2), 0)
    return frame


def test_kaplan_meier_by_hand() -> None:
    table = survival.survival_curve(durations()).table.set_index("time")
    by_hand = {2: 7 / 8, 3: 7 / 8 * 6 / 7, 5: 6 / 8 * 4 / 5, 6: 0.6 * 3 / 4, 8: 0.45 / 2, 9: 0.45 / 2}
    np.testing.assert_allclose(table.survival.loc[list(by_hand)], list(by_hand.values()), rtol=1e-14)
    assert table.at_risk.to_dict() == {0: 8, 2: 8, 3: 7, 5: 5, 6: 4, 8: 2, 9: 1}
    assert table.censored.to_dict() == {0: 0, 2: 0, 3: 1, 5: 0, 6: 1, 8: 0, 9: 1}
    greenwood = 0.75**2 * (1 / (8 * 7) + 1 / (7 * 6))
    np.testing.assert_allclose(table.std_error[3] ** 2, greenwood, rtol=1e-13)


def test_incidences_and_survival_add_up_to_one_and_competing_ends_matter() -> None:
    design = durations()
    at = [3, 6, 9]
    lost = survival.cumulative_incidence(design, times=at, cause="lost").value
    died = survival.cumulative_incidence(design, times=at, cause="died").value
    np.testing.assert_allclose(lost, [0.25, 0.25 + 0.6 / 4, 0.4 + 0.45 / 2], rtol=1e-13)
    np.testing.assert_allclose(lost + died + survival.kaplan_meier(design, times=at).value, 1, rtol=1e-13)
    censored = durations(HOMES.assign(end=HOMES.end.replace("died", "")))
    naive = 1 - survival.kaplan_meier(censored, times=[9]).value
    assert naive[0] > lost[2] + 0.05


def test_restricted_mean_by_hand() -> None:
    area = 2 + 7 / 8 + 0.75 * 2 + 0.6 + 0.45 * 2
    np.testing.assert_allclose(survival.restricted_mean(durations(), horizon=8).value, [area], rtol=1e-13)


def test_two_homes_make_a_cox_model_that_can_be_solved_by_hand() -> None:
    """Ends at 1 with support, at 2 without, at 3 with: the score of the three risk sets is zero."""
    frame = pd.DataFrame({"months": [1, 2, 3, 4], "end": ["x", "x", "x", ""], "support": [1, 0, 1, 0]})
    beta = survival.cox(durations(frame, covariates=["support"])).value[0]
    ratio = np.exp(beta)
    score = 1 - 2 * ratio / (2 + 2 * ratio) - ratio / (2 + ratio) + 1 - ratio / (1 + ratio)
    assert abs(score) < 1e-9


@pytest.mark.parametrize("kind", ["cox", "fine_gray", "curve", "mean", "incidence", "adjusted", "discrete"])
def test_influence_is_the_derivative_by_the_weight_of_a_spell(kind: str) -> None:
    """Doubling one spell of 600 moves the estimate by its influence / n, up to terms of order 1 / n^2."""
    frame = large(n=600)
    design, twice = _make(kind, frame), _make(kind, pd.concat([frame, frame.iloc[[7]]]))
    moved = (twice.value - design.value) * (len(frame) + 1)
    assert design.influence is not None
    own = design.influence[7]
    np.testing.assert_allclose(moved, own, atol=0.05 * np.abs(design.influence).max())
    np.testing.assert_allclose(design.influence.mean(axis=0), 0, atol=1e-6 * np.abs(design.influence).max())


def _make(kind: str, frame: pd.DataFrame):  # type: ignore[no-untyped-def]
    by = durations(frame, group="arm", covariates=["age"])
    return {
        "cox": lambda: survival.cox(by, cause="lost"),
        "fine_gray": lambda: survival.fine_gray(by, cause="lost"),
        "curve": lambda: survival.kaplan_meier(by, times=[6, 12, 24]),
        "mean": lambda: survival.restricted_mean(by, horizon=24),
        "incidence": lambda: survival.cumulative_incidence(by, times=[12, 24], cause="lost"),
        "adjusted": lambda: survival.adjusted_restricted_mean(by, horizon=24),
        "discrete": lambda: survival.discrete_hazard(by, breaks=[6, 12, 24, 48], cause="lost"),
    }[kind]()


def test_order_labels_and_the_unit_of_time_do_not_matter() -> None:
    frame = large()
    shuffled = frame.sample(frac=1, random_state=2).assign(months=lambda f: 30 * f.months)
    one, other = (durations(f, group="arm", covariates=["age"], cluster="town") for f in (frame, shuffled))
    for fit in (survival.cox, survival.fine_gray):
        a, b = fit(one).infer(clustered), fit(other).infer(clustered)
        np.testing.assert_allclose(a.estimate.value, b.estimate.value, rtol=1e-8)
        np.testing.assert_allclose(a.inference.std_error, b.inference.std_error, rtol=1e-8)
    a, b = survival.restricted_mean(one, horizon=24), survival.restricted_mean(other, horizon=720)
    np.testing.assert_allclose(30 * a.value[:3], b.value[:3], rtol=1e-12)


def test_a_late_entry_counts_from_then_on_only() -> None:
    frame = pd.DataFrame({"months": [2, 4, 6], "end": ["x", "x", ""], "seen_from": [0, 3, 0]})
    at_risk = survival.survival_curve(durations(frame, entry="seen_from")).table.at_risk.tolist()
    assert at_risk == [2, 2, 2, 1]
    notes = {note.code: note.numbers for note in durations(frame, entry="seen_from").notes}
    assert notes == {"left_truncated": {"spells": 1, "of": 3}}


def test_strata_compare_within_only() -> None:
    frame = large()
    doubled = pd.concat([frame.assign(half=0), frame.assign(half=1, months=frame.months + 100)])
    one = survival.cox(durations(frame, covariates=["age"]), cause="lost").value
    two = survival.cox(durations(doubled, covariates=["age"], strata="half"), cause="lost").value
    np.testing.assert_allclose(one, two, rtol=1e-8)
    whole = dict(survival.log_rank(durations(frame, group="arm")).numbers)["statistic"]
    split = dict(survival.log_rank(durations(doubled, group="arm", strata="half")).numbers)["statistic"]
    np.testing.assert_allclose(split, 2 * whole, rtol=1e-10)


def test_intervals_tend_to_the_hazard_ratio_of_exact_times() -> None:
    """The discrete model with monthly intervals and cloglog is Cox's up to its treatment of ties."""
    frame = large(n=2000)
    by = durations(frame, covariates=["arm", "age"])
    exact = survival.cox(by, cause="lost").value
    monthly = survival.discrete_hazard(by, breaks=range(1, 40), cause="lost").value
    np.testing.assert_allclose(monthly, exact, atol=0.02)


def test_competing_ends_and_few_ends_are_noticed() -> None:
    codes = {note.code for note in survival.cox(durations(covariates=["support"]), cause="lost").notes}
    assert codes == {"few_ends", "competing_leave"}
    assert "censored_spells" in {note.code for note in survival.survival_curve(durations()).notes}


REFUSED = {
    "negative": ("negative-duration", {"months": [-1, *HOMES.months[1:]]}, {}),
    "empty": ("missing-key", {"months": [np.nan, *HOMES.months[1:]]}, {}),
    "no event": ("missing-key", {"end": [None, *HOMES.end[1:]]}, {}),
    "late": ("entry-not-before-end", {"from": 3}, {"entry": "from"}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_with_its_row(case: str) -> None:
    code, changed, columns = REFUSED[case]
    with pytest.raises(DataError) as caught:
        durations(HOMES.assign(**changed), **columns)
    assert caught.value.code == code
    assert caught.value.example.startswith("row 1")


def test_what_cannot_be_said_is_refused() -> None:
    design = durations(group="town", covariates=["support"])
    for code, call in {
        "beyond-follow-up": lambda: survival.kaplan_meier(design, times=[12]),
        "needs-two-groups": lambda: survival.adjusted_restricted_mean(design, horizon=2),
        "unknown-cause": lambda: survival.cumulative_incidence(design, times=[1], cause="loss"),
        "nothing-to-compare": lambda: survival.cox(durations()),
        "bad-breaks": lambda: survival.discrete_hazard(durations(covariates=["support"]), breaks=[3, 2]),
    }.items():
        with pytest.raises(DataError) as caught:
            call()
        assert caught.value.code == code
    one_sided = HOMES.assign(always=(HOMES.end != "").astype(int))
    with pytest.raises(DesignError, match="one side"):
        survival.cox(durations(one_sided, covariates=["always"]), cause="lost")
    with pytest.raises(InferenceError):
        survival.restricted_mean(durations(), horizon=3).infer(survival.greenwood)


@pytest.mark.long
def test_intervals_cover() -> None:
    """1,000 samples of 200 homes: loglog at 12 months and the ratio of hazards, 95 % within 2.1 points."""
    hits = np.zeros(2)
    for seed in range(1000):
        rng = np.random.default_rng(seed)
        arm = np.repeat([0, 1], 100)
        time, end = rng.exponential(24 / np.exp(-0.5 * arm)), rng.uniform(6, 40, 200)
        frame = pd.DataFrame({"months": np.minimum(time, end), "arm": arm})
        frame["end"] = np.where(time <= end, "lost", "")
        design = durations(frame, group="arm")
        share = survival.kaplan_meier(design, times=[12]).infer(survival.greenwood).inference
        ratio = survival.cox(design).infer(clustered).inference
        hits += [
            share.conf_low[0] <= np.exp(-12 / 24) <= share.conf_high[0],
            ratio.conf_low[0] <= -0.5 <= ratio.conf_high[0],
        ]
    np.testing.assert_allclose(hits / 1000, 0.95, atol=0.021)
