"""The two catalogues say the same things, and everything that the code says."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from evaluation.errors import MESSAGES
from evaluation.locales import keys, languages, text

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "evaluation"


def entries(lang: str) -> dict[str, list[str]]:
    """Key -> its sentence, or its plural forms."""
    with (PACKAGE / "locales" / f"{lang}.po").open("rb") as file:
        catalogue = read_po(file, locale=lang, abort_invalid=True)
    found: dict[str, list[str]] = {}
    for message in catalogue:
        key = message.id if isinstance(message.id, str) else message.id[0]
        if key:
            found[key] = [message.string] if isinstance(message.string, str) else list(message.string)
    return found


def placeholders(sentence: str) -> set[str]:
    return {name.split("!")[0] for _, name, _, _ in string.Formatter().parse(sentence) if name}


def counted(sentence: str) -> set[str]:
    """Values of an English sentence that choose between singular and plural."""
    return {name for _, name, spec, _ in string.Formatter().parse(sentence) if name and "|" in (spec or "")}


def modules() -> Iterator[tuple[Path, ast.AST]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def words() -> set[str]:
    """Every string constant and every function name of the package, and the words of its templates."""
    found = set()
    for _, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            if isinstance(node, ast.FunctionDef):
                found.add(node.name)
    for path in [*PACKAGE.rglob("*.html"), *PACKAGE.rglob("*.lua")]:
        found |= set(re.findall(r"[\w-]+", path.read_text(encoding="utf-8")))
    return found


def patterns() -> list[re.Pattern[str]]:
    """Keys that the code puts together, as patterns: f"note-{code}" is note-(.+)."""
    found = set()
    for _, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                parts = [
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else "(.+)"
                    for part in node.values
                ]
                found.add("".join(parts))
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "attr", getattr(node.func, "id", "")) == "named"
            ):
                found.add(f"{node.args[1].value}\\-(.+)" if isinstance(node.args[1], ast.Constant) else "")
            left = getattr(node, "left", None)
            if isinstance(left, ast.Constant) and isinstance(left.value, str):
                found.add(f"{re.escape(left.value)}(.+)")
    return [re.compile(one) for one in sorted(found) if re.match(r"[a-z]+\\-", one)]


def note_codes() -> set[str]:
    codes = set()
    for _, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in ("Note", "_unit_notes"):
                    codes.add(str(node.args[0].value))
    return codes


def test_both_languages_have_the_same_keys() -> None:
    czech = {key for key in keys("cs") if not key.startswith("error-")}
    assert czech == keys("en")
    assert languages == ("cs", "en")


def test_no_key_is_written_twice() -> None:
    for lang in languages:
        written = re.findall(
            r'^msgid "(.+)"$', (PACKAGE / "locales" / f"{lang}.po").read_text(), re.MULTILINE
        )
        assert len(written) == len(set(written)), lang


def test_both_languages_name_the_same_values() -> None:
    czech, english = entries("cs"), entries("en")
    for key in english:
        named = {lang: set.union(*map(placeholders, e[key])) for lang, e in (("cs", czech), ("en", english))}
        assert named["cs"] == named["en"], key


def test_every_sentence_renders_for_one_two_and_five() -> None:
    for lang in languages:
        for key, forms in entries(lang).items():
            assert all(form.strip() for form in forms), (lang, key)
            values = {name: "7" for name in set.union(*map(placeholders, forms)) if name != "count"}
            plural = len(forms) > 1
            said = [text(lang, key, n if plural else None, count=n, **values) for n in (1, 2, 5)]
            assert all(said), (lang, key)
            assert "{" not in "".join(said), (lang, key)


def test_czech_has_three_plural_forms() -> None:
    assert [text("cs", "count-unit", n) for n in (1, 2, 5, 22)] == [
        "1 sledovaná jednotka",
        "2 sledované jednotky",
        "5 sledovaných jednotek",
        "22 sledovaných jednotek",
    ]
    assert [text("en", "count-unit", n) for n in (1, 2)] == ["1 unit", "2 units"]


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_every_error_speaks_czech_with_the_same_values(code: str) -> None:
    czech = entries("cs")
    for key, english in zip((f"error-{code}", f"error-{code}-fix"), MESSAGES[code], strict=True):
        assert placeholders(czech[key][0]) == placeholders(english), key
        for n in (1, 2, 5):
            said = text(
                "en", key, **{name: n if name in counted(english) else "x" for name in placeholders(english)}
            )
            assert said.count("|") == 0, said
            assert (
                not re.search(rf"\\b{n} (\\w+ )?(?:values|rows|units|periods|places|pairs)\\b", said) or n > 1
            ), said


def test_no_error_text_is_left_over() -> None:
    codes = {key.removeprefix("error-") for key in keys("cs") if key.startswith("error-")}
    assert codes == set(MESSAGES) | {f"{code}-fix" for code in MESSAGES}


def test_every_note_of_the_package_has_a_sentence() -> None:
    codes = note_codes()
    assert {"few_treated_clusters", "always_treated", "synthetic_data", "assignments"} <= codes
    for code in codes:
        assert any(key == f"note-{code}" or key.startswith(f"note-{code}-") for key in keys("cs")), code


def test_no_key_is_unused_and_none_is_missing() -> None:
    used, made = words(), patterns()

    def is_used(key: str) -> bool:
        matches = (pattern.fullmatch(key) for pattern in made)
        return key in used or any(match and used.issuperset(match.groups()) for match in matches)

    assert not {key for key in keys("en") if not is_used(key.removesuffix("-decimal"))}
    asked = {
        node.args[1].value
        for _, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in ("text", "say")
        and len(node.args) > 1
        and isinstance(node.args[1], ast.Constant)
    }
    assert len(asked) > 50
    assert not {key for key in asked if key not in keys("cs")}


ALWAYS_SEVERAL = {"several-cohorts"}
COUNTS = {"count", "units", "periods", "clusters", "cohorts", "iterations", "admissible"}


def test_an_english_error_that_counts_has_both_forms() -> None:
    """`1 rows` is no English: a sentence that leads with a count says how its noun ends."""
    for code, (what, _) in MESSAGES.items():
        leading = {name for name in placeholders(what) & COUNTS if f"{{{name}}} " in what}
        assert not leading or counted(what) or code in ALWAYS_SEVERAL, code


def test_numbers_with_decimals_have_a_form_of_their_own() -> None:
    said = [text("cs", "count-minute", n, count=str(n).replace(".", ",")) for n in (1, 2.5, 3, 5)]
    assert [one.replace("\u00a0", " ") for one in said] == ["1 minuta", "2,5 minuty", "3 minuty", "5 minut"]


def test_an_unknown_key_or_language_is_an_error() -> None:
    with pytest.raises(KeyError):
        text("cs", "no-such-key")
    with pytest.raises(KeyError):
        text("de", "label-estimate")
    with pytest.raises(KeyError):
        text("cs", "lead-estimate")
