"""The manual: a page for every command in both languages, and every option on its page."""

from __future__ import annotations

import re

import click
import pytest

from evaluation.cli import commands
from evaluation.locales import languages
from tests.shared import ROOT

MANUAL = ROOT / "docs/manual"
COMMANDS = commands("en").commands


def parameters(command: click.Command) -> list[click.Parameter]:
    """Return the parameters of a command and, of a group, of its commands."""
    inside = command.commands.values() if isinstance(command, click.Group) else ()
    return [*command.params, *(param for one in inside for param in parameters(one))]


EVERYWHERE = {"--project", "--lang", "--help"}


def page(lang: str, name: str) -> str:
    return (MANUAL / lang / f"{name}.md").read_text("utf-8")


def examples(lang: str, name: str) -> list[str]:
    blocks = re.findall(r"^```console\n(.*?)^```", page(lang, name), re.MULTILINE | re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.mark.parametrize("lang", languages)
def test_every_command_has_a_page_and_every_page_a_command(lang: str) -> None:
    assert {path.stem for path in (MANUAL / lang).glob("*.md")} == {*COMMANDS, "index"}
    assert all(f"({name}.md)" in page(lang, "index") for name in COMMANDS)
    assert all(option in page(lang, "index") for option in EVERYWHERE)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_stands_on_its_page(name: str) -> None:
    options = {
        flag for one in parameters(COMMANDS[name]) if isinstance(one, click.Option) for flag in one.opts
    } - EVERYWHERE
    for lang in languages:
        missing = {option for option in options if option not in page(lang, name)}
        assert not missing, f"describe them in docs/manual/{lang}/{name}.md"


@pytest.mark.parametrize("name", COMMANDS)
def test_both_languages_show_the_same_examples(name: str) -> None:
    assert examples("cs", name) == examples("en", name)
    assert any(line.startswith(f"evaluation {name}") for line in examples("en", name))
