"""Who may import whom."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.architecture.source import PACKAGE, imported, layers, modules, name, tree
from tests.shared import ROOT


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache", "--no-logo"],
        cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip


def test_import_contracts_hold() -> None:
    found = lint_imports(ROOT)
    assert found.returncode == 0, found.stdout + found.stderr


BROKEN = [
    ("design/note.py", "import evaluation.estimate", "evaluation.design"),
    ("estimators/__init__.py", "import evaluation.inference", "evaluation.estimators"),
    ("inference/__init__.py", "import evaluation.estimators", "evaluation.inference"),
    ("errors/run.py", "from evaluation import locales", "evaluation.errors.run"),
    ("estimate/__init__.py", "from evaluation import locales", "evaluation.locales"),
    ("report/__init__.py", "import evaluation.run", "evaluation.report"),
    ("stray.py", "", "stray"),
]


@pytest.mark.parametrize(("where", "line", "named"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_broken_contract_is_noticed(where: str, line: str, named: str, tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "evaluation", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "evaluation" / where).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    found = lint_imports(tmp_path)
    assert found.returncode == 1
    assert named in found.stdout


def test_the_architecture_document_shows_the_same_layers() -> None:
    written = re.search(r"^cli > .*$", (ROOT / "docs/architecture.md").read_text("utf-8"), re.MULTILINE)
    assert written is not None
    assert [[part.strip() for part in layer.split("|")] for layer in written[0].split(">")] == layers()


def test_no_module_imports_the_public_facade() -> None:
    """``from evaluation import twfe`` inside the package would hide a step up from import-linter."""
    inside = {path.stem for path in PACKAGE.iterdir()}
    found = [
        f"{name(path)}:{line}"
        for path in modules()
        if path not in {PACKAGE / "__init__.py", PACKAGE / "__main__.py"}
        for line, module, names in imported(tree(path))
        if module == "evaluation" and (not names or set(names) - inside)
    ]
    assert not found


def code_of(notebook: Path) -> str:
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def test_notebooks_import_the_package_only() -> None:
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    assert notebooks, "no notebook was found: this test would be empty"
    for notebook in notebooks:
        roots = {module.split(".")[0] for _, module, _ in imported(ast.parse(code_of(notebook)))}
        assert roots == {"evaluation"}, notebook.name


def test_notebooks_are_stored_without_outputs() -> None:
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for number, cell in enumerate(json.loads(notebook.read_text("utf-8"))["cells"], 1):
            stored = cell.get("outputs") or cell.get("execution_count")
            assert not stored, f"{notebook.name}, cell {number}: run `tools/strip-notebooks --fix`"


def test_analyses_hold_no_code() -> None:
    files = [path for path in (ROOT / "analyses").rglob("*") if path.is_file()]
    assert any(path.suffix == ".yml" for path in files), "no analysis was found: this test would be empty"
    assert not [name(path) for path in files if path.suffix not in {".yml", ".md", ".csv", ".json"}]
    for path in files:
        if path.suffix == ".yml":
            yaml.safe_load(path.read_text("utf-8"))  # refuses tags, which could call Python
