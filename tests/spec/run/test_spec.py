"""Specifications: what is accepted, what a defect says, and the committed schemas."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import get_args

import pytest
import yaml
from pydantic import ValidationError

from evaluation import inference
from evaluation.errors import EvaluationError, SpecError
from evaluation.run import catalogue, programme, schemas, yamlfile
from evaluation.run.impact.inferences import Auto, InferenceChoice, Randomisation
from evaluation.run.impact.options import check_estimator
from evaluation.run.impact.spec import Analysis
from evaluation.run.project import open_project
from evaluation.run.spec import from_json, read_analyses
from tests.project import make_project
from tests.shared import ROOT


def test_committed_analyses_are_whole() -> None:
    loaded = read_analyses(open_project(ROOT))
    assert {"organ-donations", "prague-synthetic"} <= {one.id for one in loaded}
    known = catalogue.read_catalogue(open_project(ROOT))
    for one in loaded:
        assert one.defects == ()
        assert one.analysis is not None
        if isinstance(one.analysis, Analysis):
            assert check_estimator(one.analysis, one.file) == []
        synthetic = [known.dataset(name).synthetic for name in one.analysis.sources]
        assert (one.analysis.synthetic or any(synthetic)) == ("synthetic" in one.analysis.title.en)


def test_canonical_form_survives_a_round_trip_and_ignores_form() -> None:
    text = (ROOT / "analyses/organ-donations.yml").read_text(encoding="utf-8")
    raw = yaml.safe_load(text)
    analysis = Analysis.model_validate(raw)
    again = Analysis.model_validate(dict(reversed(list(raw.items()))))
    assert from_json(analysis.canonical()) == analysis
    assert again.sha256 == analysis.sha256
    assert Analysis.model_validate({**raw, "id": "another"}).sha256 != analysis.sha256


def test_a_specification_is_frozen() -> None:
    analysis = read_analyses(open_project(ROOT))[0].analysis
    assert analysis is not None
    with pytest.raises(ValidationError):
        analysis.id = "changed"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("which", "file"),
    [
        ("analysis", "data/schema/analysis.schema.json"),
        ("catalogue", catalogue.SCHEMA_FILE),
        ("programme", programme.SCHEMA_FILE),
    ],
)
def test_committed_schema_is_up_to_date(which: str, file: str) -> None:
    committed = json.loads((ROOT / file).read_text(encoding="utf-8"))
    assert committed == schemas.schema(which), "write it again: make schemas"


def test_schema_knows_the_options_of_every_estimator() -> None:
    schema = schemas.schema("analysis")
    assert schema["$defs"]["estimator_twfe"]["properties"]["family"]["enum"] == ["gaussian", "poisson"]
    assert schema["$defs"]["estimator_twfe"]["additionalProperties"] is False


def test_inference_is_chosen_by_its_method() -> None:
    raw = yaml.safe_load((ROOT / "analyses/organ-donations.yml").read_text(encoding="utf-8"))
    del raw["inference"]
    assert Analysis.model_validate(raw).inference == Auto()
    raw["inference"] = {"method": "randomisation", "alternative": "less"}
    assert isinstance(Analysis.model_validate(raw).inference, Randomisation)


def test_every_inference_is_one_of_the_package_with_its_own_options() -> None:
    """The keys of a choice are options of the function that it names, and their defaults are its own."""
    for choice in get_args(get_args(InferenceChoice)[0]):
        if choice is Auto:
            continue
        for method in get_args(choice.model_fields["method"].annotation):
            options = inspect.signature(getattr(inference, method)).parameters
            for name, field in choice.model_fields.items():
                if name not in ("method", "seed"):
                    assert options[name].default == field.default, (method, name)


@pytest.mark.parametrize("method", ["conley_taber", "ibragimov_muller", "rearrangement", "conformal"])
def test_methods_for_few_treated_clusters_can_be_asked_for(method: str) -> None:
    raw = yaml.safe_load((ROOT / "analyses/organ-donations.yml").read_text(encoding="utf-8"))
    raw["inference"] = {"method": method}
    assert Analysis.model_validate(raw).inference.method == method
    raw["inference"] = {"method": method, "rhoo": 2}
    with pytest.raises(ValidationError, match="rhoo"):
        Analysis.model_validate(raw)


def test_two_files_with_one_id(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    text = (project.root / "analyses/panel.yml").read_text(encoding="utf-8")
    (project.root / "analyses/zzz.yml").write_text(text, encoding="utf-8")
    defects = [error for one in read_analyses(open_project(project.root)) for error in one.defects]
    assert [error.code for error in defects] == ["duplicate-id"]
    assert "zzz.yml" in defects[0].where


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("a: 1\nb:\n  c: 2\n  d: 3\n", ("b", "d"), 4),
        ("a: 1\nb:\n  c: 2\n", ("b", "missing"), 2),
        ("a: 1\nb: [1,\n  2]\n", ("b", 1), 3),
        ("a: 1\n", ("nowhere",), None),
    ],
)
def test_lines_of_keys(text: str, path: tuple[str | int, ...], line: int | None) -> None:
    assert yamlfile.Document(text, "x.yml").line(path) == line


def test_dates_stay_text() -> None:
    assert yamlfile.Document("from: 2020-01-01\n", "x.yml").raw == {"from": "2020-01-01"}


@pytest.mark.parametrize(
    "text", ["a: [", "a: 1\na: 2\n", "a: 1\n b: 2\n", "a: !!python/object:os.system x\n"]
)
def test_broken_yaml_names_a_line(text: str) -> None:
    with pytest.raises(SpecError) as found:
        yamlfile.Document(text, "x.yml")
    assert found.value.code == "bad-yaml"
    assert "line" in found.value.where


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("2024Q4", "2024-4", "bad-value", "quarter such as"),
        ("schema_version = 1", "schema_version = 9", "bad-value", "one of: 1"),
        ("[name]", "[nam]", "unknown-key", "Did you mean 'name'?"),
        ("seed = 20241231", "seed = -1", "bad-value", "seed"),
        ("[name]", "[name", "bad-project", "line"),
    ],
)
def test_project_file(tmp_path: Path, old: str, new: str, code: str, words: str) -> None:
    text = (ROOT / "evaluation.toml").read_text(encoding="utf-8")
    (tmp_path / "evaluation.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(EvaluationError) as found:
        open_project(tmp_path)
    assert found.value.code == code
    assert words in str(found.value)


def test_project_is_found_upwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project(tmp_path / "project")
    monkeypatch.chdir(project.root / "data/raw")
    assert open_project().root == project.root
