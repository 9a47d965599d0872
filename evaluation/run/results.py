"""The result of an analysis as JSON: what rendering reads, whether it ran or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evaluation.errors import EvaluationError
from evaluation.run.plan import Step

SCHEMA_VERSION = 1


def finished_result(quarter: str, step: Step, published: dict[str, Any]) -> dict[str, Any]:
    """Return the result of an analysis that ended well."""
    return _common(quarter, step, "ok") | {
        "reason": None,
        "errors": [],
        "published": published,
        "provenance": step.provenance,
    }


def failed_result(quarter: str, step: Step, status: str, errors: Sequence[EvaluationError]) -> dict[str, Any]:
    """Return the result of an analysis that failed or could not run: the reasons, coded."""
    coded = [coded_error(error) for error in errors]
    return _common(quarter, step, status) | {
        "reason": coded[0] if coded else None,
        "errors": coded,
        "published": {},
        "provenance": step.provenance,
    }


def coded_error(error: EvaluationError) -> dict[str, Any]:
    """Return an error as data, to be put into words in the reader's language."""
    values = {
        key: value if isinstance(value, (int, float, str, dict)) else str(value)
        for key, value in error.values.items()
    }
    return {
        "kind": type(error).__name__,
        "code": error.code,
        "where": error.where,
        "example": error.example,
        "values": values,
    }


def _common(quarter: str, step: Step, status: str) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "id": step.id,
        "quarter": quarter,
        "status": status,
        "spec": _spec(step),
        "columns": _columns(step),
        "parameters": _parameters(quarter, step),
    }


def _spec(step: Step) -> dict[str, Any] | None:
    if step.analysis is None:
        return None
    spec = step.analysis.model_dump(mode="json")
    used = step.datasets.values()
    caveats = [one.caveat.model_dump() for one in used if one.caveat]
    joined = {lang: " ".join(one[lang] for one in caveats) for lang in caveats[0]} if caveats else None
    synthetic = any(one.synthetic for one in used) if used else step.analysis.synthetic
    return spec | {"synthetic": synthetic, "caveat": joined}


def _columns(step: Step) -> dict[str, Any]:
    return {
        name: {
            "meaning": column.meaning.model_dump(),
            "unit": column.unit.model_dump() if column.unit else None,
            "type": column.type,
        }
        for dataset in reversed(tuple(step.datasets.values()))  # the leading one names what several have
        for name, column in dataset.columns.items()
    }


def _parameters(quarter: str, step: Step) -> dict[str, Any]:
    """Return what the analysis was run with, as flat names for a table."""
    if step.analysis is None:
        return {"quarter": quarter}
    flat = step.analysis.settings()
    seed = {"inference.seed": step.provenance.get("seed")} if "inference.seed" in flat else {}
    return {"quarter": quarter, **{k: v for k, v in (flat | seed).items() if v not in (None, [], ())}}
