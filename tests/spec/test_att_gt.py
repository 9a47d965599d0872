"""Group-time effects and their averages by hand, with every option, gap and refusal."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation.aggregate import aggregate
from evaluation.design import StudyDesign
from evaluation.errors import DesignError
from evaluation.estimate import Estimate
from evaluation.estimators import att_gt
from evaluation.inference import clustered
from evaluation.simulate import did_panel

COLUMNS = {"outcome": "y", "unit": "unit", "time": "t", "cohort": "g"}
OUTCOMES = {"a": [1, 2, 7, 9], "b": [4, 4, 5, 9], "c": [2, 3, 4, 4], "d": [0, 2, 2, 3]}
METHODS = ["dr", "dr_improved", "ipw", "ipw_unnormalised", "reg"]
STARTS = {"a": 3, "b": 4, "c": 0, "d": 0}


def _frame(outcomes: dict[str, list[float]], starts: dict[str, int]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"unit": unit, "t": t, "y": float(y), "g": starts[unit]}
            for unit, series in outcomes.items()
            for t, y in enumerate(series, start=1)
        ]
    )


def _design(**options: object) -> StudyDesign:
    """Four units in four periods: a treated from 3, b from 4, c and d never.

    a: 1 2 7 9; b: 4 4 5 9; mean of c and d: 1, 2.5, 3, 3.5.
    """
    return StudyDesign.from_frame(_frame(OUTCOMES, STARTS), **COLUMNS, **options)


def _by_key(effects: Estimate) -> dict[tuple[object, object], float]:
    return {(t.cohort, t.period): float(v) for t, v in zip(effects.terms, effects.value, strict=True)}


def test_never_treated_and_varying_base_by_hand() -> None:
    """A: 2: 1 - 1.5; 3: 7 - 2 - 0.5; 4: 9 - 2 - 1. B: 2: 0 - 1.5; 3: 1 - 0.5; 4: 9 - 5 - 0.5."""
    found = _by_key(att_gt(_design()))
    wanted = {(3, 2): -0.5, (3, 3): 4.5, (3, 4): 6.0, (4, 2): -1.5, (4, 3): 0.5, (4, 4): 3.5}
    assert found == pytest.approx(wanted)


def test_universal_base_compares_with_the_last_clean_period() -> None:
    """B against its base 3: in 1 it is 4 - 5 - (1 - 3), in 2 it is 4 - 5 - (2.5 - 3); its base is 0."""
    found = _by_key(att_gt(_design(), base_period="universal"))
    wanted = {(4, 1): 1.0, (4, 2): -0.5, (4, 3): 0.0, (4, 4): 3.5, (3, 1): 0.5, (3, 2): 0.0}
    assert {key: found[key] for key in wanted} == pytest.approx(wanted)


def test_not_yet_treated_controls_by_hand() -> None:
    """A in 3: controls b, c, d change by 1, 1, 0 from 2: 5 - 2/3. In 4 b is treated: 7 - 1."""
    found = _by_key(att_gt(_design(), control_group="not_yet_treated"))
    assert found[3, 3] == pytest.approx(5 - 2 / 3)
    assert found[3, 4] == pytest.approx(6.0)


def test_anticipation_moves_the_base_back_and_the_controls_away() -> None:
    """With one period of anticipation a has base 1: 1 - 1.5 in 2, 6 - 2 in 3, 8 - 2.5 in 4."""
    found = _by_key(att_gt(_design(anticipation=1)))
    assert [found[3, t] for t in (2, 3, 4)] == pytest.approx([-0.5, 4.0, 5.5])
    assert found[4, 3] == pytest.approx(1 - 0.5)  # base 2


def test_who_starts_right_after_the_panel_may_anticipate_in_its_last_period() -> None:
    """B starts in 5, with an anticipation of 1 that is 4: a control of a in 3 (base 1), not in 4.

    From 1 to 2 a changes by 1, b, c, d by 0, 1, 2; to 3 by 6 and 1, 2, 2; to 4 by 8, c and d by 2, 3.
    """
    design = StudyDesign.from_frame(_frame(OUTCOMES, STARTS | {"b": 5}), **COLUMNS, anticipation=1)
    found = _by_key(att_gt(design, control_group="not_yet_treated"))
    assert found == pytest.approx({(3, 2): 0.0, (3, 3): 6 - 5 / 3, (3, 4): 8 - 2.5})


def test_anticipation_with_universal_base_and_not_yet_treated_controls() -> None:
    """With one period of anticipation a has base 1 and b has base 2.

    A in 2: 1 less the mean of b 0, c 1, d 2, since b reacts from 3 on; in 3 and 4 only c and d are left.
    B in 1: 0 - (-1.5), because a reacts already in 2, the later of both periods; in 3: 1 - 0.5, in 4: 5 - 1.
    """
    found = _by_key(att_gt(_design(anticipation=1), base_period="universal", control_group="not_yet_treated"))
    wanted = {(3, 1): 0.0, (3, 2): 0.0, (3, 3): 4.0, (3, 4): 5.5}
    wanted |= {(4, 1): 1.5, (4, 2): 0.0, (4, 3): 0.5, (4, 4): 4.0}
    assert found == pytest.approx(wanted)


def test_sampling_weights_by_hand() -> None:
    """Controls c and d weigh 3 and 1: their change from 2 to 3 is 0.75 x 1 + 0.25 x 0."""
    frame = _frame(OUTCOMES, STARTS)
    frame["w"] = frame["unit"].map({"a": 1, "b": 1, "c": 3, "d": 1})
    found = _by_key(att_gt(StudyDesign.from_frame(frame, **COLUMNS, weights="w")))
    assert found[3, 3] == pytest.approx(5 - 0.75)


def test_aggregates_by_hand() -> None:
    """After treatment: a 4.5, 6.0; b 3.5. Both cohorts hold one unit, so shares are equal."""
    effects = att_gt(_design())
    assert aggregate(effects).value == pytest.approx([(4.5 + 6.0 + 3.5) / 3])
    path = aggregate(effects, by="event_time")
    assert [t.event_time for t in path.terms] == [-2, -1, 0, 1]
    assert path.value == pytest.approx([-1.5, (-0.5 + 0.5) / 2, (4.5 + 3.5) / 2, 6.0])
    assert aggregate(effects, by="cohort").value == pytest.approx([5.25, 3.5])
    assert aggregate(effects, by="period").value == pytest.approx([4.5, (6.0 + 3.5) / 2])
    assert aggregate(effects, by="event_time", overall=True).value == pytest.approx([(4.0 + 6.0) / 2])
    assert aggregate(effects, by="cohort", overall=True).value == pytest.approx([(5.25 + 3.5) / 2])
    narrowed = aggregate(effects, by="event_time", min_event_time=0, max_event_time=0)
    assert narrowed.value == pytest.approx([4.0])
    balanced = aggregate(effects, by="event_time", balance_at=1)
    assert [t.event_time for t in balanced.terms] == [-1, 0, 1]
    assert balanced.value == pytest.approx([-0.5, 4.5, 6.0])


def test_without_never_treated_units() -> None:
    frame = _frame({k: OUTCOMES[k] for k in "ab"}, STARTS)
    design = StudyDesign.from_frame(frame, **COLUMNS)
    with pytest.raises(DesignError, match="not_yet_treated"):
        att_gt(design)
    effects = att_gt(design, control_group="not_yet_treated")
    found = _by_key(effects)
    assert found[3, 3] == pytest.approx((7 - 2) - (5 - 4))
    assert np.isnan(found[3, 4])
    notes = {note.code: note.numbers for note in effects.notes}
    assert "3/4" in notes["cells_without_controls"]["names"]
    assert "cells_left_out" in {note.code for note in aggregate(effects).notes}


def test_units_treated_from_the_start_are_named_and_left_out() -> None:
    effects = att_gt(StudyDesign.from_frame(_frame(OUTCOMES, {**STARTS, "a": 1}), **COLUMNS))
    assert {t.cohort for t in effects.terms} == {4}
    note = next(note for note in effects.notes if note.code == "no_untreated_period")
    assert note.numbers["names"] == ("a",)
    assert effects.design.n_units == 3


def test_gaps_are_pooled_or_their_units_dropped() -> None:
    """Without c in 3: pooled controls are 3 and 2 in period 2, 2 in period 3: 5 - (2 - 2.5)."""
    frame = _frame(OUTCOMES, STARTS)
    frame = frame[~((frame["unit"] == "c") & (frame["t"] == 3))]
    design = StudyDesign.from_frame(frame, **COLUMNS)
    pooled, dropped = att_gt(design), att_gt(design, unbalanced="drop")
    assert _by_key(pooled)[3, 3] == pytest.approx(5 - (2 - 2.5))
    assert _by_key(dropped)[3, 3] == pytest.approx(5 - 0)
    assert "unbalanced_pooled" in {note.code for note in pooled.notes}
    assert next(n for n in dropped.notes if n.code == "incomplete_units_dropped").numbers["units"] == 1


def _with_covariate(values: object) -> StudyDesign:
    frame = did_panel(n_units=40, n_treated=12, n_periods=5, seed=2)
    frame["x"] = values(frame) if callable(values) else values
    columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    return StudyDesign.from_frame(frame, **columns, covariates=["x"])


@pytest.mark.parametrize("method", ["dr", "dr_improved", "ipw", "ipw_unnormalised"])
def test_covariates_that_separate_give_no_number(method: str) -> None:
    effects = att_gt(_with_covariate(lambda f: (f["cohort"] > 0) * 1.0), method=method)
    assert np.isnan(effects.value).all()
    assert {note.code for note in effects.notes} == {"cells_without_overlap"}


@pytest.mark.parametrize("gaps", [False, True], ids=["balanced", "unbalanced"])
@pytest.mark.parametrize("method", METHODS)
def test_collinear_covariates_give_no_number_and_say_so(method: str, gaps: bool) -> None:
    """A second covariate that is a line of the first, and changes from unit to unit."""
    frame = did_panel(n_units=40, n_treated=12, n_periods=5, seed=2)
    drawn = np.random.default_rng(1).normal(size=41)
    frame["x"] = drawn[frame["unit"].to_numpy() % 41]
    frame["line"] = 3 - 2 * frame["x"]
    frame = frame.drop(index=[7, 33]) if gaps else frame
    columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    design = StudyDesign.from_frame(frame, **columns, covariates=["x", "line"])
    effects = att_gt(design, method=method)
    assert np.isnan(effects.value).all()
    notes = {note.code: note.numbers for note in effects.notes}
    assert set(notes) - {"unbalanced_pooled"} == {"cells_collinear"}
    assert notes["cells_collinear"]["names"] == tuple(f"{t.cohort}/{t.period}" for t in effects.terms)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_uses_covariates(method: str) -> None:
    drawn = np.random.default_rng(1).normal(size=41)
    effects = att_gt(_with_covariate(lambda f: drawn[f["unit"].to_numpy() % 41]), method=method)
    assert np.isfinite(effects.value).all()
    assert effects.influence is not None
    assert np.abs(effects.influence.mean(axis=0)).max() < 1e-10


def test_clusters_above_the_unit_sum_influence() -> None:
    panel = did_panel(n_units=40, n_treated=12, n_periods=5, n_clusters=10, seed=2)
    columns = {
        "outcome": "outcome",
        "unit": "unit",
        "time": "period",
        "cohort": "cohort",
        "cluster": "cluster",
    }
    effects = att_gt(StudyDesign.from_frame(panel, **columns))
    psi = effects.design.cluster.sums(effects.influence) / 40  # type: ignore[arg-type]
    by_hand = np.sqrt((psi**2).sum(axis=0) * 10 / 9)
    np.testing.assert_allclose(clustered(effects).std_error, by_hand, rtol=1e-12)


@pytest.mark.parametrize(
    "options",
    [{"method": "drr"}, {"control_group": "never"}, {"base_period": "long"}, {"unbalanced": "keep"}],
)
def test_unknown_options_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(DesignError) as caught:
        att_gt(_design(), **options)
    assert caught.value.code == "unknown-option"


def test_aggregates_that_cannot_be_are_refused() -> None:
    effects = att_gt(_design())
    with pytest.raises(DesignError, match="Did you mean 'cohort'"):
        aggregate(effects, by="cohorts")
    with pytest.raises(DesignError, match="left to be averaged"):
        aggregate(effects, min_event_time=9)
    with pytest.raises(DesignError, match="no cohorts"):
        aggregate(aggregate(effects))
