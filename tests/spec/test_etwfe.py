"""Extended two-way fixed effects: by hand, against dummy regressions, and what it says when it cannot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from evaluation import StudyDesign, aggregate, att_gt, etwfe
from evaluation.errors import DesignError
from evaluation.estimate import Estimate
from evaluation.estimate.refit import aligned

COLUMNS = {"outcome": "y", "unit": "u", "time": "t", "cohort": "g"}


def table(
    *, sizes: tuple[int, ...] = (7, 6, 9), starts: tuple[int, ...] = (3, 5, 0), seed: int = 2
) -> pd.DataFrame:
    """Cohorts of these sizes over six periods; y positive, z between 0 and 1, x constant, w changing."""
    rng = np.random.default_rng(seed)
    g = np.repeat(starts, sizes)
    n, t = len(g), np.arange(1, 7)
    x = rng.normal(size=n) + 0.3 * (g > 0)
    treated = (g[:, None] > 0) & (t >= g[:, None])
    eta = 0.4 * x[:, None] + 0.1 * t + rng.normal(scale=0.4, size=(n, 6)) + treated * (0.5 + 0.2 * x[:, None])
    frame = pd.DataFrame({"u": np.repeat(np.arange(n), 6), "t": np.tile(t, n), "g": np.repeat(g, 6)})
    return frame.assign(
        y=np.exp(eta).ravel(),
        z=1 / (1 + np.exp(-eta.ravel())),
        x=np.repeat(x, 6),
        w=rng.uniform(0.5, 2, n * 6),
    )


def design(frame: pd.DataFrame, **options: Any) -> StudyDesign:
    return StudyDesign.from_frame(frame, **(COLUMNS | options))


def dummies(
    frame: pd.DataFrame, *, by: str, x: bool, lead: int = 0
) -> tuple[pd.DataFrame, dict[Any, pd.DataFrame]]:
    """Regressors of the textbook, and for each treated cell the columns that its treatment adds."""
    parts = [
        pd.get_dummies(frame[by], prefix=by, dtype=float),
        pd.get_dummies(frame.t, prefix="t", dtype=float),
    ]
    if x:
        for key in ("g", "t"):
            parts.append(pd.get_dummies(frame[key], prefix=f"{key}x", dtype=float).mul(frame.x, axis=0))
    centred = frame.x - frame.groupby("g").x.transform("mean")
    effects = {}
    for g, t in sorted({(g, t) for g, t in zip(frame.g, frame.t, strict=True) if g and t >= g - lead}):
        own = ((frame.g == g) & (frame.t == t)).astype(float)
        added = {f"{g}/{t}": own, f"{g}/{t}x": own * centred} if x else {f"{g}/{t}": own}
        effects[g, t] = pd.DataFrame(added)
    return pd.concat([*parts, *effects.values()], axis=1), effects


def keys(estimate: Estimate) -> list[tuple[Any, Any]]:
    return [(term.cohort, term.period) for term in estimate.terms]


def test_by_hand() -> None:
    """A starts in 3, B in 4, C and D never. Without treatment all rise by 2 until period 3.

    In period 4, C is 8 and D 6 above its mean of periods 1 to 3, so 7 stands for it; period 3 is 2 above. A's
    1, 3 lie at 3 on average over periods 1 to 3, B's at 4.
    """
    y = {"A": [1, 3, 10, 14], "B": [2, 4, 6, 15], "C": [0, 2, 4, 10], "D": [3, 5, 7, 11]}
    start = {"A": 3, "B": 4, "C": 0, "D": 0}
    rows = [(u, t + 1, start[u], float(v)) for u, row in y.items() for t, v in enumerate(row)]
    frame = pd.DataFrame(rows, columns=["u", "t", "g", "y"])
    wanted = {(3, 3): 10 - 5, (3, 4): 14 - (3 + 7), (4, 4): 15 - (4 + 7)}
    found = etwfe(design(frame))
    assert dict(zip(keys(found), found.value.round(10), strict=True)) == wanted


@pytest.mark.parametrize("lead", [0, 1])
@pytest.mark.parametrize("gaps", [False, True])
def test_linear_is_the_regression_with_all_dummies(gaps: bool, lead: int) -> None:
    frame = table().loc[lambda data: (data.index % 11 != 5) | (not gaps)].reset_index(drop=True)
    found = etwfe(design(frame, weights="w", anticipation=lead, covariates=["x"]))
    regressors, effects = dummies(frame, by="u", x=True, lead=lead)
    root = np.sqrt(frame.w)
    fitted, *_ = np.linalg.lstsq(regressors.mul(root, axis=0), frame.y * root, rcond=None)
    coefficient = dict(zip(regressors, fitted, strict=True))
    for (g, t), value in zip(keys(found), found.value, strict=True):
        cell = frame[(frame.g == g) & (frame.t == t)]
        here = np.average(cell.x, weights=cell.w) - frame[frame.g == g].x.mean()
        assert value == pytest.approx(coefficient[f"{g}/{t}"] + here * coefficient[f"{g}/{t}x"], rel=1e-8)
    assert set(keys(found)) == set(effects)


@pytest.mark.parametrize(("family", "outcome"), [("poisson", "y"), ("logit", "z")])
@pytest.mark.parametrize("x", [False, True])
def test_nonlinear_effects_are_differences_of_predicted_means(family: str, outcome: str, x: bool) -> None:
    """A GLM with all dummies; each treated unit is predicted with and without what its treatment adds."""
    frame = table()
    chosen = {"outcome": outcome, "covariates": ["x"] if x else []}
    found = etwfe(design(frame, **chosen), family=family, effects="cohort")  # type: ignore[arg-type]
    regressors, effects = dummies(frame, by="g", x=x)
    link = sm.families.Poisson() if family == "poisson" else sm.families.Binomial()
    regressors = regressors.drop(columns=[name for name in regressors if name in ("g_0", "gx_0")])
    matrix = regressors.to_numpy()
    model = sm.GLM(frame[outcome], matrix, family=link).fit(tol=1e-14, maxiter=100)
    inverse = np.exp if family == "poisson" else lambda eta: 1 / (1 + np.exp(-eta))
    columns = list(regressors)
    for key, value in zip(keys(found), found.value, strict=True):
        rows = ((frame.g == key[0]) & (frame.t == key[1])).to_numpy()
        without = matrix[rows].copy()
        without[:, [columns.index(name) for name in effects[key]]] = 0.0
        change = inverse(matrix[rows] @ model.params) - inverse(without @ model.params)
        assert value == pytest.approx(change.mean(), rel=1e-7)


@pytest.mark.parametrize("family", ["gaussian", "poisson"])
def test_unit_and_cohort_effects_agree_on_balanced_panels(family: Any) -> None:
    """Wooldridge (2021), theorem 3.1; for Poisson without covariates, since totals of units are kept."""
    plan = design(table(), covariates=["x"] if family == "gaussian" else [])
    unit, cohort = (etwfe(plan, family=family, effects=effects) for effects in ("unit", "cohort"))
    np.testing.assert_allclose(unit.value, cohort.value, rtol=1e-9)
    np.testing.assert_allclose(unit.influence, cohort.influence, atol=1e-8)


def test_with_leads_it_is_the_universal_base_of_att_gt() -> None:
    plan = design(table(), anticipation=1)
    ours = etwfe(plan, control_group="never_treated")
    theirs = att_gt(plan, base_period="universal")
    np.testing.assert_allclose(ours.value, aligned(theirs, ours.terms), atol=1e-10)
    assert {t.event_time for t in theirs.terms} - {t.event_time for t in ours.terms} <= {-2.0}


@pytest.mark.parametrize(
    ("family", "outcome", "effects"),
    [
        ("gaussian", "y", "unit"),
        ("poisson", "y", "unit"),
        ("poisson", "y", "cohort"),
        ("logit", "z", "cohort"),
    ],
)
def test_errors_with_covariates_are_those_of_the_jackknife(family: Any, outcome: str, effects: Any) -> None:
    """The jackknife draws covariates anew: the influence must hold more than the delta method.

    Within 12 %: units with a high leverage count more when they are left out.
    """
    plan = design(table(sizes=(40, 40, 60), seed=5), outcome=outcome, covariates=["x"])
    found = aggregate(etwfe(plan, family=family, effects=effects), by="simple")
    left_out = [
        aggregate(
            etwfe(plan.take(np.delete(np.arange(140), unit)), family=family, effects=effects), by="simple"
        ).value[0]
        for unit in range(140)
    ]
    jackknife = np.sqrt(139 / 140 * ((np.array(left_out) - np.mean(left_out)) ** 2).sum())
    assert found.influence is not None
    assert np.sqrt((found.influence**2).sum()) / 140 == pytest.approx(jackknife, rel=0.12)


def test_without_never_treated_units_the_last_cohort_is_compared_with() -> None:
    frame = table(starts=(3, 5, 6))
    found = etwfe(design(frame))
    cut = frame[frame.t < 6].assign(g=frame.g.where(frame.g < 6, 0))
    np.testing.assert_allclose(found.value, etwfe(design(cut)).value, rtol=1e-10)
    assert {note.code: dict(note.numbers) for note in found.notes} == {
        "last_cohort_compares": {"cohort": "6", "units": 9, "periods": 1}
    }


def test_a_covariate_that_changes_is_named() -> None:
    assert "covariates_change" in {n.code for n in etwfe(design(table(), covariates=["x", "w"])).notes}
    assert "covariates_change" not in {n.code for n in etwfe(design(table(), covariates=["x"])).notes}


@pytest.mark.parametrize(
    ("change", "options", "code"),
    [
        ({"y": 2.0}, {"family": "logit"}, "outcome-not-share"),
        ({"y": -1.0}, {"family": "poisson"}, "negative-outcome"),
        ({}, {"family": "logit", "effects": "unit"}, "unknown-option"),
        ({}, {"scale": "log"}, "unknown-option"),
        ({"g": 3}, {"control_group": "never_treated"}, "no-never-treated"),
        ({"g": 3}, {}, "no-cohort"),
    ],
)
def test_what_cannot_be_estimated_is_refused(
    change: dict[str, Any], options: dict[str, Any], code: str
) -> None:
    with pytest.raises(DesignError) as caught:
        etwfe(design(table().assign(**change)), **options)
    assert caught.value.code == code


def test_a_cell_without_events_is_named() -> None:
    frame = table()
    empty = (frame.g == 5) & (frame.t == 6)
    with pytest.raises(DesignError, match="5/6") as caught:
        etwfe(design(frame.assign(y=frame.y.where(~empty, 0.0))), family="poisson")
    assert caught.value.code == "separated-cells"


@pytest.mark.parametrize("treated", [False, True])
def test_a_unit_without_events_counts_as_unaffected_and_says_nothing_else(treated: bool) -> None:
    """Poisson with unit effects: a zero control changes nothing, a zero unit of 7 + 1 dilutes its cohort."""
    frame = table()
    first = frame[frame.u == (0 if treated else frame.u.max())]
    more = pd.concat([frame, first.assign(u=99, y=0.0)])
    before, after = (etwfe(design(data), family="poisson") for data in (frame, more))
    diluted = np.array([7 / 8 if treated and term.cohort == 3 else 1.0 for term in before.terms])
    np.testing.assert_allclose(after.value, before.value * diluted, rtol=1e-9)
    assert {n.code: n.numbers for n in after.notes}["separated_dropped"]["units"] == 1
