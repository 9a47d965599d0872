"""Joint tests with few clusters: special cases, what must not matter, size, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from evaluation.design import StudyDesign
from evaluation.errors import InferenceError
from evaluation.estimate import Estimate
from evaluation.estimators import att_gt, event_study
from evaluation.inference import clustered, wald
from evaluation.simulate import did_panel

COLUMNS: dict[str, Any] = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}


def path(n_units: int = 20, n_treated: int = 8, **options: Any) -> Estimate:
    given = {"n_units": n_units, "n_treated": n_treated, "n_periods": 6, "seed": 3} | options
    return event_study(StudyDesign.from_frame(did_panel(**given), **COLUMNS))


def leads(estimate: Estimate) -> np.ndarray:
    chosen = [i for i, term in enumerate(estimate.terms) if (term.event_time or 0) < 0]
    return np.eye(len(estimate.terms))[chosen]


@pytest.mark.parametrize("correction", ["CR0", "CR1", "CR2", "CR3"])
def test_one_hypothesis_is_the_t_test(correction: Any) -> None:
    """F is t squared, with Satterthwaite's degrees of freedom or G - 1."""
    estimate = path()
    for df, asked in (("htz", "satterthwaite"), ("clusters", "clusters")):
        t = clustered(estimate, correction=correction, df=asked)  # type: ignore[arg-type]
        for k, row in enumerate(np.eye(len(estimate.terms))):
            found = wald(estimate, contrast=row, correction=correction, df=df)  # type: ignore[arg-type]
            np.testing.assert_allclose(found.statistic, (estimate.value[k] / t.std_error[k]) ** 2, rtol=1e-9)
            np.testing.assert_allclose([found.df_num, found.df_denom], [1, t.df[k]], rtol=1e-9)
            np.testing.assert_allclose(found.p_value, t.p_value[k], rtol=1e-8)


def test_the_same_hypotheses_written_otherwise_are_the_same_test() -> None:
    estimate = path()
    rows = leads(estimate)
    one, other = (
        wald(estimate, contrast=rows),
        wald(estimate, contrast=np.array([[1.0, 2.0], [-3.0, 0.5]]) @ rows),
    )
    np.testing.assert_allclose(
        [one.statistic, one.df_denom, one.p_value],
        [other.statistic, other.df_denom, other.p_value],
        rtol=1e-9,
    )
    assert (one.df_num, one.n_clusters, one.correction, one.df) == (2, 20, "CR2", "htz")


def test_a_true_null_is_rejected_as_often_as_said_with_few_clusters() -> None:
    """Two leads, 12 clusters, 400 panels: HTZ at most 5 % (three MC errors), F with CR1 and G - 1 more."""
    rejected = np.zeros(2)
    for seed in range(400):
        estimate = path(12, 5, seed=seed, effect=0.0)
        rows = leads(estimate)
        naive = wald(estimate, contrast=rows, correction="CR1", df="clusters")
        rejected += [wald(estimate, contrast=rows).p_value <= 0.05, naive.p_value <= 0.05]
    htz, plain = rejected / 400
    assert htz <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)
    assert plain > htz


def test_too_few_degrees_of_freedom_and_a_cluster_alone_give_no_p_value() -> None:
    many = wald(path(5, 2))  # five terms of five clusters
    alone = wald(path(12, 1), contrast=np.eye(5)[0])
    assert np.isnan([many.p_value, many.statistic, alone.p_value]).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"contrast": np.ones((2, 5))}, r"shape \(2, 5\) is no set of independent combinations of 5 terms"),
        ({"contrast": np.ones(3)}, r"\(1, 3\)"),
        ({"df": "many"}, "htz"),
        ({"correction": "CR4"}, "CR2"),
    ],
)
def test_what_is_wrong_is_said(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InferenceError, match=said):
        wald(path(), **options)


def test_moments_are_needed() -> None:
    panel = did_panel(n_units=20, n_treated=8, n_periods=5, seed=1)
    with pytest.raises(InferenceError, match="wald needs the moments"):
        wald(att_gt(StudyDesign.from_frame(panel, **COLUMNS)))
