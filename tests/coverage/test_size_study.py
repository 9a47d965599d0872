"""The size study: its short formulas are the package's methods, and its numbers come out again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from evaluation import inference
from evaluation.design import StudyDesign
from evaluation.errors import InferenceError
from evaluation.estimate import Inference
from evaluation.estimators import twfe
from tests.coverage.rejections import DRAWS, ENUMERATED, METHODS, Fits
from tests.coverage.simulated import Cell, simulate

PACKAGE: dict[str, Callable[..., Inference]] = {
    "heteroskedastic": partial(inference.robust, kind="heteroskedastic"),
    "clustered_cr0": partial(inference.clustered, correction="CR0"),
    "clustered": inference.clustered,
    "clustered_cr2": partial(inference.clustered, correction="CR2"),
    "clustered_cr3": partial(inference.clustered, correction="CR3"),
    "wild_cluster_bootstrap": partial(inference.wild_cluster_bootstrap, draws=DRAWS),
    "wild_cluster_bootstrap_unrestricted": partial(
        inference.wild_cluster_bootstrap, draws=DRAWS, impose_null=False
    ),
    "multiplier_bootstrap": partial(inference.multiplier_bootstrap, draws=DRAWS),
    "randomisation": partial(inference.randomisation, draws=DRAWS, max_exact=ENUMERATED, interval=False),
    "randomisation_t": partial(
        inference.randomisation, statistic="t", draws=ENUMERATED, max_exact=ENUMERATED, interval=False
    ),
    "ibragimov_muller": inference.ibragimov_muller,
    "sign_changes": partial(inference.sign_changes, draws=DRAWS),
    "conley_taber": partial(inference.conley_taber, draws=DRAWS),
    "ferman_pinto": partial(inference.ferman_pinto, draws=DRAWS),
}
DESIGNS = [
    Cell(22, 1, 0.6, "equal", 1.0),
    Cell(22, 2, 0.3, "unequal", 4.0),
    Cell(22, 5, 0.9, "unequal", 1.0),
    Cell(57, 16, 0.0, "unequal", 1.0),
]
DRAWN = {"randomisation", "randomisation_t"}
"""The study draws assignments that all panels share, so drawn p-values agree within their own error."""


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("cell", DESIGNS, ids=lambda cell: f"{cell.treated}-of-{cell.clusters}-{cell.sizes}")
def test_the_formulas_of_the_study_are_the_methods_of_the_package(cell: Cell, method: str) -> None:
    if method == "randomisation_t" and cell.treated > 2:
        pytest.skip("thousands of refits; the enumerated designs compare it")
    panels = simulate(cell, 3, seed=1)
    found = METHODS[method](Fits(panels))
    for at in range(3):
        design = StudyDesign.from_frame(
            panels.frame(at), outcome="outcome", unit="unit", time="period", cohort="cohort", weights="size"
        )
        estimate = twfe(design)
        assert estimate.value[0] == pytest.approx(Fits(panels).value[at], abs=1e-10)
        try:
            p_value = PACKAGE[method](estimate).p_value[0]
        except InferenceError:
            p_value = np.nan
        error = 5 * np.sqrt(0.5 / DRAWS) if method in DRAWN and cell.treated > 2 else 1e-9
        assert found[at] == pytest.approx(p_value, abs=error, nan_ok=True)
