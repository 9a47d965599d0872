"""The wild cluster bootstrap against itself written out: new outcomes, regressions, t statistics."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation.design import StudyDesign
from evaluation.errors import InferenceError
from evaluation.estimate import Term, combine
from evaluation.estimators import event_study, twfe
from evaluation.inference import clustered, wild_cluster_bootstrap
from evaluation.inference._multipliers import MULTIPLIERS, drawn
from evaluation.simulate import did_panel

COLUMNS = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}


def panel(n_units: int = 6, n_treated: int = 3, **options: Any) -> pd.DataFrame:
    frame = did_panel(n_units=n_units, n_treated=n_treated, n_periods=5, seed=2, **options)
    number = frame.groupby("unit").ngroup()
    return frame.assign(pair=number % (n_units // 2), weight=1.0 + number % 3)


def written_out(
    frame: pd.DataFrame, signs: np.ndarray, draw_by: str, cluster: str, null: float | None
) -> np.ndarray:
    """T statistics from regressions with all dummies of outcomes made with these signs."""
    w = np.sqrt(frame.weight.to_numpy())
    treated = ((frame.cohort > 0) & (frame.period >= frame.cohort)).to_numpy(float)
    effects = np.column_stack([pd.get_dummies(frame[name]).to_numpy(float) for name in ("unit", "period")])
    x, z, y = (
        w[:, None] * np.column_stack([treated, effects]),
        w[:, None] * effects,
        w * frame.outcome.to_numpy(),
    )
    inverse = np.linalg.pinv(x.T @ x, rcond=1e-12)
    beta = inverse @ x.T @ y
    if null is None:
        fitted, centre = x @ beta, beta[0]
    else:
        fitted = x[:, 0] * null + z @ np.linalg.pinv(z) @ (y - x[:, 0] * null)
        centre = null
    codes = frame[draw_by].rank(method="dense").astype(int).to_numpy() - 1
    found = []
    for sign in signs.T:
        new = fitted + sign[codes] * (y - fitted)
        beta_star = inverse @ x.T @ new
        scores = x * (new - x @ beta_star)[:, None]
        sums = np.array(
            [scores[(frame[cluster] == code).to_numpy()].sum(axis=0) for code in frame[cluster].unique()]
        )
        found.append((beta_star[0] - centre) / np.sqrt(((sums @ inverse[:, 0]) ** 2).sum()))
    return np.array(found)


def leaving_out(
    frame: pd.DataFrame, signs: np.ndarray, cluster: str, null: float | None, kind: str
) -> tuple[np.ndarray, float]:
    """T statistics of a type, and the data's own: every regression without a cluster is run."""
    w = np.sqrt(frame.weight.to_numpy())
    treated = ((frame.cohort > 0) & (frame.period >= frame.cohort)).to_numpy(float)
    effects = np.column_stack([pd.get_dummies(frame[name]).to_numpy(float) for name in ("unit", "period")])
    x, z = w[:, None] * np.column_stack([treated, effects]), w[:, None] * effects
    y = w * frame.outcome.to_numpy()
    codes = frame[cluster].rank(method="dense").astype(int).to_numpy() - 1
    members = [codes == code for code in range(codes.max() + 1)]

    def regressed(columns: np.ndarray, values: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return np.asarray(np.linalg.pinv(columns[rows], rcond=1e-10) @ values[rows])

    def t(values: np.ndarray, centre: float) -> float:
        everything = np.ones(len(y), dtype=bool)
        beta = regressed(x, values, everything)
        if kind[1] == "3":
            parts = [regressed(x, values, ~rows)[0] - beta[0] for rows in members]
        else:
            scores = np.linalg.pinv(x, rcond=1e-10)[0] * (values - x @ beta)
            parts = [scores[rows].sum() for rows in members]
        return float((beta[0] - centre) / np.sqrt(np.sum(np.square(parts))))

    imposed = 0.0 if null is None else null
    columns = x if null is None else z
    start = y if null is None else y - x[:, 0] * imposed
    everything = np.ones(len(y), dtype=bool)
    beta = regressed(columns, start, everything)
    fitted = columns @ beta + (0.0 if null is None else x[:, 0] * imposed)
    rest = y - fitted
    if kind[0] == "3":
        for rows in members:
            # unit effects of a cluster that is left out are those that fit it best
            period = regressed(columns, start, ~rows)
            out = start[rows] - columns[rows] @ period
            units = z[rows][:, : frame.unit.nunique()]
            rest[rows] = out - units @ np.linalg.pinv(units) @ out
    centre = float(beta[0]) if null is None else imposed
    found = [t(fitted + sign[codes] * rest, centre) for sign in signs.T]
    return np.array(found), t(y, imposed)


@pytest.mark.parametrize("kind", ["13", "31", "33"])
@pytest.mark.parametrize("null", [0.7, None])
def test_types_that_leave_out_clusters_equal_the_regressions_written_out(
    kind: str, null: float | None
) -> None:
    frame = panel(8, 4)
    design = StudyDesign.from_frame(frame, weights="weight", groups=["pair"], **COLUMNS)
    tested = 0.0 if null is None else null
    found = wild_cluster_bootstrap(
        twfe(design),
        cluster="pair",
        bootstrap_type=kind,  # type: ignore[arg-type]
        impose_null=null is not None,
        null=tested,
    )
    signs = np.array(list(itertools.product([1.0, -1.0], repeat=4))).T[::-1]
    wanted, own = leaving_out(frame, signs, "pair", null, kind)
    t = (twfe(design).value[0] - tested) / found.std_error[0]
    scale = t / own  # CR1 has a factor, alike for the data and the draws
    np.testing.assert_allclose(found.distribution[:, 0], scale * wanted, rtol=1e-6, atol=1e-9)  # type: ignore[index]
    if kind[1] == "3":
        np.testing.assert_allclose(scale, 1.0, rtol=1e-8)
        np.testing.assert_allclose(
            found.std_error, clustered(twfe(design), cluster="pair", correction="CR3").std_error, rtol=1e-9
        )


def test_a_cluster_that_determines_the_effect_leaves_no_cr3() -> None:
    estimate = twfe(StudyDesign.from_frame(panel(8, 1), **COLUMNS))
    for kind in ("13", "33"):
        found = wild_cluster_bootstrap(estimate, bootstrap_type=kind)  # type: ignore[arg-type]
        assert np.isnan([found.std_error[0], found.p_value[0]]).all()
        assert found.conf_set == (((-np.inf, np.inf),),)
        assert found.notes[-1].code == "cluster_alone"
    assert np.isfinite(wild_cluster_bootstrap(estimate, bootstrap_type="31").p_value).all()


def test_types_that_leave_out_clusters_draw_for_whole_ones() -> None:
    estimate = twfe(StudyDesign.from_frame(panel(), groups=["pair"], **COLUMNS))
    with pytest.raises(InferenceError, match="leaves out whole clusters"):
        wild_cluster_bootstrap(estimate, cluster="pair", draw_by="unit", bootstrap_type="31")
    with pytest.raises(InferenceError, match="bootstrap_type"):
        wild_cluster_bootstrap(estimate, bootstrap_type="12")  # type: ignore[arg-type]


@pytest.mark.parametrize(("cluster", "draw_by"), [("unit", "unit"), ("pair", "pair"), ("pair", "unit")])
@pytest.mark.parametrize(("impose_null", "null"), [(True, 0.0), (True, 0.7), (False, 0.0)])
def test_equal_to_the_regressions_written_out(
    cluster: str, draw_by: str, impose_null: bool, null: float
) -> None:
    frame = panel()
    design = StudyDesign.from_frame(frame, weights="weight", groups=["pair"], **COLUMNS)
    estimate = twfe(design)
    options: dict[str, Any] = {
        "cluster": cluster,
        "draw_by": draw_by,
        "impose_null": impose_null,
        "null": null,
    }
    found = wild_cluster_bootstrap(estimate, **options)
    n = frame[draw_by].nunique()
    signs = np.array(list(itertools.product([1.0, -1.0], repeat=n))).T[::-1]
    wanted = written_out(frame, signs, draw_by, cluster, null if impose_null else None)
    factor = (
        clustered(estimate, cluster=cluster).std_error
        / clustered(estimate, cluster=cluster, correction="CR0").std_error
    )
    got = found.distribution[:, 0] * factor  # the table has the t statistics with the factor of CR1
    finite = np.isfinite(wanted) & (np.abs(wanted) < 1e6)
    np.testing.assert_allclose(np.sort(got[finite]), np.sort(wanted[finite]), rtol=1e-6, atol=1e-8)
    t = abs(estimate.value[0] - null) / found.std_error[0]
    weak = np.sum(np.abs(found.distribution[:, 0]) >= t * (1 - 1e-9))
    assert found.p_value[0] == (weak / 2**n if impose_null else (1 + weak) / (1 + 2**n))


def test_the_set_holds_what_is_not_rejected() -> None:
    estimate = twfe(StudyDesign.from_frame(panel(12, 6, effect=1.0), **COLUMNS))
    found = wild_cluster_bootstrap(estimate)
    ((low, high),) = found.conf_set[0]
    assert (low, high) == (found.conf_low[0], found.conf_high[0])
    step = 1e-6 * (high - low)
    for end, inwards in ((low, step), (high, -step)):
        assert wild_cluster_bootstrap(estimate, null=end + inwards).p_value[0] > 0.05
        assert wild_cluster_bootstrap(estimate, null=end - inwards).p_value[0] <= 0.05


@pytest.mark.parametrize(("treated", "times"), [(1, 100), (2, 10)])
def test_with_few_treated_the_two_disagree_and_it_is_noted(treated: int, times: int) -> None:
    estimate = twfe(StudyDesign.from_frame(panel(12, treated, effect=5.0), **COLUMNS))
    for impose_null in (True, False):
        found = wild_cluster_bootstrap(estimate, impose_null=impose_null)
        note = {note.code: note.numbers for note in found.notes}["few_treated_wild"]
        assert note == {"treated_clusters": treated, "clusters": 12, "restricted": impose_null}
        if not impose_null:
            assert found.p_value[0] == 1 / (1 + 2**12)
        else:
            assert found.p_value[0] > times / (1 + 2**12)


@pytest.mark.parametrize("weights", ["rademacher", "webb", "mammen"])
def test_drawn_weights_have_mean_zero_and_variance_one(weights: Any) -> None:
    values = np.concatenate(list(drawn(3, 40_000, MULTIPLIERS[weights], 1)), axis=1)
    assert values.shape == (3, 40_000)
    np.testing.assert_allclose(values.mean(axis=1), 0, atol=4 / 200)
    np.testing.assert_allclose(values.var(axis=1), 1, atol=0.05)
    third = (values**3).mean()
    assert abs(third - (1.0 if weights == "mammen" else 0.0)) < 0.05
    assert len(np.unique(values.round(9))) == {"rademacher": 2, "webb": 6, "mammen": 2}[weights]


def test_every_term_of_an_event_study_is_tested() -> None:
    estimate = event_study(StudyDesign.from_frame(panel(10, 5), **COLUMNS))
    found = wild_cluster_bootstrap(estimate, multiplier="webb", draws=499, seed=4)
    assert found.distribution.shape == (499, len(estimate.terms))
    assert dict(found.notes[0].numbers) == {
        "clusters": 10, "used": 499, "exact": False, "smallest_p": 1 / 500, "distinct": 6**10,
    }  # fmt: skip
    assert np.isfinite(found.p_value).all()


def test_what_is_wrong_is_said() -> None:
    estimate = twfe(StudyDesign.from_frame(panel(), groups=["pair"], **COLUMNS))
    with pytest.raises(InferenceError, match="not nested"):
        wild_cluster_bootstrap(estimate, draw_by="pair")
    with pytest.raises(InferenceError, match="rademacher"):
        wild_cluster_bootstrap(estimate, multiplier="radmacher")  # type: ignore[arg-type]
    with pytest.raises(InferenceError, match="draws"):
        wild_cluster_bootstrap(estimate, draws=0)


def test_an_average_of_terms_is_tested_as_the_regression_that_has_it_as_a_coefficient() -> None:
    """The mean of the effects after the start, with the terms as they are, and by adding up the scores."""
    estimate = event_study(StudyDesign.from_frame(panel(10, 5), **COLUMNS))
    weights = np.array([[1.0 / 3 if (term.event_time or 0) >= 0 else 0.0 for term in estimate.terms]])
    mean = combine(estimate, weights, [Term("mean")])
    found = wild_cluster_bootstrap(mean)
    single = combine(estimate, np.eye(len(estimate.terms)), list(estimate.terms))
    np.testing.assert_array_equal(
        wild_cluster_bootstrap(single).p_value, wild_cluster_bootstrap(estimate).p_value
    )
    ((low, high),) = found.conf_set[0]
    assert low < mean.value[0] < high
    np.testing.assert_allclose(found.std_error, clustered(mean).std_error)
