"""Several outcomes: adjusted p-values against their definitions, by hand and by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation.design import StudyDesign
from evaluation.errors import InferenceError
from evaluation.estimate import Result
from evaluation.estimators import twfe
from evaluation.inference import adjusted, clustered, multiple_outcomes, randomisation, romano_wolf
from evaluation.simulate import did_panel


def test_by_hand() -> None:
    """Holm 4p, 3p, 2p, p of the sorted, never falling; Benjamini-Hochberg 4p, 2p, 4p/3, p, never rising."""
    p = [0.04, 0.01, 0.02, 0.5]
    np.testing.assert_allclose(adjusted(p, method="holm"), [0.08, 0.04, 0.06, 0.5])
    np.testing.assert_allclose(adjusted(p, method="bonferroni"), [0.16, 0.04, 0.08, 1.0])
    np.testing.assert_allclose(adjusted(p, method="benjamini_hochberg"), [0.16 / 3, 0.04, 0.04, 0.5])


def two_stages(p: np.ndarray, q: float) -> np.ndarray:
    """Which p-values the two stages reject at level q, as Benjamini, Krieger and Yekutieli write it."""
    m, level = len(p), q / (1 + q)

    def step_up(at: float) -> np.ndarray:
        order = np.argsort(p)
        below = np.flatnonzero(p[order] <= at * np.arange(1, m + 1) / m)
        rejected = np.zeros(m, dtype=bool)
        rejected[order[: below[-1] + 1 if len(below) else 0]] = True
        return rejected

    first = step_up(level)
    if not first.any() or first.all():
        return first
    return step_up(level * m / (m - first.sum()))


@pytest.mark.parametrize("seed", range(8))
def test_sharpened_q_is_the_smallest_level_at_which_the_two_stages_reject(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = np.concatenate([rng.uniform(0, 0.05, 4), rng.uniform(0, 1, 5)])
    q = adjusted(p, method="sharpened_q")
    for j, level in enumerate(q):
        if level < 1:
            assert two_stages(p, level * (1 + 1e-9))[j]
        assert not any(two_stages(p, x)[j] for x in np.linspace(1e-6, min(level, 1) * (1 - 1e-9), 400))


def test_nan_does_not_count_and_order_does_not_matter() -> None:
    p = np.array([0.03, np.nan, 0.01, 0.2])
    for method in ("holm", "bonferroni", "benjamini_hochberg", "sharpened_q"):
        found = adjusted(p, method=method)
        assert np.isnan(found[1])
        np.testing.assert_allclose(found[[0, 2, 3]], adjusted(p[[0, 2, 3]], method=method))
        np.testing.assert_allclose(found[::-1], adjusted(p[::-1], method=method))
    assert adjusted([], method="holm").shape == (0,)


def results(n_outcomes: int, *, n_units: int, n_treated: int, seed: int, method: object, shared: float = 0.0,
            effects: tuple[float, ...] = ()) -> list[Result]:  # fmt: skip
    """Outcomes with a common part: synthetic panels whose noise is shared to a degree."""
    panels = [
        did_panel(n_units=n_units, n_treated=n_treated, n_periods=4, effect=0.0, seed=seed * 97 + j)
        for j in range(n_outcomes + 1)
    ]
    found = []
    for j, panel in enumerate(panels[1:]):
        effect = effects[j] if j < len(effects) else 0.0
        treated = (panel.cohort > 0) & (panel.period >= panel.cohort)
        mixed = shared * panels[0].outcome + (1 - shared) * panel.outcome + effect * treated
        design = StudyDesign.from_frame(
            panel.assign(outcome=mixed), outcome="outcome", unit="unit", time="period", cohort="cohort"
        )
        found.append(twfe(design).infer(method))  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("method", [clustered, randomisation])
def test_copies_of_one_outcome_cost_nothing(method: object) -> None:
    """Holm multiplies the p of two equal outcomes by two, the joint distribution knows that they are one."""
    (one,) = results(1, n_units=10, n_treated=3, seed=1, method=method)
    np.testing.assert_array_equal(romano_wolf([one, one, one]), np.repeat(romano_wolf([one]), 3))
    if method is randomisation:
        assert romano_wolf([one])[0] == one.inference.p_value[0]


def test_randomisation_by_hand() -> None:
    """Smallest p among outcomes still in question, counted over all 120 assignments."""
    found = results(3, n_units=10, n_treated=3, seed=5, method=randomisation, effects=(2.0, 0.5))
    table = np.array([np.abs(r.inference.distribution[:, 0]) for r in found])  # type: ignore[index]
    observed = [abs(r.estimate.value[0]) for r in found]
    own = np.array([[(row >= x - 1e-9).mean() for x in row] for row in table])
    p = np.array([(row >= x - 1e-9).mean() for row, x in zip(table, observed, strict=True)])
    wanted, left, largest = np.empty(3), list(np.argsort(p, kind="stable")), 0.0
    while left:
        j = left[0]
        largest = max(largest, float((own[left].min(axis=0) <= p[j] + 1e-12).mean()))
        wanted[j] = largest
        left = left[1:]
    np.testing.assert_allclose(romano_wolf(found), wanted, rtol=1e-12)
    assert (romano_wolf(found) <= adjusted(p, method="holm") + 1e-12).all()


@pytest.mark.parametrize("shared", [0.0, 0.9])
@pytest.mark.parametrize("sets", [60, pytest.param(600, marks=pytest.mark.long)], ids=["short", "long"])
def test_one_of_five_true_nulls_is_rejected_in_five_per_cent_at_most(shared: float, sets: int) -> None:
    """Sets of outcomes of 8 units, 2 treated, all 28 assignments; within three Monte Carlo errors."""
    rejected = 0
    for seed in range(sets):
        found = results(5, n_units=8, n_treated=2, seed=seed, method=randomisation, shared=shared)
        rejected += int((romano_wolf(found) <= 0.05).any())
    assert rejected <= sets * 0.05 + 3 * np.sqrt(sets * 0.05 * 0.95)


def test_the_table_and_what_is_wrong() -> None:
    one, two = results(2, n_units=10, n_treated=3, seed=2, method=clustered, effects=(3.0,))
    table = multiple_outcomes({"first": one, "second": two})
    assert table.outcome.tolist() == ["first", "second"]
    assert (table.romano_wolf >= table.p_value).all() or table.romano_wolf.notna().all()
    assert (table.holm >= table.p_value).all()
    (other,) = results(1, n_units=11, n_treated=3, seed=2, method=clustered)
    assert multiple_outcomes({"first": one, "other": other}).romano_wolf.isna().all()
    with pytest.raises(InferenceError, match="joint distribution"):
        romano_wolf([one, other])
    with pytest.raises(InferenceError, match=r"1\.5"):
        adjusted([0.2, 1.5])
    with pytest.raises(InferenceError, match="holm"):
        adjusted([0.2], method="hohm")
    with pytest.raises(InferenceError, match="no results"):
        multiple_outcomes({})
    assert isinstance(table, pd.DataFrame)
