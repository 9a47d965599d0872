"""Tables of four units and four periods whose answer can be reckoned by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation.design import StudyDesign
from evaluation.estimators import twfe
from evaluation.inference import clustered, randomisation

UNITS = ["a", "b", "c", "d"]


def table(outcome: list[list[float]], start: list[int]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit": np.repeat(UNITS, 4),
            "period": list(range(1, 5)) * 4,
            "outcome": np.ravel(outcome).astype(float),
            "start": np.repeat(start, 4),
        }
    )


def design(frame: pd.DataFrame, **options: object) -> StudyDesign:
    return StudyDesign.from_frame(
        frame, outcome="outcome", unit="unit", time="period", cohort="start", **options
    )


DIFFERENCES = table(
    [
        [2, 4, 9, 11],  # a, treated from period 3: mean before 3, after 10, change 7
        [1, 1, 4, 6],  #  b, treated from period 3: mean before 1, after  5, change 4
        [5, 5, 6, 8],  #  c: 5, 7, change 2
        [0, 2, 1, 3],  #  d: 1, 2, change 1
    ],
    [3, 3, 0, 0],
)


def test_two_by_two() -> None:
    """Mean change of the treated (7 + 4) / 2 = 5.5 less that of the others (2 + 1) / 2 = 1.5 gives 4.

    Double-demeaned treatment of a treated unit: -1/4 before, +1/4 after; of the others the negative: the gram
    is 16 x 1/16 = 1. Residual changes: a 7 - 5.5 = 1.5, b -1.5, c 0.5, d -0.5. A unit's score is sum_t D e,
    and with half of its change e after and the other half before, 4 x 1/4 x change / 2 = change / 2 with
    the sign of its D: 0.75, -0.75, -0.25, 0.25. Sum of squares 1.25 = V with correction CR0.
    CR1: 4/3 x (16 - 1) / (16 - K) with K = 1 regressor + 4 periods (the units are nested, they count as the
    one that the periods lack): 4/3 x 15/11.
    """
    effect = twfe(design(DIFFERENCES))
    assert effect.value == pytest.approx([4.0], rel=1e-14)
    assert effect.influence is not None
    assert sorted(effect.influence[:, 0] / 4) == pytest.approx([-0.75, -0.25, 0.25, 0.75], rel=1e-13)
    assert clustered(effect, correction="CR0").std_error == pytest.approx([np.sqrt(1.25)], rel=1e-13)
    corrected = clustered(effect)
    assert corrected.std_error == pytest.approx([np.sqrt(1.25 * 4 / 3 * 15 / 11)], rel=1e-13)
    assert corrected.df.tolist() == [3.0]


def test_its_randomisation() -> None:
    """Of the changes 7, 4, 2, 1 two are chosen: the mean of the chosen less that of the others.

    ab 4, ac (7+2)/2 - (4+1)/2 = 2, ad 1, bc -1, bd -2, cd -4: two of six are as large as 4 in absolute value,
    one of six is as large and positive, and all six are at most 4.
    """
    effect = twfe(design(DIFFERENCES))
    result = randomisation(effect)
    assert result.distribution is not None
    assert sorted(result.distribution[:, 0]) == pytest.approx([-4, -2, -1, 1, 2, 4], rel=1e-12)
    assert result.p_value.tolist() == [2 / 6]
    assert randomisation(effect, alternative="greater").p_value.tolist() == [1 / 6]
    assert randomisation(effect, alternative="less").p_value.tolist() == [1.0]
    assert result.notes[0].numbers == {"admissible": 6, "used": 6, "exact": True, "smallest_p": 1 / 6}


def test_within_strata() -> None:
    """One treated in each of two strata of two, so 2 x 2 assignments.

    a is treated (change 7) in the stratum of a and d, b (change 4) in that of b and c. The chosen can be ab,
    ac, db, dc with 4, 2, -2, -4: p = 2/4.
    """
    frame = DIFFERENCES.assign(stratum=np.repeat(["x", "y", "y", "x"], 4))
    result = randomisation(twfe(design(frame, strata="stratum")))
    assert result.distribution is not None
    assert sorted(result.distribution[:, 0]) == pytest.approx([-4, -2, 2, 4], rel=1e-12)
    assert result.p_value.tolist() == [0.5]


STAGGERED = table(
    [
        [0, 0, 4, 4],  # treated from period 3
        [0, 6, 6, 6],  # treated from period 2
        [0, 0, 0, 0],
        [0, 0, 0, 0],
    ],
    [3, 2, 0, 0],
)


def test_staggered() -> None:
    """Effects 4 and 6; two-way fixed effects weigh them by the double-demeaned treatment.

    Treatment a 0011, b 0111; unit means 2/4, 3/4, 0, 0, period means 0, 1/4, 2/4, 2/4, overall 5/16.
    Demeaned D = D - unit - period + overall, in sixteenths: a (-3, -7, 5, 5), b (-7, 5, 1, 1),
    c and d (5, 1, -3, -3). Numerator: a 4 x (5 + 5) + b 6 x (5 + 1 + 1) = 82 sixteenths. Denominator: the sum
    of squares over 256: a 9 + 49 + 25 + 25 = 108, b 49 + 25 + 1 + 1 = 76, c and d 25 + 1 + 9 + 9 = 44 each:
    272 / 256 = 17 sixteenths. The effect is 82 / 17.
    """
    assert twfe(design(STAGGERED)).value == pytest.approx([82 / 17], rel=1e-14)


def test_weights() -> None:
    """Weights 3, 1 for the treated and 1, 3 for the others weigh their changes 7, 4 and 2, 1.

    (3 x 7 + 4) / 4 - (2 + 3 x 1) / 4 = 6.25 - 1.25 = 5.
    """
    frame = DIFFERENCES.assign(w=np.repeat([3.0, 1.0, 1.0, 3.0], 4))
    assert twfe(design(frame, weights="w")).value == pytest.approx([5.0], rel=1e-14)


def test_period_effects_by_group() -> None:
    """Within groups (a, c) and (b, d): changes 7 - 2 = 5 and 4 - 1 = 3, equal groups: their mean 4."""
    frame = DIFFERENCES.assign(region=np.repeat(["n", "s", "n", "s"], 4))
    effect = twfe(design(frame, groups=["region"]), period_effects_by="region")
    assert effect.value == pytest.approx([4.0], rel=1e-14)


COUNTS = table(
    [
        [2, 4, 9, 15],  # a, treated: 6 before, 24 after
        [1, 1, 6, 10],  # b, treated: 2, 16
        [5, 5, 8, 12],  # c: 10, 20
        [2, 0, 1, 3],  #  d: 2, 4
    ],
    [3, 3, 0, 0],
)


def test_poisson() -> None:
    """With one start the Poisson effect is the ratio of ratios of totals.

    The totals of treated and untreated before and after are fitted exactly (24 + 16) / (6 + 2) = 5 and
    (20 + 4) / (10 + 2) = 2: the effect is log(5 / 2).
    """
    effect = twfe(design(COUNTS), family="poisson")
    assert effect.value == pytest.approx([np.log(2.5)], rel=1e-12)
    assert effect.estimand == "log_ratio"


def test_poisson_with_exposure() -> None:
    """Twice the exposure of the treated after the start halves their ratio: log(5 / 2 / 2)."""
    exposure = np.where((COUNTS.start > 0) & (COUNTS.period >= 3), 2.0, 1.0) * 10
    effect = twfe(design(COUNTS.assign(people=exposure), exposure="people"), family="poisson")
    assert effect.value == pytest.approx([np.log(1.25)], rel=1e-12)
