"""What every registered estimator must keep, under each of its variants."""

from __future__ import annotations

import dataclasses
import pickle
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from evaluation.estimate import Estimate, Registered, Variant
from evaluation.estimate.refit import aligned
from tests.conformance.panels import CASES, fit, name, panel

Case = tuple[Registered, Variant]
pytestmark = pytest.mark.parametrize("case", CASES, ids=name)


def same(one: Estimate, other: Estimate, factor: float = 1.0) -> None:
    """Equal to the rounding error of a regression: 1e-9 of the largest value."""
    scale = np.abs(one.value).max() + 1.0
    np.testing.assert_allclose(aligned(other, one.terms), factor * one.value, rtol=1e-9, atol=1e-9 * scale)
    assert set(one.terms) == set(other.terms)
    if one.influence is not None and other.influence is not None:
        order = [other.terms.index(term) for term in one.terms]
        units = [other.design.units.index(unit) for unit in one.design.units]
        largest = np.abs(one.influence).max()
        got = other.influence[units][:, order]
        np.testing.assert_allclose(got, factor * one.influence, rtol=1e-7, atol=1e-8 * largest)


def test_shapes(case: Case) -> None:
    estimate = fit(case, panel())
    k, n_units = len(estimate.terms), estimate.design.n_units
    assert estimate.value.shape == (k,)
    assert np.isfinite(estimate.value).all()
    assert estimate.estimator == case[0].name
    assert dict(estimate.options) == dict(case[1].options)
    assert {"influence", "refit"} & set(estimate.contracts)
    if estimate.influence is not None:
        assert estimate.influence.shape == (n_units, k)
    if (moments := estimate.moments) is not None:
        q = moments.n_regressors
        assert moments.gram.shape == (n_units, q, q)
        assert moments.cross.shape == moments.scores.shape == (n_units, q)
        np.testing.assert_allclose(moments.gram.sum(axis=0) @ moments.bread, np.eye(q), atol=1e-9)


def test_moments_and_influence_say_the_same(case: Case) -> None:
    estimate = fit(case, panel())
    if estimate.moments is None or estimate.influence is None:
        return
    moments, k = estimate.moments, len(estimate.terms)
    from_scores = estimate.design.n_units * moments.scores @ moments.loadings(k)
    np.testing.assert_allclose(from_scores, estimate.influence, rtol=1e-9, atol=1e-10)
    coefficients = moments.bread @ moments.cross.sum(axis=0)
    np.testing.assert_allclose(moments.weights_of(k) @ coefficients, estimate.value, rtol=1e-9, atol=1e-12)


def test_frozen(case: Case) -> None:
    estimate = fit(case, panel())
    with pytest.raises(dataclasses.FrozenInstanceError):
        estimate.value = estimate.value + 1  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        estimate.value[0] = 0.0
    with pytest.raises(TypeError):
        estimate.options["family"] = "other"  # type: ignore[index]


def test_influence_has_mean_zero(case: Case) -> None:
    influence = fit(case, panel()).influence
    if influence is not None:
        assert (np.abs(influence.mean(axis=0)) <= 1e-10 * np.abs(influence).max()).all()


@pytest.mark.parametrize("axis", ["unit", "period"])
def test_effects_of_units_and_periods_do_not_matter(case: Case, axis: str) -> None:
    """They add to the outcome; with a log link they multiply the exposure.

    (Multiplying the outcome would change how much a unit weighs in a Poisson regression.)
    """
    if axis == "unit" and not case[1].unit_effects:
        pytest.skip("levels of units matter to it")
    frame = panel()
    codes = pd.Series(pd.factorize(frame[axis])[0], index=frame.index)
    effects = (codes * 7) % 11 - 4.0
    if case[1].link == "identity":
        shifted = fit(case, frame.assign(outcome=frame.outcome + effects))
    else:
        shifted = fit(case, frame.assign(people=np.exp(effects / 10)), exposure="people")
    same(*(_invariant(case, estimate) for estimate in (fit(case, frame), shifted)))


def _invariant(case: Case, estimate: Estimate) -> Estimate:
    """Only the terms that are said not to change: a mean does, the difference of changes does not."""
    names = case[1].invariant
    kept = [i for i, term in enumerate(estimate.terms) if names is None or term.name in names]
    assert kept
    influence = None if estimate.influence is None else estimate.influence[:, kept]
    return dataclasses.replace(
        estimate,
        terms=tuple(estimate.terms[i] for i in kept),
        value=estimate.value[kept],
        influence=influence,
        moments=None,
    )


def test_scale(case: Case) -> None:
    frame = panel()
    estimate = fit(case, frame)
    factor = 1.0 if estimate.estimand == "log_ratio" else 8.0
    same(estimate, fit(case, frame.assign(outcome=8.0 * frame.outcome)), factor)


def test_row_order_and_labels_do_not_matter(case: Case) -> None:
    frame = panel()
    same(fit(case, frame), fit(case, frame.sample(frac=1.0, random_state=5).reset_index(drop=True)))


def test_rows_that_were_not_observed_are_left_out(case: Case) -> None:
    """An empty outcome is the same as a missing row; some units have none if gaps cannot be used."""
    frame = panel()
    keep = (frame.index % 9 != 4) | ((not case[1].gaps) & (frame.region != 0))
    same(fit(case, frame[keep]), fit(case, frame.assign(outcome=frame.outcome.where(keep))))


@pytest.mark.parametrize("rows", ["all", "unbalanced"])
def test_batch_is_the_same_as_one_by_one(case: Case, rows: str) -> None:
    frame = panel()
    if rows == "unbalanced":
        frame = frame[(frame.index % 9 != 4) | ((not case[1].gaps) & (frame.region != 0))]
    estimate = fit(case, frame)
    assert estimate.refit is not None
    rng = np.random.default_rng(1)
    plan = estimate.design
    sources = np.array([rng.permutation(plan.n_units) for _ in range(12)])
    together = estimate.refit.values(plan, sources, estimate.terms)
    alone = dataclasses.replace(estimate.refit, batch=None).values(plan, sources, estimate.terms)
    assert together.shape == (12, len(estimate.terms))
    np.testing.assert_allclose(together, alone, rtol=1e-9, atol=1e-9)
    same_again = estimate.refit.values(plan, np.arange(plan.n_units)[None], estimate.terms)
    np.testing.assert_allclose(same_again[0], estimate.value, rtol=1e-9, atol=1e-9)


def test_standard_error_is_that_of_the_jackknife(case: Case) -> None:
    """Leaving out one unit at a time agrees with the influence values.

    Not exactly: the jackknife variance of a mean of m units is m / (m - 1) times that of its influence
    values, and the smallest cohort has 20, so 2.6 % in the standard error; curvature and leverage add to it.
    """
    estimate = fit(case, panel((20, 20, 30), seed=8))
    if estimate.influence is None or estimate.refit is None:
        return
    n_units = estimate.design.n_units
    left_out = []
    for unit in range(n_units):
        others = estimate.design.take(np.delete(np.arange(n_units), unit))
        left_out.append(aligned(estimate.refit(others), estimate.terms))
    spread = np.array(left_out) - np.mean(left_out, axis=0)
    jackknife = np.sqrt((n_units - 1) / n_units * (spread**2).sum(axis=0))
    influence = np.sqrt((estimate.influence**2).sum(axis=0)) / n_units
    np.testing.assert_allclose(influence, jackknife, rtol=0.1, atol=1e-12)


def test_no_unit_data_leave_by_pickle_or_repr(case: Case) -> None:
    estimate = fit(case, panel())
    for holder in (estimate, estimate.design):
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(holder)
        assert "district-" not in repr(holder)
    assert len(repr(estimate)) < 200
    for held in (estimate.moments, estimate.refit):
        assert "array" not in repr(held)
        assert "district-" not in repr(held)


def test_the_same_call_gives_the_same_bits(case: Case) -> None:
    runs = [fit(case, panel()) for _ in range(2)]
    for one, other in pairwise(runs):
        assert one.value.tobytes() == other.value.tobytes()
        assert one.design.outcome.tobytes() == other.design.outcome.tobytes()
