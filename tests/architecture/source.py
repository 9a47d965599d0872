"""The project's own files, read for the tests of this folder."""

from __future__ import annotations

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.shared import ROOT

PACKAGE = ROOT / "evaluation"
CONTRACT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def layers() -> list[list[str]]:
    """Names of the layers from the top down, as import-linter is told."""
    found = next(contract for contract in CONTRACT["contracts"] if contract["type"] == "layers")
    return [[name.strip(" ()") for name in layer.split("|")] for layer in found["layers"]]


def layer_of(path: Path) -> str:
    """The layer that a module of the package belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def below(name: str) -> set[str]:
    """All layers that stand below the named one."""
    order = layers()
    position = next(i for i, layer in enumerate(order) if name in layer)
    return {module for layer in order[position + 1 :] for module in layer}


def modules() -> list[Path]:
    """Every Python file of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def modules_of(names: set[str]) -> list[Path]:
    """Every Python file of the named layers."""
    return [path for path in modules() if layer_of(path) in names]


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def name(path: Path) -> str:
    """A file as the tests call it."""
    return path.relative_to(ROOT).as_posix()


def dotted(node: ast.expr) -> str:
    """``a.b.c`` of a name or attribute, else the last part."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def imported(module: ast.Module) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Line, module and names of every absolute import."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, ()
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.lineno, node.module or "", tuple(alias.name for alias in node.names)


@cache
def project_files() -> tuple[Path, ...]:
    """Every file that is in version control or would be if it were added now."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(sorted(path for part in listed.split("\0") if part and (path := ROOT / part).is_file()))


def text_of(path: Path) -> str | None:
    """The text of a file, None where it is not text."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return None
