"""The manifest: everything that determines the results of a quarter, and nothing that does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evaluation._version import __version__
from evaluation.run import fingerprint
from evaluation.run.execute import Outcome
from evaluation.run.files import not_writable, read_json, to_json, write
from evaluation.run.locate import digest
from evaluation.run.project import FILE, Project

SCHEMA_VERSION = 1


def write_manifest(project: Project, quarter: str, ids: Sequence[str]) -> dict[str, Any]:
    """Write manifest.json from the results that lie in the build folder, and return it.

    It holds no time, number of workers, absolute path or machine name: two runs have equal bytes.

    Raises
    ------
    RunError
        If it cannot be written.
    """
    code = fingerprint.code()
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "quarter": quarter,
        "project": {"name": dict(project.name), "file": FILE, "sha256": digest(project.root / FILE)},
        "seed": project.settings.seed,
        "profile": project.settings.profile,
        "code": {
            "version": __version__,
            "tree_sha256": code.tree,
            "computation_sha256": code.computation,
            "commit": code.commit,
            "dirty": code.dirty,
        },
        "versions": dict(fingerprint.versions()),
        "analyses": [_entry(project, quarter, name) for name in sorted(ids)],
    }
    _write(project, quarter, "manifest.json", manifest)
    return manifest


def write_log(project: Project, quarter: str, outcomes: Sequence[Outcome], run: dict[str, Any]) -> None:
    """Write run.log.json: what may differ between two equal runs (times, memory, workers)."""
    analyses = [{"id": one.id, "status": one.status, **(one.log or {})} for one in outcomes]
    _write(project, quarter, "run.log.json", {"schema_version": SCHEMA_VERSION, **run, "analyses": analyses})


def _entry(project: Project, quarter: str, name: str) -> dict[str, Any]:
    path = project.build(quarter) / "results" / f"{name}.json"
    result = read_json(path) or {"status": "not_run", "provenance": {}, "reason": None}
    reason = result["reason"]
    failed = {} if reason is None else {"reason": {"code": reason["code"], "where": reason["where"]}}
    known = {"result_sha256": digest(path)} if result["status"] == "ok" else failed
    return {"id": name, "status": result["status"], **known, **result["provenance"]}


def _write(project: Project, quarter: str, name: str, value: Any) -> None:
    folder = project.build(quarter)
    try:
        write(folder / name, to_json(value))
    except OSError as error:
        raise not_writable(project, folder, error) from None
