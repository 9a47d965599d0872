"""Seeded survey waves of staff with a known change: invented persons, called synthetic in every row."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STAFF_SEED = 3
WAVES = ("2020Q1", "2021Q1", "2022Q1")
PILOT_START = "2020Q2"
DISTRICTS, PILOTS = 18, 6
PER_OFFICE = 8
OFFICES = ("housing", "social")
LOADINGS = (0.8, 0.75, 0.7, 0.7, 0.65, 0.6, 0.75, 0.55)
"""Correlation of each item, before it is rounded to 1 to 5, with the attitude."""
CUTS = (-1.4, -0.5, 0.4, 1.3)

PARAMETERS = MappingProxyType(
    {
        "effect": 0.35,  # of the attitude's standard deviations, in the last wave; half in the second
        "effect_of_training": 0.15,  # added by 24 hours of training
        "knowledge_effect": 0.4,
        "icc": 0.10,
        "stability": 0.7,
        "attrition_second": 0.15,
        "attrition_last": 0.25,
        "attrition_pilots_less": 0.04,
        "recalibration": 0.25,  # how much less active staff see their past self afterwards
    }
)
"""Parameters of the generator; their anchors stand in docs/data.md."""


def staff_waves(*, seed: int = STAFF_SEED) -> pd.DataFrame:
    r"""Simulate three waves of a survey of the same staff: syntetická data, nothing was observed.

    .. math:: \theta_{it} = \sqrt{\rho}\, u_{d(i)} + \sqrt{1 - \rho}\, e_{it} + 0.1 t + \tau_{t} D_{d(i)}

    with the intraclass correlation \(\rho\) of districts d, errors e that keep a share of themselves from
    wave to wave, and the effect \(\tau\) in pilot districts D. Eight items measure the attitude from passive
    registrar to active provider, cut into 1 to 5.

    Parameters
    ----------
    seed : int

    Returns
    -------
    DataFrame
        One row per person asked and wave: person, district, office, pilot_start (quarter, None for others),
        wave (quarter), hours (of training by then), item_1 to item_8 (1 to 5; missing for who did not
        answer), then_1 to then_8 (last wave: how the person remembers the first), form ("A" or "B"),
        knowledge (0 to 20 points), synthetic (always True).

    Examples
    --------
    >>> table = staff_waves()
    >>> len(table), table.wave.unique().tolist(), bool(table.synthetic.all())
    (864, ['2020Q1', '2021Q1', '2022Q1'], True)
    """
    rng = np.random.default_rng(seed)
    people = _people(rng)
    pilot = people.pilot_start.notna().to_numpy()
    attitude, hours = _attitudes(people, pilot, rng)
    answered = _answered(pilot, rng)
    shift = -PARAMETERS["recalibration"] * pilot
    parts = []
    for t, wave in enumerate(WAVES):
        values = people.assign(wave=wave, hours=hours[:, t])
        items = _items(attitude[:, t], rng)
        then = _items(attitude[:, 0] + shift, rng)
        form, points = _knowledge(attitude[:, t], pilot, t, rng)
        for i in range(len(LOADINGS)):
            values[f"item_{i + 1}"] = np.where(answered[:, t], items[:, i], np.nan)
        for i in range(len(LOADINGS)):
            values[f"then_{i + 1}"] = np.where(answered[:, t] & (t == len(WAVES) - 1), then[:, i], np.nan)
        values["form"] = form
        values["knowledge"] = np.where(answered[:, t], points, np.nan)
        parts.append(values)
    table = pd.concat(parts, ignore_index=True)
    whole = [str(name) for name in table if str(name).startswith(("item_", "then_", "knowledge"))]
    table[whole] = table[whole].astype("Int64")
    return table.assign(synthetic=True)


def _people(rng: np.random.Generator) -> pd.DataFrame:
    n = DISTRICTS * len(OFFICES) * PER_OFFICE
    district = np.repeat(np.arange(DISTRICTS), len(OFFICES) * PER_OFFICE)
    kind = np.tile(np.repeat(OFFICES, PER_OFFICE), DISTRICTS)
    names = np.array([f"district_{i + 1:02d}" for i in range(DISTRICTS)])
    start = [PILOT_START if one < PILOTS else None for one in district]
    return pd.DataFrame(
        {
            "person": [f"{code:012x}" for code in rng.integers(16**11, 16**12, n)],
            "district": names[district],
            "office": [f"{names[d]}_{office}" for d, office in zip(district, kind, strict=True)],
            "pilot_start": start,
        }
    )


def _attitudes(
    people: pd.DataFrame, pilot: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Attitude and hours of training by wave, each of shape (n_persons, n_waves)."""
    p, n = PARAMETERS, len(people)
    codes, names = pd.factorize(people.district)
    common = np.sqrt(p["icc"]) * rng.normal(size=len(names))[codes]
    lasting = np.sqrt(p["stability"]) * rng.normal(size=n)
    passing = np.sqrt(1 - p["stability"]) * rng.normal(size=(n, len(WAVES)))
    own = np.sqrt(1 - p["icc"]) * (lasting[:, None] + passing)
    taken = pilot & (rng.random(n) < 0.7)
    second = taken & (rng.random(n) < 0.5)
    full = 8.0 * rng.integers(1, 4, n)
    hours = np.column_stack([np.zeros(n), full * second, full * taken])
    effect = p["effect"] * np.array([0.0, 0.5, 1.0]) * pilot[:, None]
    trained = p["effect_of_training"] * hours / 24
    drift = 0.1 * np.arange(len(WAVES))
    return common[:, None] + own + drift + effect + trained, hours


def _answered(pilot: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Say who answered, shape (n_persons, n_waves); who left the first time may come back."""
    p = PARAMETERS
    gone = np.array([0.08, p["attrition_second"], p["attrition_last"]]) - np.where(
        pilot[:, None], p["attrition_pilots_less"], 0.0
    )
    return np.asarray(rng.random((len(pilot), len(WAVES))) >= gone, dtype=np.bool_)


def _items(attitude: Floats, rng: np.random.Generator) -> Floats:
    """Answers 1 to 5, shape (n_persons, n_items)."""
    loading = np.array(LOADINGS)
    latent = attitude[:, None] * loading + np.sqrt(1 - loading**2) * rng.normal(
        size=(len(attitude), len(loading))
    )
    return np.asarray(1.0 + np.searchsorted(CUTS, latent), dtype=np.float64)


def _knowledge(
    attitude: Floats, pilot: NDArray[np.bool_], wave: int, rng: np.random.Generator
) -> tuple[NDArray[np.object_], Floats]:
    """Form of the test and its points; form B is the harder one."""
    n = len(attitude)
    form = np.where((np.arange(n) + wave) % 2 == 0, "A", "B").astype(object)
    able = 0.3 * attitude + rng.normal(size=n) + PARAMETERS["knowledge_effect"] * pilot * (wave > 0)
    points = np.rint(11 + 3 * able - 1.5 * (form == "B"))
    return form, np.clip(points, 0, 20)
