"""Standard errors across units and along time: against sums written out, and by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation.design import StudyDesign
from evaluation.errors import InferenceError
from evaluation.estimate import Estimate
from evaluation.estimators import event_study, twfe
from evaluation.inference import clustered, robust
from evaluation.simulate import did_panel

COLUMNS = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
KINDS = ("two_way", "driscoll_kraay", "newey_west", "heteroskedastic", "homoskedastic")


def panel(n_periods: int = 6, n_treated: int = 12) -> pd.DataFrame:
    frame = did_panel(n_units=24, n_treated=n_treated, n_periods=n_periods, seed=5)
    return frame.assign(
        region=frame.groupby("unit").ngroup() % 6, weight=1.0 + frame.groupby("unit").ngroup() % 3
    )


def effect(**options: Any) -> Estimate:
    return twfe(StudyDesign.from_frame(panel(), weights="weight", groups=["region"], **COLUMNS, **options))


@pytest.mark.parametrize("kind", KINDS)
def test_equal_to_the_sums_written_out(kind: Any) -> None:
    """Scores of cells from a regression on all dummies; pairs of cells are weighted one by one."""
    frame = panel()
    treated = ((frame.cohort > 0) & (frame.period >= frame.cohort)).to_numpy(float)
    parts = [pd.get_dummies(frame[name]).to_numpy(float) for name in ("unit", "period")]
    w = frame.weight.to_numpy()
    x = np.column_stack([treated, *parts])
    inverse = np.linalg.pinv((x.T * w) @ x, rcond=1e-12)
    error = frame.outcome.to_numpy() - x @ inverse @ ((x.T * w) @ frame.outcome.to_numpy())
    z = (x @ inverse[:, 0]) * w * error
    unit, region, t = (frame[name].to_numpy() for name in ("unit", "region", "period"))
    distance = np.abs(t[:, None] - t)
    fading = np.where(distance <= 2, 1 - distance / 3, 0.0)
    n, k = len(z), 24 + 6 - 1 + 1
    pairs = {
        "two_way": ((region[:, None] == region) | (distance == 0)) * (n - 1) / (n - 2) * 6 / 5,
        "driscoll_kraay": fading * (n - 1) / (n - k) * 6 / 5,
        "newey_west": (unit[:, None] == unit) * fading * (n - 1) / (n - k) * 6 / 5,
        "heteroskedastic": np.eye(n) * n / (n - k),
    }
    variance = (
        inverse[0, 0] * (w * error**2).sum() / (n - k) if kind == "homoskedastic" else z @ pairs[kind] @ z
    )
    found = robust(effect(), kind=kind, cluster="region", lags=2)
    np.testing.assert_allclose(found.std_error[0] ** 2, variance, rtol=1e-9)
    assert found.df[0] == (n - k if kind.endswith("skedastic") else 5)


def test_no_lags_and_one_cluster_per_unit_give_what_is_known() -> None:
    """Without lags Newey-West is the sum over cells, as HC0 is; the factors differ."""
    estimate = effect()
    n, k = estimate.design.n_obs, 30
    cells = robust(estimate, kind="heteroskedastic").std_error ** 2 * (n - k) / n
    plain = robust(estimate, kind="newey_west", lags=0).std_error ** 2 * (n - k) / (n - 1) * 5 / 6
    np.testing.assert_allclose(plain, cells, rtol=1e-12)


def test_every_term_and_what_is_noted() -> None:
    estimate = event_study(StudyDesign.from_frame(panel(), **COLUMNS))
    for kind in KINDS:
        found = robust(estimate, kind=kind)  # type: ignore[arg-type]
        codes = [note.code for note in found.notes]
        assert np.isfinite(found.std_error).all() == ("variance_not_positive" not in codes)
        assert np.isfinite(found.std_error).all() or kind == "two_way"
        assert ("few_periods" in codes) == (kind in ("two_way", "driscoll_kraay"))
        assert ("serial_correlation_ignored" in codes) == kind.endswith("skedastic")
    few = robust(twfe(StudyDesign.from_frame(panel(n_treated=3), **COLUMNS)))
    assert "few_treated_clusters" in [note.code for note in few.notes]


@pytest.mark.parametrize("lags", [-1, 5, 1.5])
def test_lags_that_are_not_possible_are_refused(lags: Any) -> None:
    with pytest.raises(InferenceError, match="lags"):
        robust(effect(), kind="newey_west", lags=lags)


def test_unknown_kinds_are_refused_with_a_suggestion() -> None:
    with pytest.raises(InferenceError, match="two_way"):
        robust(effect(), kind="twoway")  # type: ignore[arg-type]
    assert clustered(effect()).std_error[0] > 0
