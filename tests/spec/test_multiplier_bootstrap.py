"""The multiplier bootstrap: repeatable, clustered above the unit, and a band for all terms at once."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.stats import norm

from evaluation.aggregate import aggregate
from evaluation.design import StudyDesign
from evaluation.errors import InferenceError
from evaluation.estimate import Estimate
from evaluation.estimators import att_gt
from evaluation.inference import clustered, multiplier_bootstrap
from evaluation.inference.multiplier import MULTIPLIERS
from evaluation.simulate import did_panel

COLUMNS = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}


def test_the_bootstrap_repeats_and_its_band_is_wider() -> None:
    panel = did_panel(n_units=40, n_treated=12, n_periods=6, seed=2)
    columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    path = aggregate(
        att_gt(StudyDesign.from_frame(panel, **columns), base_period="universal"), by="event_time"
    )
    for multiplier in ("rademacher", "mammen", "webb"):
        one, same, other = (
            multiplier_bootstrap(path, draws=499, seed=seed, multiplier=multiplier) for seed in (1, 1, 2)
        )
        np.testing.assert_array_equal(one.std_error, same.std_error)
        assert not np.array_equal(one.std_error, other.std_error, equal_nan=True)
        known = np.isfinite(one.std_error)
        assert (one.band_high - one.band_low >= one.conf_high - one.conf_low)[known].all()
        assert [t.event_time for t, k in zip(path.terms, known, strict=True) if not k] == [-1]


def _in_regions(**options: str) -> Estimate:
    """Eighty units in forty regions whose shocks are shared: units are not independent."""
    panel = did_panel(n_units=80, n_treated=30, n_periods=6, seed=6)
    panel["region"] = panel["unit"] // 2
    panel["cohort"] = panel.groupby("region")["cohort"].transform("max")
    shock = np.random.default_rng(5).normal(scale=3.0, size=(100, 7))
    panel["outcome"] += shock[panel["region"].to_numpy(), panel["period"].to_numpy()]
    design = StudyDesign.from_frame(panel, **COLUMNS, groups=["region"], **options)
    return aggregate(att_gt(design), by="event_time")


DRAWS = 20_000


@pytest.mark.parametrize("multiplier", MULTIPLIERS)
def test_a_cluster_above_the_unit_gives_the_clustered_standard_error(multiplier: str) -> None:
    """Within four Monte Carlo errors, and 2 % because sums of forty multipliers are not quite normal.

    The interquartile range of B normal draws over 1.349 has the relative standard error 1.17 / sqrt(B).
    """
    by_unit, of_region = _in_regions(), _in_regions(cluster="region")
    named = multiplier_bootstrap(by_unit, cluster="region", draws=DRAWS, seed=3, multiplier=multiplier)
    default = multiplier_bootstrap(of_region, draws=DRAWS, seed=3, multiplier=multiplier)
    np.testing.assert_array_equal(named.std_error, default.std_error)
    np.testing.assert_array_equal(named.band_high, default.band_high)
    wanted = clustered(by_unit, cluster="region", correction="CR0").std_error
    np.testing.assert_allclose(named.std_error, wanted, rtol=4 * 1.17 / np.sqrt(DRAWS) + 0.02)
    alone = multiplier_bootstrap(by_unit, draws=DRAWS, seed=3, multiplier=multiplier).std_error
    assert (named.std_error > 1.15 * alone).all()


def test_the_critical_value_is_the_quantile_of_the_largest_statistic() -> None:
    """k terms that are independent: the largest of k absolute normals, known in closed form.

    Each term has influence values of 500 units of its own. The quantile of 9,999 draws has a standard error
    of sqrt(0.95 x 0.05 / 9,999) over the density there, 0.016; the four standard errors move it by another
    0.015. The bound is three times both together.
    """
    k, n = 4, 2000
    frame = did_panel(n_units=n, n_treated=900, n_periods=k + 2, seed=1)
    effects = att_gt(StudyDesign.from_frame(frame, **COLUMNS))
    assert len(effects.terms) > k
    drawn = np.random.default_rng(8).normal(size=500)
    influence = np.zeros((n, len(effects.terms)))
    for j in range(k):
        influence[j * 500 : (j + 1) * 500, j] = drawn
    independent = dataclasses.replace(effects, influence=influence)
    found = multiplier_bootstrap(independent, draws=9999, seed=2)
    wanted = norm.ppf((1 + 0.95 ** (1 / k)) / 2)
    assert found.notes[0].numbers["critical"] == pytest.approx(wanted, abs=0.065)
    assert np.isnan(found.std_error[k:]).all()
    np.testing.assert_allclose(found.std_error[:k], np.sqrt((drawn**2).sum()) / n, rtol=0.05)


def test_one_cluster_and_unknown_clusters_are_refused() -> None:
    path = _in_regions()
    with pytest.raises(InferenceError, match="multiplier"):
        multiplier_bootstrap(path, multiplier="normal")
    one = dataclasses.replace(path.design, groups={"all": path.design.group("region").of("all", [1] * 80)})
    with pytest.raises(InferenceError) as caught:
        multiplier_bootstrap(dataclasses.replace(path, design=one), cluster="all")
    assert caught.value.code == "one-cluster"
