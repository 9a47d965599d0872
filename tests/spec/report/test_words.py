"""What a result says in words."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.design import Note
from evaluation.report import explanations, finding, sentence, strength, warnings
from tests.spec.report import values as v

NBSP = "\u00a0"


def test_an_exact_result_leads_with_the_share_of_assignments() -> None:
    czech = sentence(v.exact(), "cs", labels=v.CS)
    english = sentence(v.exact(), "en", labels=v.EN)
    assert czech.startswith(
        "Odhad alespoň tak krajní, jako je ten skutečný (−0,0225), vychází při 5 z 27 možných přiřazení "
        f"opatření (p{NBSP}={NBSP}5/27{NBSP}≈{NBSP}0,185)."
    )
    assert english.startswith(
        "An estimate at least as extreme as the actual one (−0.0225) arises under 5 of the 27 possible "
        f"assignments of the measure (p{NBSP}={NBSP}5/27{NBSP}≈{NBSP}0.185)."
    )
    assert f"27 sledovaných jednotek (stát), z{NBSP}toho s{NBSP}opatřením 1; 27 shluků" in czech
    assert f"4.{NBSP}čtvrtletí{NBSP}2010 až 1.{NBSP}čtvrtletí{NBSP}2012" in czech
    assert (
        "27 units (state), 1 of them with the measure; 27 clusters; 2010\u00a0Q4 to 2012\u00a0Q1" in english
    )


def test_a_sampled_result_counts_its_draws() -> None:
    said = finding(v.sampled(0.0123), "en")
    assert "122 of 9,999 randomly drawn assignments" in said
    assert f"(p{NBSP}={NBSP}0.012)" in said


@pytest.mark.parametrize(
    ("ends", "czech", "english"),
    [
        (
            (-0.05, 0.0123),
            "Odhad účinku je −0,0225 (95% interval spolehlivosti od −0,0500 do 0,0123; p = 0,042).",
            "The estimated effect is −0.0225 (95% confidence interval from −0.0500 to 0.0123; p = 0.042).",
        ),
        (
            (-np.inf, np.inf),
            "(p = 0,042); na 95% hladině spolehlivosti nevylučuje tento test žádnou velikost účinku.",
            "(p = 0.042); at the 95% confidence level this test excludes no size of the effect.",
        ),
        ((np.nan, np.nan), "Odhad účinku je −0,0225.", "The estimated effect is −0.0225."),
    ],
)
def test_a_test_without_a_standard_error_leads_with_its_p_value(
    ends: tuple[float, float], czech: str, english: str
) -> None:
    said = {lang: finding(v.inverted(ends), lang).replace(NBSP, " ") for lang in ("cs", "en")}
    assert said["cs"].endswith(czech)
    assert said["en"].endswith(english)


@pytest.mark.parametrize(
    ("ends", "czech", "english"),
    [
        (
            (-0.05, 0.0123),
            "je-li v 95% intervalu spolehlivosti od −0,0500 do 0,0123.",
            "if it lies in the 95% confidence interval from −0.0500 to 0.0123.",
        ),
        ((-np.inf, 0.0123), "od −∞ do 0,0123.", "from −∞ to 0.0123."),
        ((-np.inf, np.inf), "vyloučit žádnou velikost účinku.", "no size of the effect can be excluded"),
    ],
)
def test_the_interval_of_assignments_follows_their_share(
    ends: tuple[float, float], czech: str, english: str
) -> None:
    said = {lang: finding(v.exact(ends=ends), lang).replace(NBSP, " ") for lang in ("cs", "en")}
    assert said["cs"].startswith("Odhad alespoň tak krajní")
    assert said["en"].startswith("An estimate at least as extreme")
    assert czech in said["cs"]
    assert english in said["en"]


@pytest.mark.parametrize("lang", ["cs", "en"])
def test_without_an_interval_nothing_is_said_of_one(lang: str) -> None:
    assert "95" not in finding(v.exact(), lang)


def test_a_studentised_result_says_what_was_compared() -> None:
    published = v.exact(notes=(Note("studentised", {}),))
    assert finding(published, "en").startswith(
        "An estimate divided by its standard error at least as extreme"
    )
    assert finding(published, "cs").startswith("Odhad dělený svou směrodatnou chybou vychází")


def test_an_interval_is_said_with_its_level_and_error() -> None:
    assert finding(v.clustered(), "cs") == (
        f"Odhad účinku je −0,02246 (95% interval spolehlivosti od −0,03506 do −0,00986; p{NBSP}={NBSP}0,001)."
    )


def test_a_log_ratio_is_also_said_as_a_change() -> None:
    said = finding(v.clustered(value=-0.105361, estimand="log_ratio"), "en")
    assert said.endswith("The estimate corresponds to a change of −10%.")


@pytest.mark.parametrize(
    ("p_value", "code"),
    [(0.0099, "strong"), (0.01, "moderate"), (0.0499, "moderate"), (0.05, "open"), (0.9, "open")],
)
def test_strength_at_its_bounds(p_value: float, code: str) -> None:
    assert strength(v.clustered(p_value, few=False)) == code
    assert strength(v.clustered(p_value, few=True)) == "unreliable"


@pytest.mark.parametrize("lang", ["cs", "en"])
@pytest.mark.parametrize("p_value", [0.05, 0.185, 0.5, 1.0])
def test_a_large_p_is_never_called_no_effect(lang: str, p_value: float) -> None:
    for published in (v.exact(p_value), v.sampled(p_value), v.clustered(p_value, few=False)):
        said = sentence(published, lang)
        wanted = {"cs": "účinek nedokládají, ale ani nevylučují", "en": "do not rule one out either"}[lang]
        assert wanted in said
        assert "nemá účinek" not in said
        assert "no effect was" not in said


def test_clustered_errors_with_few_treated_clusters_are_not_called_strong() -> None:
    said = sentence(v.clustered(0.0001), "en")
    assert "very unusual" not in said
    assert "cannot be judged" in said


def test_warnings_name_what_a_reader_must_know_synthetic_first() -> None:
    notes = (
        Note("outcome_from_tool", {"column": "cases"}),
        Note("always_treated", {"units": 2, "names": ("A", "B")}),
        Note("synthetic_data", {"dataset": "d"}),
    )
    czech = warnings(v.exact(notes=notes), "cs")
    assert "syntetických dat" in czech[0]
    assert "„cases“" in czech[1]
    assert czech[2].startswith("2 jednotky mají opatření od prvního období")
    assert czech[2].endswith("A, B.")
    assert len(czech) == 3


def test_the_few_clusters_warning_carries_its_measurement() -> None:
    (said,) = warnings(v.clustered(), "cs")
    assert f"jen 1 z{NBSP}27" in said
    assert f"v{NBSP}67{NBSP}% případů" in said


def test_too_few_assignments_are_warned_of() -> None:
    (said,) = warnings(v.exact(1 / 7, used=7), "en")
    assert "could not have a p-value below 1/7" in said
    assert not warnings(v.exact(1 / 27), "en")


@pytest.mark.parametrize(
    ("lang", "said"), [("cs", "nejmenší možná p-hodnota je 1/27"), ("en", "possible p-value is 1/27")]
)
def test_how_the_p_value_was_counted_is_explained(lang: str, said: str) -> None:
    assert any(said in line for line in explanations(v.exact(), lang))


@pytest.mark.parametrize(
    "reason",
    [
        "few_treated_clusters",
        "many_treated_clusters",
        "unequal_treated_clusters",
        "no_refit",
        "nothing_to_permute",
    ],
)
@pytest.mark.parametrize("lang", ["cs", "en"])
def test_every_reason_for_the_default_inference_is_said(reason: str, lang: str) -> None:
    numbers = {
        "method": "clustered", "reason": reason, "treated_clusters": 5, "clusters": 22, "threshold": 10,
        "rejection": 0.142, "rejection_clusters": 21, "rejection_treated": 3, "effective": 2.5,
    }  # fmt: skip
    said = explanations(v.exact(notes=(Note("default_inference", numbers),)), lang)
    (line,) = [line for line in said if "22" in line]
    assert "5" in line
    if reason in {
        "no_refit",
        "nothing_to_permute",
        "unequal_treated_clusters",
    }:  # the measured design is named with its number
        assert {"cs": "3 z 21", "en": "3 of 21"}[lang] in line.replace("\u00a0", " ")
        assert {"cs": "14,2", "en": "14.2%"}[lang] in line
