"""Power of the pre-test against a trend, and what passing it does to the estimates."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from evaluation import StudyDesign, aggregate, att_gt, event_study
from evaluation.checks import pretrends_power
from evaluation.checks._box import inside_box
from evaluation.disclosure import publish
from evaluation.errors import DesignError
from evaluation.estimate import Estimate
from evaluation.report import warnings
from evaluation.simulate import did_panel

COLUMNS = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}


def path(treated: int = 20, periods: int = 8, effect: float = 1.0) -> Estimate:
    frame = did_panel(n_units=60, n_treated=treated, n_periods=periods, effect=effect, seed=3)
    return event_study(StudyDesign.from_frame(frame, **COLUMNS))


def test_one_period_before_by_hand() -> None:
    """With one period before, the power is that of a two-sided test.

    In one dimension the chance is exact, the mean that of 20,011 points. Given that |b| stays below c it is
    mean - sd (phi(u) - phi(l)) / (Phi(u) - Phi(l)).
    """
    mean, sd, reach = 0.7, 0.5, 1.2
    low, high = (-reach - mean) / sd, (reach - mean) / sd
    chance = norm.cdf(high) - norm.cdf(low)
    found = inside_box(np.array([mean]), np.array([[sd**2]]), np.array([reach]))
    assert found.probability == pytest.approx(chance, rel=1e-12)
    assert found.mean[0] == pytest.approx(mean - sd * (norm.pdf(high) - norm.pdf(low)) / chance, rel=1e-4)


@pytest.mark.parametrize("q", [2, 5, 9])
def test_box_against_another_integrator_and_against_draws(q: int) -> None:
    """scipy's own error is 1e-5; 400,000 draws have a standard error of 0.0008 and 0.003."""
    rng = np.random.default_rng(q)
    root = rng.normal(size=(q, q)) / np.sqrt(q) + np.eye(q)
    covariance, mean = root @ root.T, rng.normal(size=q) / 2
    reach = 1.8 * np.sqrt(np.diag(covariance))
    found = inside_box(mean, covariance, reach)
    other = multivariate_normal(mean, covariance, seed=1).cdf(reach, lower_limit=-reach)
    assert found.probability == pytest.approx(other, abs=5e-4)
    draws = rng.multivariate_normal(mean, covariance, size=400_000)
    inside = draws[(np.abs(draws) <= reach).all(axis=1)]
    np.testing.assert_allclose(found.mean, inside.mean(axis=0), atol=4 * covariance.max() ** 0.5 / 400)


def test_slopes_have_their_power_and_passing_adds_bias() -> None:
    estimate = path()
    found = pretrends_power(estimate)
    for power in (50, 80):
        again = pretrends_power(estimate, slope=float(found.numbers[f"slope_{power}"]))  # type: ignore[arg-type]
        assert again.numbers["power"] == pytest.approx(power / 100, abs=1e-5)
    after = found.table[found.table.event_time >= 0]
    assert found.numbers["bias"] == pytest.approx(found.numbers["slope"] * (after.event_time + 1).mean())  # type: ignore[operator]
    assert found.numbers["bias_if_passed"] == pytest.approx(after.mean_if_passed.mean())
    none = pretrends_power(estimate, slope=0.0)
    assert none.numbers["power"] == pytest.approx(none.numbers["power_none"])
    np.testing.assert_allclose(none.table.mean_if_passed, 0, atol=2e-3 * none.table.std_error.max())
    assert none.numbers["bayes_factor"] == none.numbers["likelihood_ratio"] == 1


def test_a_trend_that_would_explain_the_effect_is_told() -> None:
    weak, strong = pretrends_power(path(effect=0.0)), pretrends_power(path(effect=50.0))
    assert [note.code for note in weak.notes] == ["pretrends_power"]
    assert strong.notes == ()
    for lang, words in (("cs", "50 %"), ("en", "50%")):
        assert words in warnings(publish(weak), lang)[0].replace("\u00a0", " ")


def test_averages_of_group_time_effects_are_a_path_too() -> None:
    design = path().design
    found = pretrends_power(aggregate(att_gt(design, base_period="universal"), by="event_time"))
    assert -1.0 not in set(found.table.event_time)
    assert found.numbers["terms"] == (found.table.event_time < 0).sum() > 1


def test_what_has_no_path_is_refused() -> None:
    design = path().design
    with pytest.raises(DesignError) as caught:
        pretrends_power(att_gt(design))
    assert caught.value.code == "no-pre-period-terms"
    few = StudyDesign.from_frame(did_panel(n_units=6, n_treated=2, n_periods=20, seed=1), **COLUMNS)
    with pytest.raises(DesignError) as caught:
        pretrends_power(event_study(few))
    assert caught.value.code == "pretrends-singular"
