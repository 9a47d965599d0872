"""What makes up the coefficient of two-way fixed effects: comparisons of groups, weights of effects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation import StudyDesign, twfe
from evaluation.checks import bacon, twfe_weights
from evaluation.disclosure import publish
from evaluation.errors import DesignError
from evaluation.report import figure, warnings

COLUMNS = {"outcome": "y", "unit": "u", "time": "t", "cohort": "g"}
STARTS = [1, 3, 3, 5, 6, 6, 0, 0, 0]


def table(seed: int = 4) -> pd.DataFrame:
    """Nine units, six periods; one is treated from the first period on."""
    rng = np.random.default_rng(seed)
    n, t = len(STARTS), np.arange(1, 7)
    frame = pd.DataFrame(
        {
            "u": np.repeat(np.arange(n), 6),
            "t": np.tile(t, n),
            "g": np.repeat(STARTS, 6),
            "y": rng.normal(size=n * 6),
        }
    )
    return frame.assign(
        x=rng.normal(size=n * 6), w=np.repeat(rng.uniform(1, 3, n), 6), v=rng.uniform(1, 2, n * 6)
    )


def design(frame: pd.DataFrame, **options: Any) -> StudyDesign:
    return StudyDesign.from_frame(frame, **(COLUMNS | options))


@pytest.mark.parametrize("covariates", [[], ["x"], ["x", "v"]])
@pytest.mark.parametrize("weights", [None, "w"])
def test_comparisons_average_to_the_coefficient(covariates: list[str], weights: str | None) -> None:
    plan = design(table(), covariates=covariates, weights=weights)
    found = bacon(plan)
    together = float((found.table.weight * found.table.estimate).sum())
    assert together == pytest.approx(twfe(plan).value[0], rel=1e-9)
    assert found.numbers["estimate"] == pytest.approx(together, rel=1e-9)
    assert found.table.weight.sum() == pytest.approx(1)
    kinds = {"treated_vs_never", "treated_vs_always"} | (
        {"within", "both_treated"} if covariates else {"earlier_vs_later", "later_vs_earlier"}
    )
    assert kinds <= set(found.table.type)


def test_one_cohort_is_one_comparison_and_nothing_is_forbidden() -> None:
    """Two treated and two never, two periods: (5 - 1) - (3 - 2) = 3."""
    frame = pd.DataFrame({"u": [1, 1, 2, 2, 3, 3, 4, 4], "t": [1, 2] * 4, "g": [2] * 4 + [0] * 4,
                          "y": [0.0, 4, 2, 6, 1, 2, 3, 4]})  # fmt: skip
    found = bacon(design(frame))
    assert found.table.to_numpy().tolist() == [["2", "never", "treated_vs_never", 1.0, 3.0]]
    assert (found.numbers["forbidden"], found.notes) == (0.0, ())


@pytest.mark.parametrize("options", [{}, {"covariates": ["x"]}, {"weights": "v"}])
@pytest.mark.parametrize("gaps", [False, True])
def test_weights_give_the_coefficient_of_any_effects(options: dict[str, Any], gaps: bool) -> None:
    """Parallel trends hold exactly and each cohort and period has an effect of its own."""
    rng = np.random.default_rng(1)
    frame = table()
    effect = {key: rng.normal() for key in sorted({(g, t) for g in STARTS if g for t in range(g, 7)})}
    own = [effect.get((g, t), 0.0) for g, t in zip(frame.g, frame.t, strict=True)]
    frame = frame.assign(y=frame.u * 1.7 + frame.t**2 + own)
    frame = frame[(frame.index % 10 != 7) | (not gaps)]
    plan = design(frame, **options)
    found = twfe_weights(plan)
    wanted = sum(row.weight * effect[int(row.cohort), int(row.period)] for row in found.table.itertuples())
    assert wanted == pytest.approx(twfe(plan).value[0], rel=1e-9)
    assert found.numbers["estimate"] == pytest.approx(wanted, rel=1e-9)
    assert found.numbers["negative"] == (found.table.weight < 0).sum() > 0
    assert found.numbers["sum_negative"] == pytest.approx(found.table.weight.clip(upper=0).sum())


def test_effects_of_that_spread_can_average_to_zero() -> None:
    """Effects proportional to weight / share - 1 average to zero, give the coefficient, spread as said."""
    found = twfe_weights(design(table()))
    share = found.table.units / found.table.units.sum()
    apart = found.table.weight / share - 1
    effects = float(found.numbers["estimate"]) * apart / (share * apart**2).sum()  # type: ignore[arg-type]
    assert (share * effects).sum() == pytest.approx(0, abs=1e-12)
    assert (found.table.weight * effects).sum() == pytest.approx(found.numbers["estimate"])
    assert np.sqrt((share * effects**2).sum()) == pytest.approx(found.numbers["sd_zero"])


@pytest.mark.parametrize(
    ("frame", "options", "code"),
    [
        (table().iloc[1:], {}, "needs-balance"),
        (table(), {"weights": "v"}, "weights-change"),
        (table(), {"exposure": "v"}, "exposure-not-used"),
        (table().assign(d=table().t % 2), {"cohort": None, "treatment": "d"}, "not-absorbing"),
    ],
)
def test_what_bacon_cannot_decompose(frame: pd.DataFrame, options: dict[str, Any], code: str) -> None:
    with pytest.raises(DesignError) as caught:
        bacon(design(frame, **options))
    assert caught.value.code == code


@pytest.mark.parametrize("covariates", [[], ["x"]])
@pytest.mark.parametrize("lang", ["cs", "en"])
def test_figure_says_in_words_what_it_shows(lang: str, covariates: list[str]) -> None:
    found = bacon(design(table(), covariates=covariates))
    shown = figure(publish(found), lang)
    assert shown.data_table_html.count("<tr>") == len(found.table) + 1
    assert shown.csv.count("\n") == len(found.table) + 1
    assert shown.alt.count("%") == found.table.type.nunique()
    assert "bacon-" not in shown.alt + shown.data_table_html
    said = warnings(publish(found), lang) + warnings(publish(twfe_weights(design(table()))), lang)
    assert len(said) == 2
    assert "%" in said[0]
