"""`recommend`: how often each inference rejects a true null on the data before the start."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation import aggregate, att_gt, event_study, recommend, twfe
from evaluation.checks import CheckResult
from evaluation.design import StudyDesign
from evaluation.disclosure import Publishable, publish
from evaluation.errors import EvaluationError
from evaluation.estimate import Estimate
from evaluation.inference import clustered, randomisation
from evaluation.recommend.choice import Measured, choose
from evaluation.recommend.untouched import MIN_PERIODS, untouched
from evaluation.report import calibration_sentence, calibration_sentences, figure, is_liberal, number, say
from evaluation.simulate import did_panel

FAST = ("clustered", "randomisation")
COLUMNS: dict[str, Any] = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}


def frame(**options: Any) -> pd.DataFrame:
    return did_panel(**{"n_units": 22, "n_treated": 3, "n_periods": 16, "start": 11, "seed": 2, **options})


def design(roles: dict[str, Any] | None = None, **options: Any) -> StudyDesign:
    return StudyDesign.from_frame(frame(**options), **COLUMNS, **(roles or {}))


def at(result: CheckResult, method: str, level: float = 0.05) -> pd.Series[Any]:
    table = result.table
    return table[(table["method"] == method) & (table["level"] == level)].iloc[0]


@pytest.fixture(scope="module")
def few() -> CheckResult:
    return recommend(design(), draws=400)


def test_clustered_rejects_far_too_often_and_randomisation_does_not(few: CheckResult) -> None:
    """Three Monte Carlo errors: one in 370 seeds would fail; 0.05 and 0.10 are seven of them apart."""
    bad, good = at(few, "clustered"), at(few, "randomisation")
    assert bad["rejection"] - 3 * bad["mc_error"] > 0.075
    assert abs(good["rejection"] - 0.05) <= 3 * good["mc_error"]
    assert good["mc_error"] == pytest.approx(np.sqrt(good["rejection"] * (1 - good["rejection"]) / 400))
    assert few.numbers["chosen"] != "clustered"
    assert at(few, str(few.numbers["chosen"]))["power"] > 0.3


@pytest.mark.parametrize(
    ("treated", "undefined"),
    [(1, {"ibragimov_muller", "sign_changes"}), (3, {"rearrangement", "conformal"})],
)
def test_methods_for_few_treated_clusters_are_measured_too(treated: int, undefined: set[str]) -> None:
    """Each keeps 5 % on panels whose treated vary as the others (three Monte Carlo errors of 100 trials)."""
    few_treated = ("conley_taber", "ferman_pinto", "ibragimov_muller", "sign_changes")
    asked = (*few_treated, "rearrangement", "conformal")
    found = recommend(design(n_treated=treated), methods=asked, draws=100)
    assert set(found.numbers["undefined"]) == undefined  # type: ignore[arg-type]
    assert set(found.table["method"]) == set(asked) - undefined
    rejected = found.table.loc[found.table["level"] == 0.05, "rejection"]
    assert (rejected <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)).all()


def test_the_trials_are_the_estimates_and_p_values_of_the_methods_themselves() -> None:
    """With one treated of 12 and one start all trials can be listed: 12 districts, each as likely."""
    one = design(n_units=12, n_treated=1, n_periods=8, start=5)
    false = untouched(one).starting(untouched(one).starts[0])
    assert (false.n_periods, untouched(one).starts) == (4, (2,))
    found = recommend(one, methods=FAST, draws=600, levels=(0.1, 0.5))
    sources = np.array([np.roll(np.r_[0, np.ones(11, int)], i) for i in range(12)])
    for method, infer in ((FAST[0], clustered), (FAST[1], randomisation)):
        p = [float(infer(twfe(false.with_treatment_of(source))).p_value[0]) for source in sources]
        for level in (0.1, 0.5):
            share = np.mean(np.array(p) <= level)
            error = np.sqrt(share * (1 - share) / 600)
            assert at(found, method, level)["rejection"] == pytest.approx(share, abs=3 * error + 1e-12)


def test_the_power_is_that_of_the_methods_themselves() -> None:
    """Every trial has outcomes of its own; randomisation compares with the same effect added."""
    one = design(n_units=12, n_treated=2, n_periods=8, start=5)
    found = recommend(one, methods=FAST, draws=1200)
    false = untouched(one).starting(2)
    hits = []
    for i, j in itertools.combinations(range(12), 2):
        placed = false.with_treatment_of(np.where(np.isin(np.arange(12), (i, j)), 0, 11))
        moved = placed.outcome + found.numbers["effect"] * placed.treatment[..., 0]  # type: ignore[operator]
        with_effect = StudyDesign.from_frame(_long(placed, moved), **COLUMNS)
        hits.append(twfe(with_effect).infer(randomisation).inference.p_value[0] <= 0.05)
    error = np.sqrt(np.mean(hits) * (1 - np.mean(hits)) / 300)
    assert at(found, "randomisation")["power"] == pytest.approx(np.mean(hits), abs=3 * error + 1e-12)


def _long(placed: StudyDesign, outcome: Any) -> pd.DataFrame:
    assert placed.cohort is not None
    n, t = outcome.shape
    start = np.where(np.isfinite(placed.cohort), placed.cohort, 0).astype(int)
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n), t),
            "period": np.tile(placed.period_numbers.astype(int), n),
            "outcome": outcome.ravel(),
            "cohort": np.repeat(start, t),
        }
    )


@pytest.mark.parametrize("roles", [{}, {"anticipation": 2}], ids=["plain", "anticipation"])
def test_what_happens_after_the_start_does_not_matter(roles: dict[str, Any]) -> None:
    before = frame()
    after = before.copy()
    late = after["period"] >= 11 - roles.get("anticipation", 0)
    after.loc[late & (after["cohort"] > 0), "outcome"] += 50.0
    after.loc[late, "outcome"] *= 3.0
    one, other = (
        recommend(StudyDesign.from_frame(table, **COLUMNS, **roles), methods=FAST, draws=60)
        for table in (before, after)
    )
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.numbers == other.numbers
    assert one.numbers["periods"] == 10 - roles.get("anticipation", 0)


def test_the_seed_decides_and_the_steps_are_told() -> None:
    steps: list[tuple[int, int]] = []
    one, same, other = (
        recommend(design(), methods=FAST, draws=60, seed=seed, on_step=lambda *step: steps.append(step))
        for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(one.table, same.table)
    assert not one.table.equals(other.table)
    done, totals = zip(*steps, strict=True)
    assert set(totals) == {75}
    assert done.count(75) == 3
    assert all(a < b or a == 75 for a, b in itertools.pairwise(done))


def simple(given: StudyDesign) -> Estimate:
    return aggregate(att_gt(given), by="simple")


@pytest.mark.parametrize(
    ("estimator", "panel", "excluded"),
    [
        (partial(twfe, family="poisson"), {"family": "poisson"}, ()),
        (simple, {}, ("clustered_cr2", "wild_cluster_bootstrap")),
    ],
    ids=["poisson", "att_gt"],
)
def test_other_estimators(
    estimator: Callable[[StudyDesign], Estimate], panel: dict[str, Any], excluded: tuple[str, ...]
) -> None:
    methods = ("clustered", "clustered_cr2", "wild_cluster_bootstrap", "randomisation")
    one = design(n_units=9, n_treated=2, n_periods=8, start=6, **panel)
    found = recommend(one, estimator, methods=methods, draws=40)
    assert found.numbers["excluded"] == excluded
    assert set(found.table["method"]) == set(methods) - set(excluded)
    assert found.numbers["unidentified"] == 0
    assert at(found, "randomisation")["rejection"] <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 40)


def test_what_no_trial_has_is_named_and_not_chosen() -> None:
    found = recommend(design(n_treated=1), methods=("clustered_cr2", "clustered"), draws=40)
    assert found.numbers["undefined"] == ("clustered_cr2",)
    assert (found.numbers["chosen"], found.numbers["reason"]) == ("", "none_valid")
    blind = recommend(design(n_units=12, n_treated=1), methods=FAST, draws=40)  # p is at least 1/12
    assert (blind.numbers["chosen"], blind.numbers["reason"]) == ("randomisation", "powerless")


def test_false_pilots_keep_strata_admissible_units_and_gaps() -> None:
    table = frame(cohorts={11: 2, 13: 2}, n_treated=4)
    table["half"] = table["unit"] % 2
    table["office"] = table["unit"] <= 16
    one = StudyDesign.from_frame(table, **COLUMNS, strata="half", admissible="office")
    for start in untouched(one).starts:
        false = untouched(one).starting(start)
        assert false.cohort is not None
        begins = np.sort(np.unique(false.cohort))
        assert begins.tolist() == [start + 1, min(start + 3, 9), np.inf][-len(begins) :]
        assert false.treated_units.sum() == 4
        assert (false.assignment.strata.codes == one.assignment.strata.codes).all()


def test_too_few_periods_before_and_the_never_treated_are_used() -> None:
    late, early = design(n_periods=9, start=MIN_PERIODS + 1), design(n_periods=9, start=MIN_PERIODS)
    assert untouched(late).source == "periods_before"
    found = recommend(early, methods=FAST, draws=40)
    assert (found.numbers["source"], found.numbers["units"]) == ("comparison_units", 19)
    assert (found.numbers["periods"], found.numbers["treated_clusters"]) == (9, 3)
    assert [note.code for note in found.notes] == ["placebos_among_comparisons"]


@pytest.mark.parametrize(
    ("code", "given", "options"),
    [
        ("no-placebo-panel", {"n_units": 6, "n_treated": 3, "start": 3}, {}),
        ("several-terms", {}, {"estimator": event_study}),
        ("unknown-option", {}, {"methods": ("clusterd",)}),
        ("bad-draws", {}, {"draws": 0}),
        ("bad-level", {}, {"levels": (5,)}),
        ("nothing-to-permute", {"roles": {"strata": "cohort"}}, {}),
        ("no-method-carried", {}, {"estimator": simple, "methods": ("clustered_cr2",)}),
    ],
)
def test_refusals(code: str, given: dict[str, Any], options: dict[str, Any]) -> None:
    with pytest.raises(EvaluationError) as caught:
        recommend(design(**given), **options)
    assert caught.value.code == code


def judged(name: str, rejected: float, found: float) -> Measured:
    """p-values of 1,000 and 250 trials, of which these shares are below 5 %."""
    null, power = (
        np.where(np.arange(n) < share * n, 0.01, 0.5) for n, share in ((1000, rejected), (250, found))
    )
    return Measured(name, null, power, 0.0)


@pytest.mark.parametrize(
    ("measured", "chosen", "reason"),
    [
        ([("a", 0.15, 0.9), ("b", 0.05, 0.7), ("c", 0.01, 0.2)], "b", "most_powerful"),
        ([("a", 0.075, 0.80), ("b", 0.05, 0.80)], "b", "most_powerful"),  # equal power: closer to 5 %
        ([("a", 0.083, 0.9), ("b", 0.05, 0.5)], "a", "most_powerful"),  # 7.5 % and one error of 0.9 %
        ([("a", 0.085, 0.9), ("b", 0.05, 0.5)], "b", "only_valid"),
        ([("a", 0.2, 0.9), ("b", 0.05, 0.048)], "b", "powerless"),
        ([("a", 0.2, 0.9)], "", "none_valid"),
    ],
)
def test_the_rule_of_choice(measured: list[tuple[str, float, float]], chosen: str, reason: str) -> None:
    choice = choose([judged(*one) for one in measured])
    assert (choice.numbers()["chosen"], choice.reason) == (chosen, reason)


# --- words and figure -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(few: CheckResult) -> Publishable:
    return Publishable.from_json(publish(few).to_json())


@pytest.mark.parametrize(
    ("lang", "claim", "ought"),
    [
        ("cs", "zamítl tento test (shlukové směrodatné chyby) pravdivou nulovou hypotézu v", "být 5\u00a0%"),
        ("en", "before the start this test (clustered standard errors) rejected a true null", "be 5%"),
    ],
)
def test_the_report_says_how_often_a_true_null_was_rejected(
    published: Publishable, lang: str, claim: str, ought: str
) -> None:
    said = calibration_sentence(published, lang, "clustered")
    assert claim in said
    assert ought in said
    assert calibration_sentence(published, lang, "jackknife") == ""
    every = calibration_sentences(published, lang)
    assert all(every)
    drawn = figure(published, lang)
    assert drawn.svg == figure(published, lang).svg
    assert drawn.data_table_html.count("<tr>") == 6
    assert drawn.csv.count("\n") == 16
    rate = f"{100 * at_level(published, 'clustered'):.4g}"
    for words in (said, drawn.alt, drawn.data_table_html):
        assert rate.replace(".", "," if lang == "cs" else ".") in words


@pytest.mark.parametrize("lang", ["cs", "en"])
def test_the_inference_of_the_page_comes_first_and_the_others_beside_it(
    published: Publishable, lang: str
) -> None:
    used = ("clustered", "randomisation")
    said = calibration_sentences(published, lang, used)
    assert said[1] == calibration_sentence(published, lang, "clustered")
    compared = said[2]
    for name, there in (("randomisation", True), ("clustered", False)):
        rate = number(at_level(published, name), lang, "percent")
        assert (rate in compared) == there or at_level(published, "clustered") == at_level(published, name)
    kept = [one for one in said if one == say(lang, "calibration-not-followed", method=words(lang))]
    assert len(kept) == (published.numbers["chosen"] != "clustered")


def words(lang: str) -> str:
    return say(lang, "method-clustered")


@pytest.mark.parametrize(
    ("rejected", "liberal"),
    [(0.05, False), (0.09, False), (0.12, True)],  # 12 % less two errors of 1.03 % is above 7.5 %
)
def test_what_is_demonstrably_liberal(few: CheckResult, rejected: float, liberal: bool) -> None:
    table = few.table.assign(rejection=rejected, mc_error=np.sqrt(rejected * (1 - rejected) / 1000))
    shown = publish(CheckResult("inference_calibration", None, table, few.numbers))
    assert is_liberal(shown, "clustered") == liberal
    assert not is_liberal(shown, "jackknife")


def at_level(published: Publishable, method: str) -> float:
    table = published.tables["table"]
    return float(table[(table["method"] == method) & (table["level"] == 0.05)]["rejection"].iloc[0])


@pytest.mark.parametrize("lang", ["cs", "en"])
@pytest.mark.parametrize("reason", ["most_powerful", "only_valid", "powerless", "none_valid"])
@pytest.mark.parametrize("source", ["periods_before", "comparison_units"])
def test_every_outcome_has_its_words(few: CheckResult, lang: str, reason: str, source: str) -> None:
    numbers = {**few.numbers, "reason": reason, "source": source, "excluded": ("clustered_cr2",)}
    numbers["chosen"] = "" if reason == "none_valid" else "randomisation"
    said = calibration_sentences(
        publish(CheckResult("inference_calibration", None, few.table, numbers, few.notes)), lang
    )
    assert len(said) == (3 if reason == "none_valid" else 5)
    assert not [one for one in said if "{" in one]
