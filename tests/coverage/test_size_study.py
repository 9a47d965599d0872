"""The size study: its short formulas are the package's methods, and its numbers come out again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import pytest

from evaluation import inference
from evaluation.design import StudyDesign
from evaluation.errors import InferenceError
from evaluation.estimate import Inference
from evaluation.estimators import twfe
from tests.coverage.rejections import DRAWS, ENUMERATED, METHODS, Fits
from tests.coverage.simulated import Cell, simulate
from tests.coverage.size_pages import pooled
from tests.coverage.size_study import FILE, GRID, KEY, measured, name

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


COMPARED = [
    pytest.param(cell, method, id=f"{method}-{name(cell)}")
    for cell in DESIGNS
    for method in METHODS
    if method != "randomisation_t" or cell.treated <= 2  # refits: only where all assignments are few
]


@pytest.mark.parametrize(("cell", "method"), COMPARED)
def test_the_formulas_of_the_study_are_the_methods_of_the_package(cell: Cell, method: str) -> None:
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


def committed(cell: Cell) -> pd.DataFrame:
    """Rows of a cell, by method."""
    table = pd.read_csv(FILE)
    same = (table[KEY] == [getattr(cell, key) for key in KEY]).all(axis=1)
    return table[same].set_index("method")


def apart(share: pd.Series, panels: pd.Series, other: pd.Series, others: pd.Series) -> pd.Series:
    """Difference of two shares in Monte Carlo errors, of a pooled share that is never quite zero."""
    together = (share * panels + other * others + 0.5) / (panels + others + 1)
    return (share - other).abs() / np.sqrt(together * (1 - together) * (1 / panels + 1 / others))


REPEATED = [
    cell for cell in GRID if name(cell) in ("22-1-0.6-equal-1", "22-5-0.9-unequal-4", "57-16-0-equal-4")
]


@pytest.mark.parametrize("cell", REPEATED, ids=name)
def test_a_cell_comes_out_again_with_another_seed(cell: Cell) -> None:
    """Within four Monte Carlo errors of both, as there are some forty comparisons."""
    there, again = committed(cell), measured(cell, 400, seed=7).set_index("method")
    assert set(there.index) == set(again.index)
    assert apart(there.rejection, there.panels, again.rejection, again.panels).max() < 4


def test_every_cell_of_the_grid_is_there_once() -> None:
    table = pd.read_csv(FILE)
    assert not table.duplicated([*KEY, "method"]).any()
    assert set(table[KEY].itertuples(index=False, name=None)) == {
        tuple(getattr(cell, key) for key in KEY) for cell in GRID
    }


def test_the_correlation_does_not_matter_where_clusters_are_taken_as_a_whole() -> None:
    """With one start all clusters have one difference, whatever rho: the four cells may be pooled."""
    table = pd.read_csv(FILE)
    table = table[table["method"] != "heteroskedastic"]
    both = table.merge(pooled(table), on=["clusters", "treated", "sizes", "variance", "method"])
    rest = both["panels_y"] - both["panels_x"]
    other = (both["rejection_y"] * both["panels_y"] - both["rejection_x"] * both["panels_x"]) / rest
    found = apart(both["rejection_x"], both["panels_x"], other.clip(0, 1), rest)
    assert found.max() < 5  # of 2,600 comparisons one in a thousand samples has one beyond
