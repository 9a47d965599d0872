"""The studies of real data against numbers that were calculated independently of this package."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.inference import clustered
from evaluation.run.impact.study import Study, make_study
from evaluation.run.project import open_project
from evaluation.run.spec import read_analyses
from tests.shared import ROOT, shared

QUARTER = "2024Q4"
Ends = tuple[float, float]


def _study(name: str, file: str) -> Study:
    shared(f"data/real/{file}")
    project = open_project(ROOT)
    analysis = next(one.analysis for one in read_analyses(project) if one.id == name)
    assert analysis is not None
    return make_study(analysis, QUARTER, project)


@pytest.fixture(scope="module")
def england() -> Study:
    return _study("england-rough-sleeping", "england_rough_sleeping_snapshot_la_2010_2022.csv")


def test_england_two_periods(england: Study) -> None:
    """3,455 to 2,858 against 949 to 1,193: -34.2 %, interval -46.7 to -18.7 in a Poisson regression."""
    design = england.design()
    sums = {
        treated: design.outcome[design.treated_units == treated].sum(axis=0).tolist()
        for treated in (True, False)
    }
    assert sums == {True: [3455, 2858], False: [949, 1193]}
    effect = england.estimate(design)
    exact = np.log(2858 / 3455) - np.log(1193 / 949)
    np.testing.assert_allclose(effect.value, [exact], rtol=1e-9)
    row = england.infer(effect).tidy().iloc[0]
    np.testing.assert_allclose(np.expm1([row.conf_low, row.conf_high]), [-0.467, -0.187], atol=0.002)
    assert "treated_reconstructed" in {note.code for note in england.infer(effect).notes}


def test_england_path_has_a_strong_pretrend(england: Study) -> None:
    path = england.path()
    assert path is not None
    wanted = {-8: -0.62, -7: -0.51, -6: -0.54, -5: -0.39, -4: -0.27, -3: -0.19, -2: -0.14, 0: -0.42, 1: -0.43}
    found = {int(t.event_time or 0): v for t, v in zip(path.estimate.terms, path.estimate.value, strict=True)}
    assert set(found) == set(wanted)
    np.testing.assert_allclose([found[e] for e in wanted], list(wanted.values()), atol=0.006)
    tested = england.checks(england.estimate(england.design()))["pretrends"]
    assert tested is not None
    assert tested.passed is False


def test_england_same_rule_without_a_programme(england: Study) -> None:
    rule = england.checks(england.estimate(england.design()))["rule"]
    assert rule is not None
    change = dict(zip(rule.table["period"], 100 * np.expm1(rule.table["estimate"]), strict=True))
    wanted = {2011: -23, 2012: -8, 2013: -11, 2014: -10, 2015: -1, 2016: -19, 2017: -4, 2019: -16, 2020: -5}
    wanted |= {2021: -2, 2022: -9}
    np.testing.assert_allclose([change[str(year)] for year in wanted], list(wanted.values()), atol=0.51)
    ends = 100 * np.expm1([rule.numbers["ties_low"], rule.numbers["ties_high"]])  # type: ignore[arg-type]
    assert rule.numbers["choices"] == 90
    np.testing.assert_allclose(ends, [-36.4, -33.5], atol=0.05)


@pytest.mark.parametrize(
    ("name", "change", "units", "default", "interval", "independent"),
    [
        ("new-york-evictions", -0.040, 202, (-0.118, 0.045), (-0.106, 0.030), (-0.110, 0.036)),
        ("new-york-evictions-later", 0.010, 25, (-0.114, 0.152), (-0.099, 0.133), (-0.102, 0.136)),
    ],
)
def test_new_york_is_a_null_with_a_short_window(
    name: str, change: float, units: int, default: Ends, interval: Ends, independent: Ends
) -> None:
    """The default is CR3, as the 15 ZIP codes count like nine of equal weight.

    The independent interval counts all dummies and takes 1.96; docs/studies.md says which is right.
    """
    study = _study(name, "nyc_evictions_zip_quarter_2017Q1_2018Q3.csv")
    design = study.design()
    assert (design.n_units, int(design.treated_units.sum()), design.n_periods) == (units, 15, 7)
    effect = study.estimate(design)
    result = study.infer(effect)
    row = result.tidy().iloc[0]
    assert result.inference.method == "clustered_cr3"
    np.testing.assert_allclose(np.expm1([row.conf_low, row.conf_high]), default, atol=0.0006)
    row = effect.infer(clustered).tidy().iloc[0]
    assert np.expm1(row.estimate) == pytest.approx(change, abs=0.0005)
    np.testing.assert_allclose(np.expm1([row.conf_low, row.conf_high]), interval, atol=0.0005)
    error = clustered(effect, count_effects="all").std_error[0]
    ends = np.expm1(row.estimate + np.array([-1.96, 1.96]) * error)
    np.testing.assert_allclose(ends, independent, atol=0.0008)
