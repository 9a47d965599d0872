"""Conley's standard errors: distances and a table by hand, special cases, and what is refused."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation.design import StudyDesign
from evaluation.errors import InferenceError
from evaluation.estimate import Estimate
from evaluation.estimators import event_study, twfe
from evaluation.inference import clustered, conley, robust
from evaluation.inference.conley import EARTH_KM
from evaluation.simulate import did_panel

COLUMNS: dict[str, Any] = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
DEGREE = EARTH_KM * np.pi / 180
"""Kilometres of one degree of latitude, 111.2."""


def changes(treated: list[float], untreated: list[float]) -> Estimate:
    """Two periods: the second outcome of each unit is its change, the first is zero."""
    d = [*treated, *untreated]
    frame = pd.DataFrame({"unit": range(len(d)), "cohort": [2] * len(treated) + [0] * len(untreated)})
    first, second = frame.assign(period=1, outcome=0.0), frame.assign(period=2, outcome=d)
    return twfe(StudyDesign.from_frame(pd.concat([first, second]), **COLUMNS))


def fitted() -> Estimate:
    """Several terms; the two starts keep the scores of a period from adding up to zero."""
    frame = did_panel(n_units=30, n_treated=12, n_periods=8, cohorts={4: 5, 6: 7}, seed=4)
    return event_study(StudyDesign.from_frame(frame, **COLUMNS))


def north(estimate: Estimate, step_km: float = 10.0) -> dict[Any, tuple[float, float]]:
    """Units in a row to the north, so far from each other."""
    return {unit: (48 + i * step_km / DEGREE, 15.0) for i, unit in enumerate(estimate.design.units)}


@pytest.mark.parametrize(
    ("cutoff_km", "kernel", "wanted"),
    [(0, "uniform", 4), (50, "uniform", 2), (100, "uniform", -2), (200, "uniform", 0), (100, "bartlett", 3)],
)
def test_four_units_in_a_row_by_hand(cutoff_km: float, kernel: Any, wanted: float) -> None:
    """Changes 1 and 3 of the treated, 0 and 2 of the untreated, 50 km apart; half of -1, 1, 1, -1 is added.

    Products of these: 4 of a unit with itself, 2 (-1 + 1 - 1) at 50 km, 2 (-1 - 1) at 100 km, 2 at 150 km.
    """
    estimate = changes([1, 3], [0, 2])
    places = north(estimate, 50 * (1 - 1e-9))  # not a rounding error beyond the cut-off
    found = conley(estimate, coordinates=places, cutoff_km=cutoff_km, kernel=kernel)
    c = (clustered(estimate).std_error / clustered(estimate, correction="CR0").std_error) ** 2
    codes = [note.code for note in found.notes]
    if wanted > 0:
        np.testing.assert_allclose(found.std_error**2, c * wanted / 4, rtol=1e-7)
    else:
        assert np.isnan(found.std_error).all()
    assert ("variance_not_positive" in codes) == (wanted <= 0)


def test_distances_go_along_the_surface() -> None:
    """Prague and Brno are 186 km apart; a point and its antipode half the circumference; a degree 111 km."""
    estimate = changes([1.0], [0.0, 2.0])
    places = {0: (50.0875, 14.4214), 1: (49.1953, 16.6083), 2: (-50.0875, -165.5786)}
    for cutoff, neighbours in ((185.5, 0), (186.5, 2), (20015.0, 4), (20016.0, 6)):
        note = conley(estimate, coordinates=places, cutoff_km=cutoff).notes[0]
        assert note.numbers["neighbours"] == pytest.approx(neighbours / 3)
        assert note.numbers["alone"] == (3 if not neighbours else 1 if neighbours == 2 else 0)


def test_what_it_is_in_special_cases() -> None:
    """Alone it is clustered by unit or Newey-West; all together Driscoll-Kraay; their factors differ."""
    estimate = fitted()
    places = north(estimate)
    whole = clustered(estimate)
    alone = conley(estimate, coordinates=places, cutoff_km=0)
    for array in ("std_error", "df", "p_value", "conf_low", "conf_high"):
        np.testing.assert_allclose(getattr(alone, array), getattr(whole, array), rtol=1e-9)
    for cutoff_km, kind in ((0, "newey_west"), (1e5, "driscoll_kraay")):
        for lags in (0, 2):
            known = robust(estimate, kind=kind, lags=lags).std_error  # type: ignore[arg-type]
            found = conley(estimate, coordinates=places, cutoff_km=cutoff_km, lags=lags).std_error
            np.testing.assert_allclose(found / found[0], known / known[0], rtol=1e-9)
    together = conley(estimate, coordinates=places, cutoff_km=1e5)
    assert np.isnan(together.std_error).all()  # the scores of all units add up to zero


def test_with_influence_values_only_it_is_the_same_but_for_the_factor() -> None:
    estimate = fitted()
    places, options = north(estimate), {"cutoff_km": 25.0, "kernel": "bartlett"}
    whole = conley(estimate, coordinates=places, **options).std_error  # type: ignore[arg-type]
    bare = dataclasses.replace(estimate, moments=None)
    found = conley(bare, coordinates=places, **options).std_error  # type: ignore[arg-type]
    np.testing.assert_allclose(found / found[0], whole / whole[0], rtol=1e-9)


def test_written_out_unit_by_unit_over_more_units_than_fit_into_one_step() -> None:
    rng = np.random.default_rng(2)
    estimate = changes(rng.normal(size=300).tolist(), rng.normal(size=400).tolist())
    places = {unit: (48 + 2 * rng.random(), 12 + 6 * rng.random()) for unit in estimate.design.units}
    moments = estimate.moments
    assert moments is not None
    scores = (moments.scores @ moments.loadings(1))[:, 0]
    radians = np.radians([places[unit] for unit in estimate.design.units])
    across = np.cos(radians[:, :1])
    flat = np.column_stack(
        [across * np.cos(radians[:, 1:]), across * np.sin(radians[:, 1:]), np.sin(radians[:, :1])]
    )
    apart = EARTH_KM * np.arccos(np.clip(flat @ flat.T, -1, 1))
    np.fill_diagonal(apart, 0.0)
    weight = np.maximum(1 - apart / 60, 0)
    found = conley(estimate, coordinates=places, cutoff_km=60, kernel="bartlett").std_error
    c = (clustered(estimate).std_error / clustered(estimate, correction="CR0").std_error) ** 2
    np.testing.assert_allclose(found**2, c * (scores @ weight @ scores), rtol=1e-7)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cutoff_km": -1}, "cutoff_km=-1 is no distance"),
        ({"cutoff_km": float("nan")}, "is no distance"),
        ({"kernel": "gaussian"}, "uniform"),
        ({"lags": 9}, "9 lags are not possible here: between 0 and 6"),
        ({"coordinates": {}}, "30 units of 30 have no place"),
    ],
)
def test_what_is_wrong_is_said(options: dict[str, Any], said: str) -> None:
    estimate = fitted()
    with pytest.raises(InferenceError, match=said):
        conley(estimate, **({"coordinates": north(estimate), "cutoff_km": 20.0} | options))


def test_latitude_and_longitude_the_wrong_way_round_are_noticed() -> None:
    estimate = fitted()
    places = dict.fromkeys(estimate.design.units, (95.0, 15.0))
    with pytest.raises(InferenceError, match="latitude and longitude in degrees, in this order"):
        conley(estimate, coordinates=places, cutoff_km=10)
