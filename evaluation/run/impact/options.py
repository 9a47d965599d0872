"""Estimator options of a specification against the estimator's real signature."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Annotated, Any, Literal, Union, get_args, get_type_hints

from pydantic import Field, create_model

import evaluation.estimators  # noqa: F401 -- registers them
from evaluation.errors import SpecError, did_you_mean, listed
from evaluation.estimate import registry
from evaluation.run.impact.spec import Analysis, Estimator
from evaluation.run.model import Model, validate


def check_estimator(analysis: Analysis, file: str) -> list[SpecError]:
    """Return what is wrong with the estimator of an analysis and its options."""
    defects = _check_one(analysis.estimator, "estimator", file)
    return defects + (_check_one(analysis.path.estimator, "path.estimator", file) if analysis.path else [])


def _check_one(estimator: Estimator, key: str, file: str) -> list[SpecError]:
    name = estimator.name
    if name not in registry():
        return [
            SpecError(
                "bad-value",
                where=file,
                key=f"{key}.name",
                value=name,
                expected=f"one of: {listed(registry())}. {did_you_mean(name, registry())}".strip(),
            )
        ]
    raw = {key: {"name": name, **estimator.options}}
    fields: dict[str, Any] = {key: (_model(name), ...)}
    holder = create_model("Holder", __base__=Model, **fields)
    return validate(holder, raw, file=file)[1]


def with_options() -> type[Analysis]:
    """Return the model of a specification with the options of every registered estimator spelt out."""
    models = tuple(_model(name) for name in sorted(registry()))
    union = Annotated[Union[models], Field(discriminator="name")] if len(models) > 1 else models[0]  # noqa: UP007
    fields: dict[str, Any] = {"estimator": (union, ...)}
    return create_model("Analysis", __base__=Analysis, __doc__=Analysis.__doc__, **fields)


def _model(name: str) -> type[Model]:
    fields: dict[str, Any] = {"name": (Literal[name], ...)}
    return create_model(
        f"estimator_{name}", __base__=Model, __doc__=Estimator.__doc__, **fields | _fields(name)
    )


def _fields(name: str) -> dict[str, Any]:
    function = inspect.unwrap(registry()[name].function)
    hints = get_type_hints(function)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return {
        one.name: (hints.get(one.name, Any), ... if one.default is one.empty else one.default)
        for one in parameters
        if not _is_code(hints.get(one.name, Any))
    }


def _is_code(hint: Any) -> bool:
    """Whether an option takes an object of Python code, which a file cannot hold."""
    return any(dataclasses.is_dataclass(part) for part in (hint, *get_args(hint)))
