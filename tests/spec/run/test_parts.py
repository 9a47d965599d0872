"""Small parts of the run: language, screens, parameters, cleaned notebooks, files whole or absent."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evaluation.errors import DataError, SpecError
from evaluation.run import files
from evaluation.run.notebook import check_parameters, failure, published, read_notebook, without_times
from evaluation.run.project import open_project
from evaluation.run.screen import language_of, screen
from tests.shared import ROOT


@pytest.mark.parametrize(
    ("arguments", "environment", "lang"),
    [
        ([], {}, "en"),
        ([], {"LANG": "cs_CZ.UTF-8"}, "cs"),
        ([], {"LANG": "cs_CZ.UTF-8", "LC_ALL": "C"}, "en"),
        (["--lang", "en"], {"LC_ALL": "cs_CZ"}, "en"),
        (["run", "2024Q4", "--lang=cs"], {}, "cs"),
        (["--lang", "de"], {"LANG": "cs"}, "cs"),
    ],
)
def test_language(arguments: list[str], environment: dict[str, str], lang: str) -> None:
    assert language_of(arguments, environment) == lang


def test_a_screen_translates_the_small_phrases() -> None:
    error = DataError(
        "missing-column",
        where="data set panel",
        column="rate",
        role="outcome",
        available="a, b (+3 more)",
        suggestion="Did you mean 'rat'?",
        example="row 7: 'x'",
    )
    shown = screen("cs", error)
    for words in ("datová sada panel", "výsledek", "a dalších 3", "Nemysleli jste „rat“?", "řádek 7"):
        assert words in shown
    for words in ("outcome", "more", "Did you", "row"):
        assert words not in shown


def test_parameters_are_checked_before_papermill() -> None:
    notebook = read_notebook(open_project(ROOT), "impact")
    assert notebook.parameters == ("spec", "quarter", "project")
    check_parameters(notebook, {"quarter": "2024Q4"})
    with pytest.raises(SpecError, match="Did you mean 'quarter'"):
        check_parameters(notebook, {"quater": "2024Q4"})
    with pytest.raises(SpecError, match=r"PosixPath|WindowsPath"):
        check_parameters(notebook, {"project": Path()})


def _executed() -> dict[str, Any]:
    payload = {"name": "effect", "published": json.dumps({"value": 1})}
    outputs = [
        {"output_type": "display_data", "data": {"application/vnd.evaluation.published+json": payload}},
        {"output_type": "stream", "name": "stderr", "text": ["/some/where.py: warning\n"]},
        {"output_type": "error", "ename": "KeyError", "evalue": "'x'\nmore"},
    ]
    cell = {
        "cell_type": "code",
        "id": "random",
        "metadata": {"papermill": {"duration": 1}},
        "outputs": outputs,
    }
    return {"cells": [cell], "metadata": {"papermill": {"start": "now"}, "kernelspec": {"name": "python3"}}}


def test_what_a_notebook_published_and_how_it_failed() -> None:
    assert published(_executed()) == {"effect": {"value": 1}}
    assert failure(_executed()) == (None, "KeyError: 'x'")


def test_a_cleaned_notebook_has_no_times_paths_or_random_ids() -> None:
    clean = without_times(_executed())
    assert "papermill" not in json.dumps(clean)
    assert "/some/where" not in json.dumps(clean)
    assert clean["cells"][0]["id"] == "cell-1"
    assert clean["metadata"] == {"kernelspec": {"name": "python3"}}


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "result.json"
    files.write(path, "old")

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        files.write(path, "new")
    monkeypatch.undo()
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_json_refuses_what_is_not_json() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        files.to_json(float("nan"))


@pytest.mark.parametrize("arguments", [["--help"], ["version"], ["run", "--help"], ["run", "2024Q9"]])
def test_the_command_line_starts_without_pandas(arguments: list[str]) -> None:
    program = (
        "import sys\nfrom evaluation.cli import main\n"
        f"try: main({arguments!r})\nexcept SystemExit: pass\n"
        "print([name for name in ('pandas', 'numpy', 'papermill', 'IPython') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
