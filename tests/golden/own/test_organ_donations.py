"""Organ donations (Kessler and Roth) in causaldata: one treated state of 27, where known answers differ."""

from __future__ import annotations

import causaldata
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from evaluation.design import StudyDesign
from evaluation.estimators import twfe
from evaluation.inference import clustered, randomisation


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    data = causaldata.organ_donations.load_pandas().data
    return data.assign(
        start=np.where(data.State == "California", 4, 0),
        treated=((data.State == "California") & (data.Quarter_Num >= 4)).astype(float),
        state=pd.factorize(data.State)[0],
    )


@pytest.fixture(scope="module")
def effect(frame: pd.DataFrame):
    design = StudyDesign.from_frame(frame, outcome="Rate", unit="State", time="Quarter_Num", cohort="start")
    return twfe(design)


def test_published_numbers(effect) -> None:
    """-0.022459 with 0.00613, or 0.00672 where all dummies count as in the textbook (Huntington-Klein)."""
    assert effect.value[0] == pytest.approx(-0.022459, abs=5e-7)
    assert clustered(effect).std_error[0] == pytest.approx(0.00613, abs=5e-6)
    assert clustered(effect, count_effects="all").std_error[0] == pytest.approx(0.00672, abs=5e-6)


def test_regression_on_dummies_gives_the_same_digits(effect, frame: pd.DataFrame) -> None:
    fit = smf.ols("Rate ~ treated + C(State) + C(Quarter_Num)", frame).fit()
    robust = fit.get_robustcov_results(
        "cluster", groups=frame.state, use_correction=True, df_correction=False
    )
    at = fit.model.exog_names.index("treated")
    assert effect.value[0] == pytest.approx(fit.params["treated"], rel=1e-11)
    assert clustered(effect, count_effects="all").std_error[0] == pytest.approx(robust.bse[at], rel=1e-10)


def test_permutation(effect) -> None:
    """Five of the 27 states have an effect as large as California's: exactly, by enumeration."""
    result = effect.infer(randomisation)
    assert result.inference.p_value.tolist() == [5 / 27]
    assert result.inference.notes[0].numbers == {
        "admissible": 27,
        "used": 27,
        "exact": True,
        "smallest_p": 1 / 27,
    }


def test_one_treated_cluster_is_noted(effect) -> None:
    (note,) = clustered(effect).notes
    assert note.code == "few_treated_clusters"
    assert note.numbers["treated_clusters"] == 1
    assert note.numbers["clusters"] == 27
    assert (note.numbers["rejection"], note.numbers["rejection_clusters"]) == (0.655, 22)
