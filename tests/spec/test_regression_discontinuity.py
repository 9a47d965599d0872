"""Jumps at a cutoff: by hand, invariances, fuzzy designs, coverage, a real study, what is refused."""

from __future__ import annotations

from collections.abc import Callable

import causaldata
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from evaluation import individuals
from evaluation.design import Sample
from evaluation.errors import DesignError, InferenceError
from evaluation.estimate import Estimate
from evaluation.inference import clustered


def people(seed: int = 1, n: int = 800, jump: float = 2.0) -> pd.DataFrame:
    """Curved on both sides, with a jump at zero; one in five does not take what the score gives."""
    rng = np.random.default_rng(seed)
    score = rng.uniform(-1, 1, n)
    eligible = (score >= 0).astype(int)
    took = np.where(rng.random(n) < 0.2, 1 - eligible, eligible)
    frame = pd.DataFrame({"score": score, "eligible": eligible, "took": took, "age": rng.normal(0, 1, n)})
    frame["days"] = 3 + score - 2 * score**2 + jump * eligible + 0.8 * frame.age + rng.normal(0, 0.5, n)
    return frame.assign(town=rng.integers(0, 40, n))


def sample(frame: pd.DataFrame, **more: object) -> Sample:
    return Sample.from_frame(frame, outcome="days", running="score", **more)  # type: ignore[arg-type]


def influence(estimate: Estimate) -> NDArray[np.float64]:
    assert estimate.influence is not None
    return estimate.influence


def test_within_a_uniform_kernel_it_is_least_squares_on_each_side() -> None:
    frame = people()
    inside = frame[frame.score.abs() <= 0.5]

    def levels(order: int) -> list[float]:
        sides = [inside[inside.eligible == side] for side in (0, 1)]
        return [float(np.polyfit(one.score, one.days, order)[-1]) for one in sides]

    estimate = individuals.regression_discontinuity(sample(frame), kernel="uniform", bandwidth=0.5)
    by_hand = [levels(order)[1] - levels(order)[0] for order in (1, 2)]
    np.testing.assert_allclose(estimate.value, by_hand, rtol=1e-10)  # h = b: corrected is quadratic


def test_polynomials_of_the_order_are_found_exactly_and_scales_do_not_matter() -> None:
    frame = people()
    frame["days"] = 1 + 2 * frame.score + 3 * frame.eligible
    exact = individuals.regression_discontinuity(sample(frame), bandwidth=0.4).value
    np.testing.assert_allclose(exact, 3, rtol=1e-10)
    frame = people()
    found = individuals.regression_discontinuity(sample(frame)).infer(individuals.rd_error).tidy()
    moved = frame.assign(days=5 - 10 * frame.days, score=100 * frame.score + 60).sample(
        frac=1, random_state=1
    )
    other = individuals.regression_discontinuity(sample(moved), cutoff=60).infer(individuals.rd_error).tidy()
    np.testing.assert_allclose(other.estimate, -10 * found.estimate, rtol=1e-7)
    np.testing.assert_allclose(other.std_error, 10 * found.std_error, rtol=1e-7)


def test_those_below_may_be_the_treated() -> None:
    frame = people()
    frame["needy"] = 1 - frame.eligible
    one = individuals.regression_discontinuity(sample(frame, treatment="eligible"))
    other = individuals.regression_discontinuity(sample(frame, treatment="needy"))
    np.testing.assert_allclose(one.value, -other.value, rtol=1e-12)
    np.testing.assert_allclose(influence(one), -influence(other), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("covariates", [(), ("age",)])
def test_a_fuzzy_design_that_all_obey_is_sharp(covariates: tuple[str, ...]) -> None:
    frame = people()
    sharp = individuals.regression_discontinuity(sample(frame, covariates=covariates))
    obeyed = individuals.regression_discontinuity(sample(frame, covariates=covariates, received="eligible"))
    np.testing.assert_allclose(obeyed.value, sharp.value, rtol=1e-8)
    np.testing.assert_allclose(influence(obeyed), influence(sharp), rtol=1e-6, atol=1e-9)
    fuzzy = individuals.regression_discontinuity(sample(frame, covariates=covariates, received="took"))
    assert abs(fuzzy.value[1]) > 1.3 * abs(sharp.value[1])
    assert not fuzzy.notes


def test_covariates_narrow_the_interval_and_leave_the_jump() -> None:
    frame = people()
    without = individuals.regression_discontinuity(sample(frame)).infer(individuals.rd_error).inference
    with_age = individuals.regression_discontinuity(sample(frame, covariates=["age"]))
    within = with_age.infer(individuals.rd_error).inference
    assert within.std_error[1] < 0.75 * without.std_error[1]
    assert abs(with_age.value[1] - 2) < 3 * within.std_error[1]


def test_clusters_on_one_side_each_agree_with_the_clustered_errors() -> None:
    frame = people()
    frame["town"] += 100 * frame.eligible
    estimate = individuals.regression_discontinuity(sample(frame, cluster="town"), bandwidth=0.5)
    ours = estimate.infer(individuals.rd_error).inference.std_error
    np.testing.assert_allclose(
        estimate.infer(clustered, correction="CR0").inference.std_error, ours, rtol=1e-10
    )


def test_the_corrected_interval_covers_where_the_curve_bends() -> None:
    """95 of 100 within four standard errors of a binomial of 150 draws (0.018): 0.88 to 1."""
    covered = 0
    for seed in range(150):
        found = individuals.regression_discontinuity(sample(people(seed, 500))).infer(individuals.rd_error)
        row = found.tidy().iloc[1]
        covered += row.conf_low <= 2 <= row.conf_high
    assert 0.88 <= covered / 150 <= 1


def test_government_transfers_raise_support() -> None:
    """Real data of Manacorda, Miguel and Vigorito (2011): equal to least squares on both sides by hand."""
    data = causaldata.gov_transfers.load_pandas().data
    found = Sample.from_frame(data, outcome="Support", running="Income_Centered", treatment="Participation")
    estimate = individuals.regression_discontinuity(found, kernel="uniform", bandwidth=0.02)
    low, high = data[data.Participation == 1], data[data.Participation == 0]
    by_hand = [np.polyfit(side.Income_Centered, side.Support, 1)[1] for side in (low, high)]
    np.testing.assert_allclose(estimate.value[0], by_hand[0] - by_hand[1], rtol=1e-9)
    assert 0.06 < estimate.value[0] < 0.13


REFUSED: dict[str, tuple[str, Callable[[], object]]] = {
    "no score": (
        "rd-no-running",
        lambda: individuals.regression_discontinuity(
            Sample.from_frame(people(), outcome="days", treatment="eligible")
        ),
    ),
    "one side": ("rd-one-side", lambda: individuals.regression_discontinuity(sample(people()), cutoff=5)),
    "not by score": (
        "rd-not-by-score",
        lambda: individuals.regression_discontinuity(sample(people(), treatment="took")),
    ),
    "narrow": (
        "rd-few-inside",
        lambda: individuals.regression_discontinuity(sample(people()), bandwidth=0.001),
    ),
    "negative": (
        "rd-bad-number",
        lambda: individuals.regression_discontinuity(sample(people()), bandwidth=-1),
    ),
    "order": ("rd-bad-number", lambda: individuals.regression_discontinuity(sample(people()), order=0)),
    "bias alone": (
        "rd-bias-bandwidth-alone",
        lambda: individuals.regression_discontinuity(sample(people()), bias_bandwidth=1),
    ),
    "no first stage": (
        "rd-no-first-stage",
        lambda: individuals.regression_discontinuity(sample(people().assign(all=1), received="all")),
    ),
    "kernel": (
        "unknown-option",
        lambda: individuals.regression_discontinuity(sample(people()), kernel="gauss"),  # type: ignore[arg-type]
    ),
    "selector": (
        "unknown-option",
        lambda: individuals.regression_discontinuity(sample(people()), selector="msrd"),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    code, call = REFUSED[name]
    with pytest.raises(DesignError) as caught:
        call()
    assert caught.value.code == code
    assert "{" not in str(caught.value)


def test_the_published_interval_is_for_jumps_only() -> None:
    frame = people()
    other = individuals.ipw(Sample.from_frame(frame, outcome="days", treatment="took", covariates=["age"]))
    with pytest.raises(InferenceError, match="rd_error is not for estimates by ipw"):
        other.infer(individuals.rd_error)


def test_what_is_said() -> None:
    frame = people(n=120)
    few = individuals.regression_discontinuity(sample(frame), bandwidth=0.3).notes
    assert [note.code for note in few] == ["few_near_cutoff"]
    heaped = individuals.regression_discontinuity(sample(people().assign(score=lambda f: f.score.round(1))))
    assert [note.code for note in heaped.notes] == ["heaped_score"]
    rng = np.random.default_rng(3)
    tossed = people().assign(took=rng.integers(0, 2, 800))
    weak = individuals.regression_discontinuity(sample(tossed, received="took"))
    assert [note.code for note in weak.notes] == ["weak_first_stage"]
