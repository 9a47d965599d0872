"""Weighting persons: tables by hand, influence, what is refused, what the trial says."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation import individuals
from evaluation.design import Sample
from evaluation.errors import DataError, DesignError, EvaluationError
from evaluation.estimate import Estimate
from evaluation.estimate.learners import Learners
from evaluation.inference import clustered

PEOPLE = pd.DataFrame(
    {
        "y": [3.0, 1.0, 2.0, 2.0, 4.0, 3.0],
        "d": [1, 1, 1, 0, 0, 0],
        "x": [1, 1, 0, 1, 0, 0],
        "home": ["a", "b", "b", "a", "a", "b"],
    }
)
"""Of x = 1 two of three are treated, of x = 0 one of three: scores 2/3 and 1/3."""

COVARIATES = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]


def sample(frame: pd.DataFrame = PEOPLE, covariates: tuple[str, ...] = ("x",), **more: Any) -> Sample:
    return Sample.from_frame(frame, outcome="y", treatment="d", covariates=covariates, **more)


def people(n: int = 800, seed: int = 3) -> pd.DataFrame:
    """An effect of 1 + x on who are treated the more often the larger x is."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=n), rng.integers(0, 2, n)
    d = (rng.random(n) < 1 / (1 + np.exp(-0.7 * x + 0.3 * z))).astype(int)
    y = 2 * x + z + d * (1 + x) + rng.normal(size=n)
    return pd.DataFrame({"y": y, "d": d, "x": x, "z": z, "town": rng.integers(0, 40, n)})


def earnings(name: str, treated_only: bool = False) -> pd.DataFrame:
    data = importlib.import_module(f"causaldata.{name}").load_pandas().data
    frame = pd.DataFrame(data).rename(columns={"re78": "y", "treat": "d"})
    return frame[frame.d == 1] if treated_only else frame


BY_HAND = {
    "att": 2.0 - (2 * 2 + 0.5 * 4 + 0.5 * 3) / 3,
    "atc": (0.5 * 3 + 0.5 * 1 + 2 * 2) / 3 - 3.0,
    "ate": (1.5 * 3 + 1.5 * 1 + 3 * 2) / 6 - (3 * 2 + 1.5 * 4 + 1.5 * 3) / 6,
    "ato": (3 / 3 + 1 / 3 + 2 * 2 / 3) / (4 / 3) - (2 * 2 / 3 + 4 / 3 + 3 / 3) / (4 / 3),
}


@pytest.mark.parametrize("estimand", BY_HAND)
def test_weights_by_hand(estimand: Any) -> None:
    np.testing.assert_allclose(
        individuals.ipw(sample(), estimand=estimand).value, BY_HAND[estimand], rtol=1e-10
    )


FITS: dict[str, Any] = {
    "att": lambda s: individuals.ipw(s, estimand="att"),
    "atc": lambda s: individuals.ipw(s, estimand="atc"),
    "ate": lambda s: individuals.ipw(s, estimand="ate"),
    "overlap": individuals.overlap_weights,
    "entropy": individuals.entropy_balancing,
    "entropy2": lambda s: individuals.entropy_balancing(s, moments=2),
}


@pytest.mark.parametrize("name", FITS)
def test_influence_is_the_derivative_by_the_weight_of_a_person(name: str) -> None:
    """The weight of one person raised by h moves the estimate by h times the influence over n."""
    frame, h = people(), 1e-5
    whole = FITS[name](sample(frame, ("x", "z")))
    for row in (0, 5, 17):
        heavier = frame.assign(w=1.0)
        heavier.loc[row, "w"] += h
        moved = FITS[name](sample(heavier, ("x", "z"), weights="w")).value - whole.value
        np.testing.assert_allclose(moved / h * len(frame), whole.influence[row], rtol=1e-3, atol=1e-3)
    assert abs(whole.influence.mean()) < 1e-8


@pytest.mark.parametrize("name", [*FITS, "aipw", "aipw_att"])
def test_the_truth_lies_within_three_errors_and_order_does_not_matter(name: str) -> None:
    fits = FITS | {
        "aipw": individuals.aipw,
        "aipw_att": lambda s: individuals.aipw(s, estimand="att"),
    }
    frame = people(n=4000)
    fit: Estimate = fits[name](sample(frame, ("x", "z"), cluster="town"))
    who = {"att": frame.d == 1, "atc": frame.d == 0}.get(fit.estimand, frame.d >= 0)
    result = fit.infer(clustered)
    if fit.estimand != "ato":
        truth = 1 + frame.x[who].mean()
        assert abs(fit.value[0] - truth) < 3 * result.inference.std_error[0]
    if not name.startswith("aipw"):  # whose folds are drawn by position
        turned = fits[name](sample(frame.iloc[::-1], ("x", "z"), cluster="town"))
        np.testing.assert_allclose(turned.value, fit.value, rtol=1e-8)
        np.testing.assert_allclose(clustered(turned).std_error, result.inference.std_error, rtol=1e-6)


def test_entropy_weights_and_overlap_weights_balance_the_means_exactly() -> None:
    whole = sample(people(), ("x", "z"))
    for weighted in (
        individuals.entropy_weights(whole, moments=2),
        individuals.inverse_probability_weights(whole, estimand="ato"),
    ):
        after = individuals.weighted_balance(weighted)
        table = after.table[
            (after.table["sample"] == "after") & (after.table.covariate != "propensity_score")
        ]
        assert table.smd.abs().max() < 1e-8
        assert after.passed is True
    assert individuals.weighted_balance(whole).passed is False


def test_doubly_robust_is_right_when_either_model_is() -> None:
    """The score leaves z out, or the outcome leaves x out: the other model repairs both."""
    frame = people(n=6000)
    whole = sample(frame, ("x", "z"))
    blind = individuals.aipw(
        whole, learners=Learners(_without_covariates, individuals.linear_learner, folds=3)
    )
    flat = individuals.aipw(whole, learners=Learners(individuals.logit_learner, _without_covariates, folds=3))
    naive = frame.y[frame.d == 1].mean() - frame.y[frame.d == 0].mean()
    truth = 1 + frame.x.mean()
    for fit in (blind, flat):
        assert abs(fit.value[0] - truth) < 3 * clustered(fit).std_error[0]
    assert abs(naive - truth) > 1


def _without_covariates(x: Any, y: Any, weights: Any) -> Any:
    del x
    return lambda new: np.full(len(new), np.average(y, weights=weights))


def test_the_trial_and_the_survey_in_place_of_its_controls() -> None:
    """NSW: the trial says 1794; with CPS in place of its controls the raw difference is -8498 (Dehejia and
    Wahba 1999, doi:10.1080/01621459.1999.10473858), and weighting goes back most of the way."""
    trial = earnings("nsw_mixtape")
    both = pd.concat([earnings("nsw_mixtape", treated_only=True), earnings("cps_mixtape")])
    raw = both.y[both.d == 1].mean() - both.y[both.d == 0].mean()
    assert abs(trial.y[trial.d == 1].mean() - trial.y[trial.d == 0].mean() - 1794.34) < 0.01
    assert abs(raw + 8497.52) < 0.01
    observed = sample(both, tuple(COVARIATES))
    for fit in (individuals.ipw(observed), individuals.entropy_balancing(observed)):
        assert 700 < fit.value[0] < 1800
    assert individuals.overlap(observed).numbers["outside"] > 5000
    kept = individuals.trim(observed, limit=0.1)
    assert kept.n_units < 800
    assert {note.code for note in kept.notes} == {"trimmed"}


@pytest.mark.parametrize(
    ("frame", "options", "call", "code"),
    [
        (PEOPLE.assign(d=[1, 1, 1, 0, 0, 2]), {}, None, "not-zero-or-one"),
        (PEOPLE.assign(d=1), {}, None, "one-group-only"),
        (PEOPLE.assign(x=[1, None, 0, 1, 0, 0]), {}, None, "missing-key"),
        (PEOPLE.assign(w=[1, 1, 1, 1, 1, 0]), {"weights": "w"}, None, "weight-not-positive"),
        (pd.concat([PEOPLE] * 4).assign(x=[f"p{i}" for i in range(24)]), {}, None, "too-many-labels"),
        (PEOPLE, {"covariates": ()}, individuals.propensity, "no-covariates"),
        (PEOPLE.assign(x=PEOPLE.d), {}, individuals.propensity, "separated"),
        (PEOPLE.assign(x=[9, 8, 9, 1, 0, 2]), {}, individuals.entropy_balancing, "not-balanceable"),
        (PEOPLE.assign(x=7), {}, individuals.entropy_balancing, "covariates-collinear"),
        (PEOPLE, {}, lambda s: individuals.trim(s, limit=0.45), "nobody-left"),
        (PEOPLE, {}, lambda s: individuals.trim(s, limit=0.7), "bad-limit"),
        (PEOPLE, {}, lambda s: individuals.ipw(s, estimand="atx"), "unknown-option"),
        (PEOPLE.assign(y=[1.0, 2, 3, None, None, None]), {}, individuals.ipw, "one-group-only"),
    ],
)
def test_what_cannot_be_compared_is_refused(frame: pd.DataFrame, options: Any, call: Any, code: str) -> None:
    def compared() -> Any:
        return (call or (lambda s: s))(sample(frame, **options))

    with pytest.raises(EvaluationError) as refused:
        compared()
    assert refused.value.code == code
    assert isinstance(refused.value, (DataError, DesignError))


def test_text_becomes_indicators_and_missing_outcomes_are_said() -> None:
    frame = PEOPLE.assign(y=[3, 1, 2, 2, 4, None])
    made = sample(frame, ("x", "home"))
    assert made.names.covariates == ("x", "home=b")
    assert made.covariates[:, 1].tolist() == [0, 1, 1, 0, 0, 1]
    assert [note.numbers["missing"] for note in made.notes] == [1]
    made = sample(frame.assign(x=[1, 1, 0, 1, 0, 1]))
    assert individuals.ipw(made).design.n_units == 5
    assert "few_effective" in {note.code for note in individuals.ipw(made).notes}
