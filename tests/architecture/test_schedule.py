"""The examples of docs/schedule.md are whole: they parse, and each command in them is one that exists."""

from __future__ import annotations

import ast
import re
import shlex
from typing import Any

import click
import pytest
import yaml

from evaluation.cli import commands
from tests.architecture.test_docs import blocks
from tests.shared import ROOT

PAGE = ROOT / "docs/schedule.md"
FIELD = {"minute": 59, "hour": 23, "day": 31, "month": 12, "weekday": 7}


def on_schedule(text: str) -> bool:
    """Whether five fields of cron are numbers, ranges, lists or stars within their limits."""
    fields = text.split()
    parts = re.compile(r"(\*|\d+(-\d+)?(,\d+(-\d+)?)*)(/\d+)?")
    numbers = all(
        all(int(number) <= most for number in re.findall(r"\d+", field))
        for field, most in zip(fields, FIELD.values(), strict=True)
    )
    return len(fields) == len(FIELD) and all(parts.fullmatch(field) for field in fields) and numbers


def test_crontab() -> None:
    (block,) = blocks(PAGE, "cron")
    lines = [line for line in block.splitlines() if line and not re.match(r"\w+=", line)]
    assert lines
    for line in lines:
        assert on_schedule(" ".join(line.split()[:5])), line


@pytest.mark.parametrize("which", [0, 1])
def test_pipelines_are_yaml(which: int) -> None:
    found: Any = yaml.safe_load(blocks(PAGE, "yaml")[which])
    if which == 0:
        times = found[True]["schedule"]  # `on` is true in YAML 1.1, as GitHub reads it too
        assert all(on_schedule(one["cron"]) for one in times)
        assert all({"uses", "run"} & set(step) for step in found["jobs"]["report"]["steps"])
    else:
        assert all(isinstance(line, str) for line in found["report"]["script"])
        assert {"image", "rules", "cache", "artifacts"} <= set(found["report"])


def test_the_dag_is_python() -> None:
    (block,) = blocks(PAGE, "py")
    calls = [node for node in ast.walk(ast.parse(block)) if isinstance(node, ast.Call)]
    keywords = {word.arg: word.value for call in calls for word in call.keywords}
    schedule = keywords["schedule"]
    assert isinstance(schedule, ast.Constant)
    assert on_schedule(str(schedule.value))
    assert sum(getattr(call.func, "id", "") == "BashOperator" for call in calls) == 2


def test_every_command_exists_with_its_options() -> None:
    group = commands("en")
    text = re.sub(r"\$\w+|\{\{.*?\}\}|\"\$\w+\"", "2024Q4", "\n".join(blocks(PAGE, "cron", "yaml", "py")))
    called = re.findall(r"(?:^|[\s/\"&])evaluation ((?:--lang \w+ )?(?:run|render)[^\n>&\"]*)", text)
    assert len(called) == 8
    for line in called:
        words = shlex.split(re.sub(r"^--lang \w+ ", "", line))
        command = group.commands[words[0]]
        command.make_context(words[0], words[1:], parent=click.Context(group))
