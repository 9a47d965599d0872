"""CR2, CR3 and Satterthwaite's degrees of freedom against the definitions, written out with all dummies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation.design import StudyDesign
from evaluation.errors import InferenceError
from evaluation.estimate import Estimate
from evaluation.estimators import att_gt, event_study, twfe
from evaluation.inference import clustered
from evaluation.simulate import did_panel

COLUMNS = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}


def panel(*, holes: bool = False, n_treated: int = 9, **options: Any) -> pd.DataFrame:
    frame = did_panel(n_units=24, n_treated=n_treated, n_periods=7, seed=5, **options)
    number = frame.groupby("unit").ngroup()
    frame = frame.assign(region=number % 6, weight=1.0 + number % 5)
    return frame.sample(frac=0.85, random_state=1).sort_values(["unit", "period"]) if holes else frame


def dense(
    frame: pd.DataFrame, cluster: str, power: float, weight: str | None, by: str | None
) -> tuple[float, float]:
    """Standard error and degrees of freedom of the treatment, in matrices as large as the data."""
    w = frame[weight].to_numpy() if weight else np.ones(len(frame))
    treated = ((frame.cohort > 0) & (frame.period >= frame.cohort)).to_numpy(float)
    period = frame.period.astype(str) + ("/" + frame[by].astype(str) if by else "")
    others = [pd.get_dummies(values).to_numpy(float) for values in (frame.unit, period)]
    x = np.column_stack([treated, *others]) * np.sqrt(w)[:, None]
    y = frame.outcome.to_numpy() * np.sqrt(w)
    inverse = np.linalg.pinv(x.T @ x, rcond=1e-12)
    rest = np.eye(len(x)) - x @ inverse @ x.T
    total, vectors = 0.0, []
    for code in frame[cluster].unique():
        at = np.flatnonzero((frame[cluster] == code).to_numpy())
        values, axes = np.linalg.eigh(rest[np.ix_(at, at)])
        factor = np.where(values > 1e-8, np.abs(values), 1.0) ** -power * (values > 1e-8)
        row = axes @ (factor * (axes.T @ (x[at] @ inverse[:, 0])))
        total += float(row @ (rest[at] @ y)) ** 2
        vectors.append(rest[:, at] @ row)
    roots = np.linalg.eigvalsh(np.array(vectors) @ np.array(vectors).T)
    return total**0.5, float(roots.sum() ** 2 / (roots**2).sum())


@pytest.mark.parametrize(
    ("cluster", "weight", "by", "holes"),
    [
        ("unit", None, None, False),
        ("region", None, None, True),
        ("unit", "weight", None, True),
        ("region", "weight", None, False),
        ("unit", None, "region", True),
        ("region", None, "region", False),
    ],
)
@pytest.mark.parametrize(("correction", "power"), [("CR0", 0.0), ("CR2", 0.5), ("CR3", 1.0)])
def test_equal_to_the_definition(
    cluster: str, weight: str | None, by: str | None, holes: bool, correction: Any, power: float
) -> None:
    """(I - H)_gg from the hat matrix of all dummies; equal to the rounding of a pseudo-inverse, 1e-7."""
    frame = panel(holes=holes)
    design = StudyDesign.from_frame(frame, weights=weight, cluster=cluster, groups=["region"], **COLUMNS)
    found = clustered(twfe(design, period_effects_by=by), correction=correction, df="satterthwaite")
    error, df = dense(frame, cluster, power, weight, by)
    np.testing.assert_allclose(found.std_error[0], error, rtol=1e-7)
    np.testing.assert_allclose(found.df[0], df, rtol=1e-6)


@pytest.mark.parametrize("family", ["gaussian"])
def test_cr3_is_the_jackknife_that_leaves_out_clusters(family: Any) -> None:
    frame = panel(holes=True)
    whole = twfe(StudyDesign.from_frame(frame, cluster="region", **COLUMNS), family=family)
    left = [
        twfe(StudyDesign.from_frame(frame[frame.region != code], **COLUMNS), family=family).value[0]
        for code in range(6)
    ]
    jackknife = np.sqrt(((np.array(left) - whole.value[0]) ** 2).sum())
    np.testing.assert_allclose(clustered(whole, correction="CR3").std_error[0], jackknife, rtol=1e-9)


def test_the_jackknife_of_an_event_study_has_every_term() -> None:
    frame = panel()
    whole = event_study(StudyDesign.from_frame(frame, **COLUMNS))
    total = np.zeros(len(whole.terms))
    for unit in frame.unit.unique():
        left = event_study(StudyDesign.from_frame(frame[frame.unit != unit], **COLUMNS))
        total += (left.value - whole.value) ** 2
    np.testing.assert_allclose(clustered(whole, correction="CR3").std_error, np.sqrt(total), rtol=1e-9)


def test_a_hand_table() -> None:
    """Two periods, units 1 and 2 treated (changes 3, 5), units 3 to 5 not (changes 0, 1, 2).

    The effect is the difference of the mean changes, 4 - 1 = 3. Within a group of n units the leverage of one
    is 1/n, so CR2 divides each squared deviation by 1 - 1/n: 2/2 + 2/3 x 1/2 ... = s_1^2/2 + s_0^2/3 with the
    unbiased variances s_1^2 = 2 and s_0^2 = 1, that is 1 + 1/3. CR3 divides by (1 - 1/n)^2.
    Satterthwaite's degrees of freedom under equal variances: (1/2 + 1/3)^2 / (1/2^2/1 + 1/3^2/2) = 2.2727.
    """
    changes = {1: 3.0, 2: 5.0, 3: 0.0, 4: 1.0, 5: 2.0}
    frame = pd.DataFrame(
        [(i, t, 10.0 * i + t * change, 1 if i < 3 else 0) for i, change in changes.items() for t in (0, 1)],
        columns=["unit", "period", "outcome", "cohort"],
    ).assign(cohort=lambda d: d.cohort.replace(0, 99))
    effect = twfe(StudyDesign.from_frame(frame, **COLUMNS))
    np.testing.assert_allclose(effect.value, 3.0)
    cr2 = clustered(effect, correction="CR2")
    np.testing.assert_allclose(cr2.std_error**2, 1 + 1 / 3)
    np.testing.assert_allclose(cr2.df, (5 / 6) ** 2 / (1 / 4 + 1 / 18))
    np.testing.assert_allclose(clustered(effect, correction="CR3").std_error ** 2, 2 / 4 * 4 + 2 / 9 * 9 / 4)


def test_a_cluster_that_determines_a_term_alone_has_no_standard_error() -> None:
    estimate = twfe(StudyDesign.from_frame(panel(n_treated=1), **COLUMNS))
    for correction in ("CR2", "CR3"):
        found = clustered(estimate, correction=correction)  # type: ignore[arg-type]
        assert np.isnan([found.std_error[0], found.p_value[0], found.conf_low[0]]).all()
        assert [note.code for note in found.notes] == ["cluster_alone"]
    assert np.isfinite(clustered(estimate).std_error[0])


def test_estimates_without_moments_name_what_can_be_used() -> None:
    estimate: Estimate = att_gt(StudyDesign.from_frame(panel(), **COLUMNS))
    with pytest.raises(InferenceError, match="moments"):
        clustered(estimate, correction="CR2")
