"""What the simulators promise: the truth that they declare is the truth of their tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation import StudyDesign, att_gt, twfe
from evaluation.errors import DataError, DesignError, EvaluationError
from evaluation.simulate import ar1, did_panel, prague_effects, prague_panel

COLUMNS = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
PRAGUE = {
    "outcome": "households_in_need_per_1000",
    "unit": "district",
    "time": "quarter",
    "cohort": "pilot_start",
}


@pytest.fixture(scope="module")
def districts(root: Path) -> pd.DataFrame:
    return pd.read_csv(root / "data/reference/prague_districts.csv")


def estimates(seeds: int, **options: Any) -> np.ndarray:
    family = options.get("family", "gaussian")
    designs = (StudyDesign.from_frame(did_panel(**options, seed=seed), **COLUMNS) for seed in range(seeds))
    return np.array([twfe(design, family=family).value[0] for design in designs])


def is_unbiased(values: np.ndarray, truth: float) -> bool:
    """Within four Monte Carlo standard errors: a false alarm in one of 16,000 seeds."""
    return bool(abs(values.mean() - truth) <= 4 * values.std(ddof=1) / np.sqrt(len(values)))


def test_a_panel_is_what_its_seed_says() -> None:
    pd.testing.assert_frame_equal(did_panel(seed=7), did_panel(seed=7), check_exact=True)
    assert not did_panel(seed=7).outcome.equals(did_panel(seed=8).outcome)


def test_columns_and_the_synthetic_flag() -> None:
    panel = did_panel(n_units=6, n_periods=4, n_treated=2)
    assert list(panel) == ["unit", "period", "cohort", "cluster", "outcome", "true_effect", "synthetic"]
    assert panel.synthetic.all()
    assert panel.synthetic.dtype == bool
    assert panel.groupby("cohort").unit.unique().map(list).to_dict() == {0: [3, 4, 5, 6], 3: [1, 2]}


def test_staggered_dynamic_effects_by_hand() -> None:
    panel = did_panel(
        n_units=4, n_periods=4, cohorts={2: 1, 4: 2}, effect={2: 1.0, 4: -5.0}, effect_growth=0.5
    )
    truth = panel.pivot_table(index="unit", columns="period", values="true_effect").to_numpy()
    expected = [[0, 1, 1.5, 2], [0, 0, 0, -5], [0, 0, 0, -5], [0, 0, 0, 0]]
    np.testing.assert_array_equal(truth, expected)


def test_without_noise_the_estimate_is_the_truth() -> None:
    panel = did_panel(effect=2.5, noise=0.0)
    assert twfe(StudyDesign.from_frame(panel, **COLUMNS)).value[0] == pytest.approx(2.5, abs=2e-6)


def test_the_truth_is_added_to_the_same_noise() -> None:
    with_effect, without = (did_panel(effect=effect, seed=3) for effect in (1.75, 0.0))
    np.testing.assert_allclose(with_effect.outcome - without.outcome, with_effect.true_effect, atol=2e-6)


@pytest.mark.parametrize("rho", [0.0, 0.6, -0.4])
def test_errors_are_stationary_and_autoregressive(rho: float) -> None:
    error = ar1(np.random.default_rng(1), 40_000, 5, rho=rho)
    np.testing.assert_allclose(error.std(axis=0), 1, atol=0.02)
    correlation = np.corrcoef(error.T)
    expected = rho ** np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    np.testing.assert_allclose(correlation, expected, atol=0.03)


def test_first_units_lie_in_different_clusters_whose_errors_are_shared() -> None:
    panel = did_panel(n_units=400, n_periods=30, n_treated=0, n_clusters=200, icc=0.5, rho=0.0, seed=2)
    assert panel.drop_duplicates("unit").cluster.tolist() == 2 * list(range(1, 201))
    outcome = panel.pivot_table(index="unit", columns="period", values="outcome").to_numpy()
    within = outcome - outcome.mean(axis=1, keepdims=True)
    within = within - within.mean(axis=0)
    shared = np.corrcoef(within[:200].ravel(), within[200:].ravel())[0, 1]
    assert shared == pytest.approx(0.5, abs=0.05)


def test_treated_units_may_vary_more() -> None:
    panel = did_panel(n_units=400, n_treated=200, n_periods=10, effect=0.0, treated_noise=4.0, rho=0.0)
    outcome = panel.pivot_table(index="unit", columns="period", values="outcome")
    within = outcome.sub(outcome.mean(axis=1), axis=0)
    within = within - within.iloc[200:].mean()
    assert within.iloc[:200].to_numpy().std() / within.iloc[200:].to_numpy().std() == pytest.approx(
        4, rel=0.1
    )


def test_counts_are_counts() -> None:
    counts = did_panel(family="poisson", effect=0.3).outcome
    assert (counts >= 0).all()
    assert (counts % 1 == 0).all()


@pytest.mark.parametrize("family", ["gaussian", "poisson"])
def test_the_mean_estimate_is_the_true_effect(family: str) -> None:
    values = estimates(60, n_units=30, n_periods=10, n_treated=8, effect=-0.5, family=family)
    assert is_unbiased(values, -0.5)
    assert not is_unbiased(values, -0.5 + 1.5 * values.std(ddof=1))  # the test can fail


@pytest.mark.long
@pytest.mark.parametrize("family", ["gaussian", "poisson"])
@pytest.mark.parametrize("treated", [1, 5])
def test_the_mean_estimate_is_the_true_effect_in_many_panels(family: str, treated: int) -> None:
    values = estimates(1000, n_treated=treated, effect=-0.5, family=family)
    # a Poisson ratio of few units is biased by a share of its variance, which is not what is tested here
    slack = values.var() / 2 if family == "poisson" else 0.0
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert abs(values.mean() + 0.5) <= 4 * error + slack


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rho": 1.0}, "rho=1.0"),
        ({"icc": -0.1}, "icc=-0.1"),
        ({"noise": -1.0}, "noise=-1.0"),
        ({"mean": 0.0}, "mean=0.0"),
        ({"family": "poison"}, "Did you mean 'poisson'"),
        ({"start": 0}, r"cohorts=\{0: 5\}"),
        ({"n_treated": -1}, "units >= 0"),
        ({"n_treated": 57}, "nothing to compare"),
        ({"cohorts": {5: 1, 9: 1}, "effect": {5: 1.0}}, r"also \[9\]"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(DesignError, match=said):
        did_panel(**options)


# --- Prague -------------------------------------------------------------------------------------------


def test_prague_table(districts: pd.DataFrame) -> None:
    panel = prague_panel(districts)
    assert panel.shape == (57 * 28, 10)
    assert panel.synthetic.all()
    assert panel.groupby("quarter").size().to_dict() == {
        f"{year}Q{quarter}": 57 for year in range(2018, 2025) for quarter in range(1, 5)
    }
    pilots = panel[panel.pilot_start.notna()]
    assert set(pilots.district) == {"Praha 1", "Praha 3", "Praha 7", "Praha 10", "Praha 22"}
    assert pilots.drop_duplicates("district").set_index("district").pilot_start.to_dict() == {
        "Praha 1": "2020Q2",
        "Praha 3": "2020Q4",
        "Praha 7": "2017Q4",
        "Praha 10": "2019Q3",
        "Praha 22": "2020Q2",
    }
    offices = panel[panel.admin_district_office == 1]
    assert offices.district.nunique() == offices.admin_district.nunique() == 22
    assert (offices.district == offices.admin_district).all()
    rate = (1000 * panel.households_in_need / panel.population).round(4)
    pd.testing.assert_series_equal(panel.households_in_need_per_1000, rate, check_names=False)
    assert 0 < (panel.households_in_need < 5).sum() < 200  # suppression has work to do


def test_an_earlier_cut_has_the_same_rows(districts: pd.DataFrame) -> None:
    whole = prague_panel(districts)
    cut = prague_panel(districts, first="2019Q2", last="2022Q3")
    kept = whole[whole.quarter.between("2019Q2", "2022Q3")].reset_index(drop=True)
    pd.testing.assert_frame_equal(cut, kept, check_exact=True)


def test_a_district_does_not_depend_on_the_others(districts: pd.DataFrame) -> None:
    some = prague_panel(districts.iloc[[40, 3]])
    whole = prague_panel(districts)
    assert some.district.unique().tolist() == [districts.name[40], districts.name[3]]
    for name, rows in some.groupby("district"):
        pd.testing.assert_frame_equal(
            rows.reset_index(drop=True), whole[whole.district == name].reset_index(drop=True)
        )


def test_the_truth_of_prague_by_hand() -> None:
    """A quarter of the full effect more in each of four quarters; from 2021 the others have a service too."""
    truth = prague_effects(first="2019Q2", last="2021Q2").set_index(["pilot_start", "quarter"])
    expected = {
        "2017Q4": [-4, -4, -4, -4, -4, -4, -4, -4, -4],
        "2019Q3": [0, -1, -2, -3, -4, -4, -4, -4, -4],
        "2020Q2": [0, 0, 0, 0, -1, -2, -3, -4, -4],
        "2020Q4": [0, 0, 0, 0, 0, 0, -1, -2, -3],
    }
    assert truth.index.unique("pilot_start").tolist() == list(expected)
    for start, tenths in expected.items():
        np.testing.assert_allclose(truth.effect[start], np.array(tenths) / 10, atol=1e-12)
    np.testing.assert_allclose(truth.citywide["2020Q2"], [0] * 7 + [-0.1] * 2, atol=1e-12)
    np.testing.assert_allclose(truth.contrast, truth.effect - truth.citywide, atol=1e-12)


def effects_of(panel: pd.DataFrame) -> tuple[list[tuple[str, str]], np.ndarray]:
    estimate = att_gt(StudyDesign.from_frame(panel, **PRAGUE))
    return [(str(term.cohort), str(term.period)) for term in estimate.terms], estimate.value


def contrasts(cells: list[tuple[str, str]]) -> np.ndarray:
    """Truth of each cell; before the start no district changes its service, and the truth is zero."""
    truth = prague_effects().set_index(["pilot_start", "quarter"]).contrast
    return np.array([truth[cell] if cell[1] >= cell[0] else 0.0 for cell in cells])


def test_group_time_effects_recover_the_declared_contrasts(districts: pd.DataFrame) -> None:
    """The same disturbances with and without pilots, in districts 10,000 times as large.

    Poisson noise in the smallest pilot and quarter is then sqrt(0.0077 / 9.5e7) x 1000 = 0.009 per 1,000,
    and 0.010 in the noisiest cell, a difference of two quarters and two panels; 0.05 is five times that.
    """
    large = districts.assign(population=districts.population * 10_000)
    pilots = prague_panel(large)
    none = prague_panel(large.assign(mhmp_pilot_2020=0)).assign(pilot_start=pilots.pilot_start)
    cells, found = effects_of(pilots)
    # the district treated before the panel has no cell: these data do not tell its effect
    assert {cohort for cohort, _ in cells} == {"2019Q3", "2020Q2", "2020Q4"}
    np.testing.assert_allclose(found - effects_of(none)[1], contrasts(cells), atol=0.05)


@pytest.mark.long
def test_group_time_effects_are_unbiased_in_many_panels(districts: pd.DataFrame) -> None:
    """Each of 81 cells within 4.5 Monte Carlo errors: a false alarm in one of 2,000 sets of seeds."""
    cells, _ = effects_of(prague_panel(districts))
    found = np.array([effects_of(prague_panel(districts, seed=seed))[1] for seed in range(400)])
    errors = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    assert (np.abs(found.mean(axis=0) - contrasts(cells)) <= 4.5 * errors).all()
    size = np.array([1 + (start == "2020Q2") if quarter >= start else 0 for start, quarter in cells])
    overall = found @ size / size.sum()  # what aggregate(by="simple") gives: two pilots began in 2020Q2
    assert is_unbiased(overall, float(contrasts(cells) @ size / size.sum()))
    assert not is_unbiased(overall, 0.0)


def test_the_rate_is_never_cut_off_at_zero(districts: pd.DataFrame) -> None:
    """A floor that binds would bend the additive truth; the largest district shows the rates themselves."""
    large = districts[districts.population > 50_000]
    rates = pd.concat([prague_panel(large, seed=seed) for seed in range(20)]).households_in_need_per_1000
    assert rates.min() > 2


@pytest.mark.parametrize(
    ("change", "options", "code"),
    [
        ({"mhmp_pilot_2020": "pilot"}, {}, "missing-column"),
        ({}, {"first": "2017Q4"}, "unknown-option"),
        ({}, {"first": "2022Q1", "last": "2021Q1"}, "unknown-option"),
        ({}, {"last": "spring"}, "bad-time"),
    ],
)
def test_what_prague_refuses(
    districts: pd.DataFrame, change: dict[str, str], options: dict[str, Any], code: str
) -> None:
    with pytest.raises(EvaluationError) as caught:
        prague_panel(districts.rename(columns=change), **options)
    assert caught.value.code == code
    assert isinstance(caught.value, DataError if code != "unknown-option" else DesignError)


def test_the_committed_table_is_the_one_of_the_committed_seed(root: Path, districts: pd.DataFrame) -> None:
    committed = (root / "data/demo/prague_synthetic.csv").read_bytes().decode("utf-8")
    made = prague_panel(districts).to_csv(index=False, lineterminator="\n")
    pairs = zip(made.split("\n"), committed.split("\n"), strict=False)
    first = next((i + 1 for i, (a, b) in enumerate(pairs) if a != b), None)
    assert made == committed, (
        f"line {first} differs under numpy {np.__version__}. If numpy changed the streams of its "
        "generators, write the table again as docs/data.md shows and say so in CHANGELOG.md"
    )
