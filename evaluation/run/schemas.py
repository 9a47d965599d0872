"""JSON Schemas that editors read: of the files in analyses/ of the catalogue, of programmes."""

from __future__ import annotations

from typing import Any, Union

from pydantic import TypeAdapter

from evaluation.run import catalogue, programme
from evaluation.run.impact.options import with_options
from evaluation.run.kinds import MODELS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(which: str) -> dict[str, Any]:
    """Return the JSON Schema of a specification ("analysis"), of the catalogue or of a programme."""
    others = {"catalogue": catalogue.schema, "programme": programme.schema}
    if which in others:
        return others[which]()
    models = tuple(with_options() if kind == "impact" else model for kind, model in MODELS.items())
    union: Any = Union[models]  # noqa: UP007 -- as many as there are kinds
    adapter: TypeAdapter[Any] = TypeAdapter(union)
    return {"$schema": DIALECT, **adapter.json_schema()}
