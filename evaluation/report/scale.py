"""How estimates are written and drawn: log ratios as changes in per cent, others as they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.disclosure import Publishable
from evaluation.report.numbers import number
from evaluation.report.tables import decimals_between
from evaluation.report.words import UNNAMED, Labels, say

Floats = NDArray[np.float64]


def is_log(published: Publishable) -> bool:
    """Whether the estimates are logarithms of ratios."""
    return published.numbers.get("estimand") == "log_ratio"


def axis_words(published: Publishable, lang: str, labels: Labels = UNNAMED) -> str:
    """Name the axis of the estimates, with the unit of the outcome where that is theirs."""
    if is_log(published):
        return say(lang, "figure-rule-axis")
    unit = f" ({labels.outcome_unit})" if labels.outcome_unit else ""
    return say(lang, "figure-estimate-axis") + unit


def scaled(published: Publishable, values: Any) -> Floats:
    """Return log ratios as changes in per cent, other estimates as they are."""
    plain = np.asarray(values, dtype=np.float64)
    return np.asarray(100 * np.expm1(plain)) if is_log(published) else plain


def writer(published: Publishable, every: Iterable[float], lang: str) -> Callable[[Any], str]:
    """Return how estimates are written: as changes in per cent, or with decimals that tell `every` apart."""
    if is_log(published):
        return lambda value: number(math.expm1(value), lang, "percent")
    known = pd.Series([one for one in every if math.isfinite(one)], dtype=np.float64)
    decimals = decimals_between(known)
    return lambda value: number(value, lang, "estimate", decimals=decimals)
