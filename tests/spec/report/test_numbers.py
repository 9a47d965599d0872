"""`number` is the only formatter: what it promises in each language."""

from __future__ import annotations

import datetime
import math
import re
from pathlib import Path
from typing import Any

import pytest

from evaluation.report import number
from evaluation.report.numbers import decimals_of

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("value", "kind", "czech", "english"),
    [
        (-0.022459, "estimate", "−0,0225", "−0.0225"),
        (1234.5678, "estimate", f"1{NBSP}234,5678", "1,234.5678"),
        (-0.00001, "estimate", "0,0000", "0.0000"),
        (math.nan, "estimate", "–", "–"),
        (None, "count", "–", "–"),
        (math.inf, "estimate", "∞", "∞"),
        (-math.inf, "estimate", "−∞", "−∞"),
        (0.00613, "significant", "0,00613", "0.00613"),
        (1234.5, "significant", f"1{NBSP}234", "1,234"),
        (0.182, "percent", f"18,2{NBSP}%", "18.2%"),
        (-0.05, "percent", f"−5{NBSP}%", "−5%"),
        (0.95, "level", "95%", "95%"),
        (0.1851851, "p_value", f"p{NBSP}={NBSP}0,185", f"p{NBSP}={NBSP}0.185"),
        (0.000999, "p_value", f"p{NBSP}<{NBSP}0,001", f"p{NBSP}<{NBSP}0.001"),
        (0.001, "p_value", f"p{NBSP}={NBSP}0,001", f"p{NBSP}={NBSP}0.001"),
        (0.0, "p_cell", f"<{NBSP}0,001", f"<{NBSP}0.001"),
        ((5, 27), "fraction", "5/27", "5/27"),
        ((1234, 26334), "fraction", f"1{NBSP}234/26{NBSP}334", "1,234/26,334"),
        (1234567, "count", f"1{NBSP}234{NBSP}567", "1,234,567"),
        (-3, "count", "−3", "−3"),
        ("2024Q4", "quarter", f"4.{NBSP}čtvrtletí{NBSP}2024", f"2024{NBSP}Q4"),
        ("2024-03", "period", f"březen{NBSP}2024", f"March{NBSP}2024"),
        (2019, "period", "2019", "2019"),
        (-2, "period", "−2", "−2"),
        ("2024Q4", "period_short", "Q4 2024", "2024 Q4"),
        ("2024-12-31", "date", f"31.{NBSP}prosince{NBSP}2024", f"31{NBSP}December{NBSP}2024"),
        (datetime.date(2020, 1, 2), "date", f"2.{NBSP}ledna{NBSP}2020", f"2{NBSP}January{NBSP}2020"),
    ],
)
def test_a_value_in_both_languages(value: Any, kind: str, czech: str, english: str) -> None:
    assert number(value, "cs", kind) == czech
    assert number(value, "en", kind) == english


@pytest.mark.parametrize(
    ("std_error", "decimals"),
    [
        (0.00613, 5),
        (0.1, 3),
        (0.0999, 4),
        (1.0, 2),
        (99.9, 1),
        (123.0, 0),
        (1e-12, 8),
        (0.0, 4),
        (math.nan, 4),
    ],
)
def test_an_estimate_has_three_significant_digits_of_its_error(std_error: float, decimals: int) -> None:
    assert decimals_of(std_error) == decimals
    shown = number(1.0, "en", "estimate", std_error=std_error)
    assert len(shown.partition(".")[2]) == decimals


def test_unknown_kinds_and_languages_are_errors() -> None:
    with pytest.raises(KeyError):
        number(1, "cs", "nothing")
    with pytest.raises(KeyError):
        number(1, "de", "count")


def test_nothing_else_in_the_report_formats_a_number() -> None:
    package = Path(__file__).parents[3] / "evaluation" / "report"
    files = [path for path in sorted(package.glob("*.py")) if path.name != "numbers.py"]
    assert len(files) > 5
    for path in files:
        found = re.findall(
            r"\{[^{}\"]+:[.,0-9]*[efgd%]\}|format_decimal|format_percent|round\([^)]*,", path.read_text()
        )
        assert not [one for one in found if path.name != "canvas.py"], path.name
