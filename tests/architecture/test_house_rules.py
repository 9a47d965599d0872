"""House rules that a machine can see: lengths, docstrings, the public names, what may stand in a file."""

from __future__ import annotations

import ast
import doctest
import inspect
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest

import evaluation
from tests.architecture.source import Function, layer_of, modules, name, project_files, text_of, tree
from tests.shared import ROOT

LONGEST_FUNCTION = 60  # aim: 25
LONGEST_MODULE = 500  # aim: 300
EXPORTED = list(evaluation.__all__)


def test_functions_and_modules_are_short() -> None:
    assert len(modules()) > 20
    long = [f"{name(path)}: {n} lines" for path in modules() if (n := len(lines(path))) > LONGEST_MODULE]
    for path in modules():
        for node in ast.walk(tree(path)):
            if isinstance(node, Function) and (size := length(node)) > LONGEST_FUNCTION:
                long.append(f"{name(path)}:{node.lineno} {node.name}: {size} lines")
    assert not long


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines without the docstring, which may be as long as it must."""
    size = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node) is not None:
        size -= (first.end_lineno or first.lineno) - first.lineno + 1
    return size


def for_type_checkers() -> dict[str, str]:
    """Public names and the modules that `evaluation/__init__.py` says they come from."""
    facade = tree(ROOT / "evaluation/__init__.py")
    ours = (node for node in ast.walk(facade) if isinstance(node, ast.ImportFrom))
    pairs = ((alias.asname or alias.name, node.module or "") for node in ours for alias in node.names)
    return {name: module for name, module in pairs if module.split(".")[0] == "evaluation"}


def test_the_public_names_are_sorted_and_complete() -> None:
    assert sorted(set(EXPORTED)) == EXPORTED
    assert sorted(for_type_checkers()) == EXPORTED, "type checkers see the same names"


def test_a_public_name_stays_what_it_is_when_a_module_has_the_same() -> None:
    """Importing the module ``evaluation.aggregate`` must not replace the function of that name."""
    inside = [
        module for path in modules() if (module := path.relative_to(ROOT).with_suffix("")).name[0] != "_"
    ]
    imports = "; ".join(f"import {'.'.join(module.parts)}" for module in inside)
    code = (
        f"import evaluation; {imports}; print(*[type(getattr(evaluation, n)).__name__ for n in {EXPORTED}])"
    )
    kinds = dict(zip(EXPORTED, fresh(code).split(), strict=True))
    meant = {name for name, module in for_type_checkers().items() if module == "evaluation"}
    assert {name for name, kind in kinds.items() if kind == "module"} == meant


@pytest.mark.parametrize("exported", EXPORTED)
def test_every_public_name_is_documented_with_an_example_that_runs(exported: str) -> None:
    thing = getattr(evaluation, exported)
    documentation = inspect.getdoc(thing) or ""
    assert len(documentation.split()) > 5
    if isinstance(thing, types.ModuleType) or not callable(thing) or is_error(thing):
        return
    parts = [thing, *vars(thing).values()] if inspect.isclass(thing) else [thing]
    assert any(runs(inspect.getdoc(getattr(part, "__func__", part)) or "") for part in parts), exported


def is_error(thing: object) -> bool:
    return inspect.isclass(thing) and issubclass(thing, Exception)


def runs(documentation: str) -> bool:
    examples = doctest.DocTestParser().get_examples(documentation)
    return any(not example.options.get(doctest.SKIP) for example in examples)


# --- the import ---------------------------------------------------------------------------------------
HEAVY = [
    "matplotlib",
    "papermill",
    "IPython",
    "jupyter_client",
    "linearmodels",
    "duckdb",
    "polars",
    "pypandoc",
]


def fresh(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


USED = "from evaluation import StudyDesign, inference, twfe"


def test_the_estimators_load_nothing_heavy() -> None:
    loaded = fresh(f"import sys; {USED}; print(*[m for m in {HEAVY} if m in sys.modules])")
    assert loaded.split() == []


def test_the_import_takes_little_longer_than_that_of_pandas() -> None:
    clock = "import time; t = time.perf_counter(); {}; print(time.perf_counter() - t)"
    pandas, ours = (
        min(float(fresh(clock.format(code))) for _ in range(3)) for code in ("import pandas", USED)
    )
    assert ours < 3 * pandas


# --- what stands in the files -------------------------------------------------------------------------
HOSTS = [
    "py" + "pi",
    "python" + "hosted",
    "npm" + "js",
    "deb.deb" + "ian",
    "cran.r-" + "project",
    "ana" + "conda",
]
MACHINE = r"/wor[k]/\w|/roo[t]/\w|/hom[e]/\w|/User[s]/\w|[A-Z]:\\User[s]|/tm[p]/\w"
FORBIDDEN = {
    "a registry host": re.compile("|".join(rf"{re.escape(host)}\.(org|com)\b" for host in HOSTS)),
    "a path of one machine": re.compile(rf"(?<![\w.}}])({MACHINE})"),
    "unfinished work": re.compile(r"\b(TO[D]O|FIXM[E]|XX[X])\b|NotImplemented[E]rror|mark\.xfai[l]"),
}
FOUND = [
    ("a registry host", "see https://" + HOSTS[0] + ".org/simple"),
    ("a path of one machine", "cd /hom" + "e/jana/project"),
    ("a path of one machine", 'open("/tm' + 'p/x.csv")'),
    ("unfinished work", "# TO" + "DO later"),
]


@pytest.mark.parametrize(("kind", "text"), FOUND, ids=[row[1] for row in FOUND])
def test_the_search_finds(kind: str, text: str) -> None:
    assert FORBIDDEN[kind].search(text)


@pytest.mark.parametrize("kind", FORBIDDEN)
def test_no_file_of_the_project_names(kind: str) -> None:
    assert len(project_files()) > 50, "hardly any file was found: this test would be empty"
    found = [
        f"{name(path)}:{number}: {line.strip()[:100]}"
        for path in project_files()
        if (text := text_of(path)) is not None
        for number, line in enumerate(text.splitlines(), 1)
        if FORBIDDEN[kind].search(line)
    ]
    assert not found


def pins(lock: str) -> dict[str, str]:
    """``name==version ; marker`` -> the hashes that belong to it."""
    text = (ROOT / lock).read_text("utf-8").replace("\\\n", " ")
    rows = [line for line in text.splitlines() if line.strip()]
    return {line.split("--hash")[0].strip(): line for line in rows}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_the_locks_carry_hashes_and_no_address(lock: str) -> None:
    assert len(pins(lock)) > 100
    assert not [pin for pin, line in pins(lock).items() if not re.match(r"[\w.-]+==\S+", pin)]
    assert not [pin for pin, line in pins(lock).items() if "--hash=sha256:" not in line]
    assert "://" not in (ROOT / lock).read_text("utf-8")
    assert not re.search(
        r"^\s*(-i|--(extra-)?index-url|--find-links)", (ROOT / lock).read_text("utf-8"), re.M
    )


def test_the_lock_for_development_holds_the_other() -> None:
    versions = {pin.split(";")[0].strip() for pin in pins("requirements-dev.lock")}
    assert {pin.split(";")[0].strip() for pin in pins("requirements.lock")} <= versions


def test_every_layer_is_described() -> None:
    """The map of docs/architecture.md has a row for everything in the package, and for nothing else."""
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    rows = set(re.findall(r"^\| `(\w+)(?:\.py|/)` \|", text, re.MULTILINE))
    assert rows == {layer_of(path) for path in modules()} - {"__init__", "__main__", "_version"}
