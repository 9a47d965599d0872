"""Agreement with numbers of other programs that a clone carries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import causaldata
import numpy as np
import pytest
import yaml

from evaluation.design import StudyDesign
from evaluation.estimators import twfe
from evaluation.inference import clustered
from tests.golden.own.panel import synthetic_panel

FACTS: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("facts.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", FACTS["panel"]["cases"], ids=lambda case: case["id"])
@pytest.mark.parametrize("given_as", ["cohort", "treatment"])
def test_synthetic_panel(case: dict[str, Any], given_as: str) -> None:
    treatment = {"cohort": "start"} if given_as == "cohort" else {"treatment": "treated"}
    columns = {"outcome": "y", **case.get("design", {}), **treatment}
    design = StudyDesign.from_frame(
        synthetic_panel(), unit="unit", time="period", groups=["region"], **columns
    )
    effect = twfe(design, **case.get("options", {}))
    assert [term.name for term in effect.terms] == ["att" if given_as == "cohort" else "treated"]
    assert effect.value == pytest.approx([case["estimate"]], rel=1e-9)
    for level in ("unit", "region"):
        error = clustered(effect, cluster=level).std_error
        assert error == pytest.approx([case[level]], rel=1e-8), level


def test_castle_doctrine() -> None:
    facts = FACTS["castle"]
    frame = causaldata.castle.load_pandas().data
    in_force_next_year = frame.groupby("sid")["post"].shift(-1, fill_value=0)
    frame = frame.assign(law=frame["post"] | in_force_next_year)  # `post` leaves out the year of adoption
    design = StudyDesign.from_frame(
        frame, outcome="l_homicide", unit="sid", time="year", treatment="law", weights="popwt"
    )
    effect = twfe(design)
    assert effect.value == pytest.approx([facts["estimate"]], rel=1e-9)
    for counted, error in facts["std_error"].items():
        assert clustered(effect, count_effects=counted).std_error == pytest.approx([error], rel=1e-8)
    assert clustered(effect, correction="CR0").std_error == pytest.approx([facts["uncorrected"]], rel=1e-8)
    result = clustered(effect)
    assert result.p_value == pytest.approx([facts["p_value"]], rel=1e-7)
    assert np.all(result.df == facts["df"])
