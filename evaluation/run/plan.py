"""The plan: what runs, what is reused, what cannot run and why; made before anything starts."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from evaluation.errors import EvaluationError, SpecError, did_you_mean, listed
from evaluation.run import fingerprint
from evaluation.run.catalogue import Catalogue, Dataset, read_catalogue
from evaluation.run.files import read_json
from evaluation.run.kinds import DefectsError, studies
from evaluation.run.locate import PRIVATE, DataAbsentError, combined, digest, locate, provenance, whole_digest
from evaluation.run.notebook import Notebook, check_parameters, imported, read_notebook
from evaluation.run.project import Project
from evaluation.run.question import Question
from evaluation.run.spec import Loaded, read_analyses

Action = Literal["run", "reuse", "failed", "not_run"]


@dataclass(frozen=True)
class Paths:
    """Where an analysis writes, below the build folder of its quarter."""

    notebook: Path
    failed: Path
    result: Path
    entry: Path

    @classmethod
    def of(cls, project: Project, quarter: str, name: str) -> Paths:
        """Paths of one analysis."""
        build = project.build(quarter)
        return cls(
            build / "notebooks" / f"{name}.ipynb",
            build / "notebooks" / f"{name}.failed.ipynb",
            build / "results" / f"{name}.json",
            build / "cache" / f"{name}.json",
        )


@dataclass(frozen=True)
class Step:
    """One analysis in the plan.

    Attributes
    ----------
    id : str
    action : {"run", "reuse", "failed", "not_run"}
    analysis : Question or None
        None where its file cannot be read.
    datasets : Mapping of str to Dataset
        What it uses, by name, the leading one first.
    notebook : Notebook or None
    parameters : dict
        What the notebook receives.
    provenance : dict
        Data, specification, notebook and code that determine the result.
    key : str
        Hash of everything that determines the result.
    errors : tuple of EvaluationError
        Why it cannot run.
    """

    id: str
    action: Action
    paths: Paths
    analysis: Question | None = None
    datasets: Mapping[str, Dataset] = field(default_factory=dict)
    notebook: Notebook | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    errors: tuple[EvaluationError, ...] = ()


def make_plan(
    project: Project, quarter: str, *, only: Sequence[str] = (), fresh: bool = False
) -> tuple[Step, ...]:
    """Decide what is to be done for each analysis.

    Parameters
    ----------
    project : Project
    quarter : str
    only : sequence of str
        Ids of the analyses wanted; all by default.
    fresh : bool
        Check everything, reuse nothing.

    Raises
    ------
    SpecError
        If the quarter, an id in `only`, or the catalogue is wrong; what is wrong with one analysis stands
        in its step.
    """
    project.require_quarter(quarter)
    loaded = _wanted(read_analyses(project), only)
    catalogue = read_catalogue(project)
    return tuple(_step(project, quarter, catalogue, one, fresh) for one in loaded)


def keys(project: Project, quarter: str, *, only: Sequence[str] = ()) -> dict[str, str]:
    """Return the key of each analysis; of one that cannot have one, the hash of the reason.

    Raises
    ------
    SpecError
        As `make_plan`.
    """
    project.require_quarter(quarter)
    loaded = _wanted(read_analyses(project), only)
    catalogue = read_catalogue(project)
    return {one.id: _key(project, quarter, catalogue, one) for one in loaded}


def is_as_planned(project: Project, quarter: str, step: Step) -> bool:
    """Whether data, code lists and notebook of an analysis are still what they were when it was planned."""
    assert step.analysis is not None
    file = step.provenance["spec"]["file"]
    try:
        return _prepared(project, quarter, step.datasets, step.analysis, file, step.paths).key == step.key
    except (EvaluationError, OSError):
        return False


def _key(project: Project, quarter: str, catalogue: Catalogue, one: Loaded) -> str:
    paths = Paths.of(project, quarter, one.id)
    errors: Sequence[EvaluationError] = one.defects
    if one.analysis is not None:
        try:
            datasets = _datasets(catalogue, one.analysis, one.file)
            return _prepared(project, quarter, datasets, one.analysis, one.file, paths).key
        except EvaluationError as error:
            errors = (error,)
    return hashlib.sha256("\n".join(map(str, errors)).encode()).hexdigest()


def _datasets(catalogue: Catalogue, analysis: Question, file: str) -> dict[str, Dataset]:
    return {name: catalogue.dataset(name, where=file) for name in analysis.sources}


def _wanted(loaded: list[Loaded], only: Sequence[str]) -> list[Loaded]:
    known = {one.id for one in loaded}
    for name in only:
        if name not in known:
            suggestion = did_you_mean(name, known)
            raise SpecError(
                "unknown-analysis", analysis=name, available=listed(sorted(known)), suggestion=suggestion
            )
    if not loaded:
        raise SpecError("no-analyses")
    return [one for one in loaded if not only or one.id in only]


def _step(project: Project, quarter: str, catalogue: Catalogue, one: Loaded, fresh: bool) -> Step:
    paths = Paths.of(project, quarter, one.id)
    if one.analysis is None:
        return Step(one.id, "failed", paths, errors=one.defects)
    datasets: dict[str, Dataset] = {}
    try:
        datasets |= _datasets(catalogue, one.analysis, one.file)
        step = _prepared(project, quarter, datasets, one.analysis, one.file, paths)
        if not fresh and is_kept(step.paths, step.key):
            return step
        source = _check_whole(project, quarter, step, one.file)
    except DataAbsentError as error:
        return Step(one.id, "not_run", paths, one.analysis, datasets, errors=(error,))
    except DefectsError as found:
        return Step(one.id, "failed", paths, one.analysis, errors=found.defects)
    except EvaluationError as error:
        return Step(one.id, "failed", paths, one.analysis, errors=(error,))
    return dataclasses.replace(step, action="run", provenance=step.provenance | {"data": source})


def _prepared(
    project: Project,
    quarter: str,
    datasets: Mapping[str, Dataset],
    analysis: Question,
    file: str,
    paths: Paths,
) -> Step:
    """Find the notebook and the data, and the key of the result; opens neither pandas nor the data."""
    notebook = read_notebook(project, analysis.notebook_name)
    parameters = {"spec": analysis.canonical(), "quarter": quarter, "project": "."}
    check_parameters(notebook, parameters)
    found = [
        provenance(project, name, one, locate(project, name, one, quarter)) for name, one in datasets.items()
    ]
    declared = "".join(one.model_dump_json() for one in datasets.values())
    source = {
        "data": combined(found),
        "catalogue_sha256": hashlib.sha256(declared.encode()).hexdigest(),
        "spec": {"file": file, "sha256": analysis.sha256},
        "notebook": {"file": notebook.file, "sha256": notebook.sha256},
        "code_sha256": fingerprint.code().computation,
        "seed": _seed(project, analysis),
        **_files(project, analysis),
    }
    installed = dict(fingerprint.versions()) | fingerprint.versions_of(imported(notebook))
    whole = json.dumps([source, parameters, installed], sort_keys=True)
    key = hashlib.sha256(whole.encode()).hexdigest()
    return Step(analysis.id, "reuse", paths, analysis, datasets, notebook, parameters, source, key)


def _files(project: Project, analysis: Question) -> dict[str, Any]:
    """Return the fingerprints of what a question reads beside its data sets."""
    absent = [name for name in analysis.files if not (project.root / name).exists()]
    if absent and absent[0].startswith(PRIVATE):
        raise DataAbsentError("folder-absent", folder=absent[0])
    if absent:
        near = listed(path.name for path in sorted((project.root / absent[0]).parent.glob("*.*")))
        raise SpecError("missing-file", where=analysis.id, file=absent[0], available=near, suggestion="")
    found = {name: whole_digest(project.root / name) for name in analysis.files}
    return {"files": found} if found else {}


def _seed(project: Project, analysis: Question) -> int:
    return project.settings.seed if analysis.own_seed is None else analysis.own_seed


def is_kept(paths: Paths, key: str) -> bool:
    """Whether the results of an earlier run have the same key and are still what was written."""
    entry = read_json(paths.entry)
    if not isinstance(entry, dict) or entry.get("key") != key:
        return False
    kept = {"notebook": paths.notebook, "result": paths.result}
    return all(path.is_file() and digest(path) == entry.get(name) for name, path in kept.items())


def _check_whole(project: Project, quarter: str, step: Step, file: str) -> dict[str, Any]:
    """Check options, data contract and design, all before estimation; return the origin of the data."""
    assert step.analysis is not None
    return combined(studies(step.analysis.kind).check(step.analysis, quarter, project, file))
