"""Matching persons: pairs by hand, what binds, errors after matching with replacement, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation import individuals
from evaluation.design import Sample
from evaluation.errors import EvaluationError
from evaluation.inference import clustered
from tests.spec.test_weighting import COVARIATES, earnings, people

LINE = pd.DataFrame(
    {
        "y": [5.0, 6.0, 7.0, 1.0, 2.0, 4.0, 8.0],
        "d": [1, 1, 1, 0, 0, 0, 0],
        "x": [1.0, 2.0, 9.0, 1.5, 3.0, 8.0, 30.0],
        "z": [0, 1, 0, 1, 1, 0, 0],
    }
)
"""On a line: treated at 1, 2 and 9; others at 1.5, 3, 8 and 30."""


def sample(frame: pd.DataFrame = LINE, covariates: tuple[str, ...] = ("x",), **more: Any) -> Sample:
    return Sample.from_frame(frame, outcome="y", treatment="d", covariates=covariates, **more)


@pytest.mark.parametrize(
    ("options", "pairs"),
    [
        ({}, [[0, 3], [1, 4], [2, 5]]),
        ({"replace": True}, [[0, 3], [1, 3], [2, 5]]),
        ({"ratio": 2}, [[0, 3], [0, 6], [1, 4], [2, 5]]),
        ({"ratio": 2, "replace": True}, [[0, 3], [0, 4], [1, 3], [1, 4], [2, 5], [2, 4]]),
    ],
)
def test_pairs_by_hand(options: Any, pairs: list[list[int]]) -> None:
    matched = individuals.match(sample(), distance="mahalanobis", **options)
    assert matched.pairs.tolist() == pairs
    y = LINE.y.to_numpy()
    own: dict[int, list[float]] = {}
    for one, other in pairs:
        own.setdefault(one, []).append(y[other])
    by_hand = np.mean([y[one] - np.mean(others) for one, others in own.items()])
    np.testing.assert_allclose(individuals.matched_difference(matched).value, by_hand, rtol=1e-12)


def test_exact_variables_calipers_and_forbidden_pairs_bind() -> None:
    exact = individuals.match(sample(LINE, ("x", "z")), distance="mahalanobis", exact=["z"])
    assert exact.pairs.tolist() == [[0, 5], [1, 3], [2, 6]]
    frame = people()
    whole = sample(frame, ("x", "z"))
    near = individuals.match(whole, caliper=0.05)
    assert near.score is not None
    treated = whole.treated_units
    spread = np.sqrt((near.score[treated].var(ddof=1) + near.score[~treated].var(ddof=1)) / 2)
    assert np.abs(near.score[near.pairs[:, 0]] - near.score[near.pairs[:, 1]]).max() <= 0.05 * spread
    assert len(np.unique(near.pairs[:, 1])) == len(near.pairs)
    notes = {note.code: note.numbers for note in individuals.matched_difference(near).notes}
    lost = int(treated.sum()) - len(near.pairs)
    assert lost > 0
    assert notes["treated_unmatched"] == {"unmatched": lost, "of": int(treated.sum())}
    apart = np.full((3, 4), np.inf)
    apart[0, 3] = 1.0
    assert individuals.match(sample(), distance=apart).pairs.tolist() == [[0, 6]]


def test_with_replacement_each_gets_the_nearest_there_is() -> None:
    whole = sample(people(), ("x", "z"))
    matched = individuals.match(whole, replace=True)
    score, treated = individuals.propensity(whole).value, whole.treated_units
    found = np.abs(score[matched.pairs[:, 0]] - score[matched.pairs[:, 1]])
    nearest = [np.abs(score[~treated] - score[unit]).min() for unit in matched.pairs[:, 0]]
    np.testing.assert_array_equal(found, nearest)


def test_the_variance_of_matching_with_replacement_by_hand() -> None:
    """Differences 4, 5, 3 about 4; the unit at 1.5 is used twice, its neighbour's outcome is 1 away."""
    result = individuals.abadie_imbens(individuals.match(sample(), distance="mahalanobis", replace=True))
    by_hand = np.sqrt((0 + 1 + 1 + (2**2 - 2) * (1 - 2) ** 2 / 2) / 3**2)
    np.testing.assert_allclose(result.inference.std_error, by_hand, rtol=1e-12)


def test_intervals_of_matching_cover_as_often_as_they_say() -> None:
    """Nominal 95 %; in 300 draws a share below 90 % or above 99 % has probability below 0.001."""
    covered = {"replace": 0, "sets": 0}
    for seed in range(300):
        rng = np.random.default_rng(seed)
        x = rng.uniform(size=240)
        d = (rng.random(240) < 0.15 + 0.3 * x).astype(int)
        frame = pd.DataFrame({"y": x + d + rng.normal(size=240), "d": d, "x": x})
        drawn = sample(frame)
        with_ = individuals.abadie_imbens(individuals.match(drawn, distance="mahalanobis", replace=True))
        without = individuals.matched_difference(individuals.match(drawn, distance="mahalanobis"))
        for name, row in (("replace", with_.tidy()), ("sets", without.infer(clustered).tidy())):
            covered[name] += int(row.conf_low[0] <= 1 <= row.conf_high[0])
    assert all(0.90 <= count / 300 <= 0.99 for count in covered.values()), covered


CLASSES: dict[str, Any] = {
    "cem": individuals.cem,
    "subclassification": individuals.subclassification,
    "match": lambda s: individuals.match(s, caliper=0.2),
    "replace": lambda s: individuals.match(s, replace=True),
}


@pytest.mark.parametrize("name", CLASSES)
def test_matching_takes_away_most_of_the_imbalance_and_ignores_order(name: str) -> None:
    frame = people(n=1500)
    whole = sample(frame, ("x", "z"))
    matched = CLASSES[name](whole)
    table = individuals.weighted_balance(matched).table
    table = table[table.covariate == "x"].set_index("sample").smd.abs()
    assert table["after"] < 0.3 * table["before"]
    fit = individuals.matched_difference(matched)
    truth = 1 + frame.x[frame.d == 1].mean()
    error = float(clustered(fit, cluster="observation" if name == "replace" else "matched_set").std_error[0])
    assert abs(fit.value[0] - truth) < 4 * error
    turned = CLASSES[name](sample(frame.iloc[::-1], ("x", "z")))
    np.testing.assert_allclose(individuals.matched_difference(turned).value, fit.value, rtol=1e-8)


def test_the_survey_matched_to_the_treated_of_the_trial() -> None:
    """CPS in place of the controls of NSW: -8498 unmatched, 1794 in the trial; matching comes near."""
    both = pd.concat([earnings("nsw_mixtape", treated_only=True), earnings("cps_mixtape")])
    observed = sample(both, tuple(COVARIATES))
    result = individuals.abadie_imbens(individuals.match(observed, replace=True))
    assert 0 < result.estimate.value[0] < 3500
    row = result.tidy().iloc[0]
    assert row.conf_low < 1794.34 < row.conf_high


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda s: individuals.match(s, ratio=0), "bad-limit"),
        (lambda s: individuals.match(s, caliper=-1), "bad-limit"),
        (lambda s: individuals.match(s, exact=["age"]), "unknown-covariate"),
        (lambda s: individuals.match(s, distance="euclid"), "unknown-option"),
        (lambda s: individuals.match(s, distance=np.zeros((2, 4))), "distance-shape"),
        (lambda s: individuals.match(s, distance=np.full((3, 4), np.inf)), "nobody-left"),
        (lambda s: individuals.cem(s, bins={"age": 3}), "unknown-covariate"),
        (lambda s: individuals.cem(s, bins={"x": 0}), "bad-limit"),
        (lambda s: individuals.cem(s, bins={"x": 1000}), "nobody-left"),
        (lambda s: individuals.subclassification(s, subclasses=9), "bad-limit"),
        (lambda s: individuals.abadie_imbens(individuals.match(s)), "needs-replacement"),
        (
            lambda s: individuals.abadie_imbens(CLASSES["replace"](s), neighbours=9),
            "bad-neighbours",
        ),
    ],
)
def test_what_cannot_be_matched_is_refused(call: Any, code: str) -> None:
    with pytest.raises(EvaluationError) as refused:
        call(sample())
    assert refused.value.code == code
