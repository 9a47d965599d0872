"""Trials: tables by hand, peers, published numbers, invariances, what is refused, what is said."""

from __future__ import annotations

import causaldata
import numpy as np
import pandas as pd
import pytest
from linearmodels.iv import IV2SLS

from evaluation import individuals
from evaluation.design import Sample
from evaluation.errors import DesignError, InferenceError
from evaluation.estimate import Estimate
from evaluation.inference import clustered

LOTTERY = pd.DataFrame(
    {
        "housed": [9, 7, 5, 3, 6, 2, 4, 1],
        "drawn": [1, 1, 1, 0, 0, 0, 1, 0],
        "moved": [1, 1, 0, 0, 1, 0, 1, 0],
        "children": ["few", "few", "few", "few", "many", "many", "many", "many"],
    }
)


def sample(frame: pd.DataFrame = LOTTERY, **more: object) -> Sample:
    return Sample.from_frame(frame, outcome="housed", treatment="drawn", **more)  # type: ignore[arg-type]


def trial(seed: int = 3, n: int = 400, compliance: float = 0.6) -> pd.DataFrame:
    """Families of 40 places drawn with different chances in two strata; some of those drawn do not move."""
    rng = np.random.default_rng(seed)
    children = rng.integers(0, 2, n)
    drawn = (rng.random(n) < np.where(children == 1, 0.6, 0.3)).astype(int)
    keen = rng.random(n)
    moved = np.where(drawn == 1, keen < compliance + 0.2, keen < 0.2).astype(int)
    age = rng.normal(40, 10, n)
    housed = 2 + 1.5 * moved + 1.0 * children + 0.05 * age + keen + rng.normal(0, 1, n)
    frame = {"housed": housed, "drawn": drawn, "moved": moved, "children": children, "age": age}
    return pd.DataFrame(frame | {"place": rng.integers(0, 40, n), "weight": rng.uniform(0.5, 2, n)})


def test_differences_by_hand() -> None:
    """Means 25/4 and 12/4; within the strata 7 - 3 and 4 - 3, each with half of the families."""
    np.testing.assert_allclose(individuals.itt(sample()).value, [25 / 4 - 3], rtol=1e-12)
    np.testing.assert_allclose(individuals.itt(sample(strata="children")).value, [0.5 * 4 + 0.5], rtol=1e-12)
    received = individuals.late(sample(received="moved")).value
    np.testing.assert_allclose(received, [(25 / 4 - 3) / (3 / 4 - 1 / 4)], rtol=1e-12)


def test_the_error_of_a_difference_of_means_is_neymans() -> None:
    found = individuals.itt(sample(trial())).infer(clustered, correction="CR2")
    one, zero = (trial().query(f"drawn == {d}").housed for d in (1, 0))
    np.testing.assert_allclose(
        found.inference.std_error**2, one.var() / len(one) + zero.var() / len(zero), rtol=1e-10
    )


def test_strata_weigh_by_their_size_and_errors_add_up() -> None:
    frame = trial()
    found = individuals.itt(sample(frame, strata="children")).infer(clustered, correction="CR2")
    value = variance = 0.0
    for _, rows in frame.groupby("children"):
        one, zero = (rows.query(f"drawn == {d}").housed for d in (1, 0))
        value += len(rows) / len(frame) * (one.mean() - zero.mean())
        variance += (len(rows) / len(frame)) ** 2 * (one.var() / len(one) + zero.var() / len(zero))
    np.testing.assert_allclose(found.estimate.value, value, rtol=1e-12)
    np.testing.assert_allclose(found.inference.std_error**2, variance, rtol=1e-10)


def test_lin_predicts_both_outcomes_for_everyone() -> None:
    frame = trial()
    y, x = frame.housed.to_numpy(), np.column_stack([np.ones(len(frame)), frame.age])
    both = [np.linalg.lstsq(x[frame.drawn == d], y[frame.drawn == d], rcond=None)[0] for d in (1, 0)]
    found = individuals.itt(sample(frame, covariates=["age"]), adjustment="lin").value
    np.testing.assert_allclose(found, (x @ (both[0] - both[1])).mean(), rtol=1e-12)


@pytest.mark.parametrize("more", [{}, {"cluster": "place"}, {"weights": "weight"}])
def test_two_stage_least_squares_is_that_of_linearmodels(more: dict[str, str]) -> None:
    frame = trial().assign(one=1.0)
    ours = individuals.late(sample(frame, received="moved", strata="children", covariates=["age"], **more))
    fit = IV2SLS(
        frame.housed,
        frame[["one", "children", "age"]],
        frame.moved,
        frame.drawn,
        weights=frame.weight if "weights" in more else None,
    )
    theirs = fit.fit(cov_type="clustered", clusters=frame.place) if "cluster" in more else fit.fit()
    np.testing.assert_allclose(ours.value, theirs.params["moved"], rtol=1e-10)
    error = clustered(ours, correction="CR0").std_error
    np.testing.assert_allclose(error, theirs.std_errors["moved"], rtol=1e-9)
    stage = individuals.first_stage(sample(frame, received="moved", strata="children", covariates=["age"]))
    diagnosed = fit.fit().first_stage.diagnostics if not more else None
    if diagnosed is not None:
        factor = len(frame) / (len(frame) - 1) * (len(frame) - 1) / (len(frame) - 4)
        f = float(stage.numbers["f"])  # type: ignore[arg-type]
        np.testing.assert_allclose(f * factor, diagnosed["f.stat"].iloc[0], rtol=1e-9)


def test_a_set_holds_what_the_reduced_form_does_not_reject() -> None:
    """The definition: b belongs to the set if the assignment does not explain housed - b moved."""
    frame = trial(n=120)
    fit = individuals.late(sample(frame, received="moved", cluster="place"))
    ((low, high),) = individuals.anderson_rubin(fit).conf_set[0]  # type: ignore[index]
    for b, inside in ((low - 1e-6, False), (low + 1e-6, True), (high - 1e-6, True), (high + 1e-6, False)):
        shifted = sample(frame.assign(housed=frame.housed - b * frame.moved), cluster="place")
        assert (clustered(individuals.itt(shifted)).p_value[0] >= 0.05) is np.bool_(inside)
    null = clustered(individuals.itt(sample(frame, cluster="place"))).p_value
    np.testing.assert_allclose(individuals.anderson_rubin(fit).p_value, null, rtol=1e-9)


def test_a_weak_instrument_leaves_the_effect_unbounded_and_is_said() -> None:
    frame = trial(n=80, compliance=0.02)
    fit = individuals.late(sample(frame, received="moved"))
    found = individuals.anderson_rubin(fit)
    assert np.isinf(found.conf_low[0])
    assert np.isinf(found.conf_high[0])
    assert "weak_instrument" in {note.code for note in fit.notes}
    assert individuals.first_stage(sample(frame, received="moved")).passed is False


def test_published_experiments() -> None:
    """LaLonde's men: 1794.34 (671.0); Thornton's vouchers: 0.45 more came for their result."""
    men = Sample.from_frame(causaldata.nsw_mixtape.load_pandas().data, outcome="re78", treatment="treat")
    found = individuals.itt(men).infer(clustered, correction="CR2")
    np.testing.assert_allclose(found.estimate.value, [1794.342], atol=5e-4)
    np.testing.assert_allclose(found.inference.std_error, [670.997], atol=5e-4)
    village = causaldata.thornton_hiv.load_pandas().data.dropna(subset=["got", "any"])
    offered = Sample.from_frame(village, outcome="got", treatment="any")
    np.testing.assert_allclose(individuals.itt(offered).value, [0.4505519], atol=5e-7)


KINDS = {
    "none": lambda f: individuals.itt(sample(f, strata="children")),
    "ancova": lambda f: individuals.itt(sample(f, covariates=["age"]), adjustment="ancova"),
    "lin": lambda f: individuals.itt(sample(f, covariates=["age"], strata="children"), adjustment="lin"),
    "late": lambda f: individuals.late(sample(f, received="moved", covariates=["age"], strata="children")),
}


@pytest.mark.parametrize("kind", list(KINDS))
def test_order_and_scale_do_not_matter(kind: str) -> None:
    frame = trial()
    other = frame.sample(frac=1, random_state=4).assign(
        housed=lambda f: 3 * f.housed + 7, age=lambda f: -f.age
    )
    one, two = (KINDS[kind](f).infer(clustered) for f in (frame, other))
    np.testing.assert_allclose(3 * one.estimate.value, two.estimate.value, rtol=1e-9)
    np.testing.assert_allclose(3 * one.inference.std_error, two.inference.std_error, rtol=1e-9)


def influence_is_derivative(make: object, frame: pd.DataFrame, row: int) -> None:
    """Counting one family of n twice moves the estimate by its influence / n, up to terms of 1 / n^2."""
    fit, twice = make(frame), make(pd.concat([frame, frame.iloc[[row]]]))  # type: ignore[operator]
    assert isinstance(fit, Estimate)
    assert fit.influence is not None
    moved = (twice.value - fit.value) * (len(frame) + 1)
    np.testing.assert_allclose(moved, fit.influence[row], atol=0.03 * np.abs(fit.influence).max())
    np.testing.assert_allclose(fit.influence.mean(axis=0), 0, atol=1e-9 * np.abs(fit.influence).max())


@pytest.mark.parametrize("kind", ["none", "ancova", "late"])
def test_influence_is_the_derivative_by_the_weight_of_a_family(kind: str) -> None:
    influence_is_derivative(KINDS[kind], trial(n=900), 11)


def test_intervals_cover_the_effect_on_compliers() -> None:
    """400 trials of 200: both cover 95 %, give or take four standard errors of the simulation."""
    inside = np.zeros(2)
    for seed in range(400):
        fit = individuals.late(sample(trial(seed, n=200), received="moved", strata="children"))
        for j, found in enumerate((clustered(fit), individuals.anderson_rubin(fit))):
            inside[j] += found.conf_low[0] <= 1.5 <= found.conf_high[0]
    np.testing.assert_allclose(inside / 400, 0.95, atol=4 * np.sqrt(0.95 * 0.05 / 400))


REFUSED = {
    "one-group-only": lambda: individuals.itt(sample(LOTTERY.assign(drawn=1))),
    "one-armed-stratum": lambda: individuals.itt(
        sample(LOTTERY.assign(children=LOTTERY.drawn), strata="children")
    ),
    "no-covariates": lambda: individuals.itt(sample(), adjustment="lin"),
    "covariates-collinear": lambda: individuals.itt(
        sample(LOTTERY.assign(copy=LOTTERY.drawn), covariates=["copy"]), adjustment="ancova"
    ),
    "no-received": lambda: individuals.late(sample()),
    "nobody-moved": lambda: individuals.late(
        sample(LOTTERY.assign(moved=[1, 0, 1, 0, 1, 0, 0, 1]), received="moved")
    ),
    "not-of-late": lambda: individuals.anderson_rubin(individuals.itt(sample())),
}


@pytest.mark.parametrize("code", list(REFUSED))
def test_what_cannot_be_said_is_refused(code: str) -> None:
    with pytest.raises((DesignError, InferenceError)) as raised:
        REFUSED[code]()
    assert raised.value.code == code


def test_a_retention_rate_alone_is_no_effect() -> None:
    """48 of 50 kept their homes: without those not drawn there is nothing to subtract it from."""
    kept = pd.DataFrame({"housed": [1] * 48 + [0] * 2, "drawn": 1})
    with pytest.raises(DesignError, match="nothing to compare"):
        sample(kept)


def test_a_single_family_in_a_stratum_is_said() -> None:
    notes = {note.code: note.numbers for note in individuals.itt(sample(strata="children")).notes}
    assert notes == {"single_in_stratum": {"strata": 2, "of": 2}}
