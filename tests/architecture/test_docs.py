"""What the documentation shows works: examples run, links lead somewhere, commands exist."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import re
from pathlib import Path

import click
import pytest

from evaluation import estimators, inference
from evaluation.aggregate import aggregate
from evaluation.design import StudyDesign
from tests.architecture.source import PACKAGE, modules, name
from tests.shared import ROOT

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")],
)
BLOCK = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def blocks(page: Path, *languages: str) -> list[str]:
    return [code for language, code in BLOCK.findall(page.read_text("utf-8")) if language in languages]


def with_examples() -> list[str]:
    return [module_name(path) for path in modules() if ">>>" in path.read_text("utf-8")]


def test_examples_are_found() -> None:
    assert len(with_examples()) > 5, "hardly any module has examples: the next test would be empty"


@pytest.mark.parametrize("module", with_examples())
def test_the_examples_of_a_module_run(module: str) -> None:
    tests = doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(module), module)
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    report: list[str] = []
    for test in tests:
        runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)
    assert runner.tries > 0


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python")], ids=name)
def test_the_python_of_a_page_runs(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    registry = importlib.import_module("evaluation.estimate.registry")
    monkeypatch.setattr(registry, "_REGISTRY", dict(vars(registry)["_REGISTRY"]))  # a page may add to it
    space: dict[str, object] = {"__name__": "page"}
    for code in blocks(page, "python"):
        if ">>>" in code:
            run_session(code, space, page)
        else:
            exec(compile(code, name(page), "exec"), space)


def run_session(code: str, space: dict[str, object], page: Path) -> None:
    report: list[str] = []
    test = doctest.DocTestParser().get_doctest(code, space, name(page), str(page), 0)
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    runner.run(test, out=report.append, clear_globs=False)
    assert runner.failures == 0, "".join(report)
    space.update(test.globs)


def test_the_readme_has_python_that_runs() -> None:
    assert blocks(ROOT / "README.md", "python")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_to_files_of_the_project(page: Path) -> None:
    targets = [target.split("#")[0] for target in LINK.findall(page.read_text("utf-8"))]
    inside = [
        target for target in targets if target and "://" not in target and not target.startswith("mailto:")
    ]
    assert not [target for target in inside if not (page.parent / target).exists()]


def commands(page: Path) -> list[str]:
    """Commands of console blocks, without the prompt and the comment."""
    rows = [row for code in blocks(page, "console", "bash", "sh") for row in code.splitlines()]
    return [row.removeprefix("$ ").split("#")[0].strip() for row in rows if row.startswith("$ ")]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def click_commands() -> set[str]:
    group: click.Group = importlib.import_module("evaluation.cli").commands("en")
    return set(group.commands)


@pytest.mark.parametrize("page", [p for p in PAGES if commands(p)], ids=name)
def test_commands_exist(page: Path) -> None:
    for command in commands(page):
        words = [word for word in command.split() if "=" not in word]
        if words[0] == "make":
            assert set(words[1:]) <= make_targets(), command
        elif words[0] == "evaluation" and len(words) > 1:
            assert words[1] in click_commands(), command
        elif words[0].startswith("tools/"):
            assert (ROOT / words[0]).exists(), command


def linked(page: Path) -> set[Path]:
    targets = (
        target.split("#")[0] for target in LINK.findall(page.read_text("utf-8")) if "://" not in target
    )
    return {(page.parent / target).resolve() for target in targets if target.endswith(".md")}


def test_every_page_can_be_reached_from_the_index() -> None:
    reached, waiting = set(), {ROOT / "docs/index.md"}
    while waiting:
        page = waiting.pop()
        reached.add(page)
        waiting |= {target for target in linked(page) if target.exists()} - reached
    assert not [name(page) for page in (ROOT / "docs").rglob("*.md") if page not in reached]


def parameters() -> set[str]:
    """Every option of the design, the estimators, the aggregation and the inference methods."""
    public = [aggregate, StudyDesign.from_frame]
    public += [getattr(module, exported) for module in (estimators, inference) for exported in module.__all__]
    return {option for function in public for option in inspect.signature(function).parameters}


def test_the_table_of_names_names_what_exists() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs/names.md").read_text("utf-8"), re.MULTILINE)
    options = {option for row in rows for option in re.findall(r"(\w+)=", row)}
    assert len(options) > 12
    assert options <= parameters()
    for method in re.findall(r"inference\.(\w+)", " ".join(rows)):
        assert method in inference.__all__


def test_modules_of_the_package_compile_under_the_oldest_python() -> None:
    for path in PACKAGE.rglob("*.py"):
        ast.parse(path.read_text("utf-8"), feature_version=(3, 11))
