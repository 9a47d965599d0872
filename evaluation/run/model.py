"""What typed files share: strict models, and pydantic's findings as errors that teach."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from evaluation.errors import SpecError, did_you_mean, listed
from evaluation.intake.typed import Model, Quarter, Words

__all__ = ["Model", "Quarter", "Said", "Words", "in_both", "validate"]

Path = tuple[str | int, ...]
LineOf = Callable[[Path], int | None]
M = TypeVar("M", bound=BaseModel)

_EXPECTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "date_type": "a date such as 2020-01-02",
    "date_parsing": "a date such as 2020-01-02",
    "date_from_datetime_parsing": "a date such as 2020-01-02",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a table of keys and values",
    "model_type": "a table of keys and values",
    "model_attributes_type": "a table of keys and values",
}


Said = Words | str
"""A text in each language, or one that is the same in both, such as a name."""


def in_both(said: Said) -> dict[str, str]:
    """Return a text by language.

    Examples
    --------
    >>> in_both("CC BY 4.0")
    {'cs': 'CC BY 4.0', 'en': 'CC BY 4.0'}
    """
    return {"cs": said, "en": said} if isinstance(said, str) else said.model_dump()


def validate(
    model: type[M],
    raw: Any,
    *,
    file: str,
    line_of: LineOf | None = None,
    context: Mapping[str, Any] | None = None,
) -> tuple[M | None, list[SpecError]]:
    """Read raw values into a model; return it, or everything that is wrong with them.

    Parameters
    ----------
    model : type of BaseModel
    raw : mapping, as YAML or TOML gave it
    file : str
        For messages.
    line_of : callable, optional
        Key path -> line of the file.
    context : Mapping, optional
        Passed to the model's validators.

    Returns
    -------
    model or None, list of SpecError
    """
    try:
        return model.model_validate(raw, context=dict(context or {})), []
    except ValidationError as error:
        findings = _without_consequences(error.errors(include_url=False))
    return None, [_defect(finding, model, raw, file, line_of) for finding in findings]


def _without_consequences(findings: Sequence[Any]) -> list[Any]:
    """Unknown keys first; a key that is missing because it was misspelt is no finding of its own."""
    extra = [one for one in findings if one["type"] == "extra_forbidden"]
    others = [one for one in findings if one["type"] != "extra_forbidden"]

    def misspelt(finding: Any) -> bool:
        if finding["type"] != "missing":
            return False
        *parent, key = finding["loc"]
        beside = [str(one["loc"][-1]) for one in extra if list(one["loc"][:-1]) == parent]
        return bool(did_you_mean(str(key), beside))

    return [*extra, *(one for one in others if not misspelt(one))]


def _defect(finding: Any, model: type[BaseModel], raw: Any, file: str, line_of: LineOf | None) -> SpecError:
    kind, path, value = str(finding["type"]), _real_path(finding["loc"], raw), finding["input"]
    if kind in {"union_tag_not_found", "union_tag_invalid"}:
        tag = str(finding["ctx"]["discriminator"]).strip("'")
        path, value = (*path, tag), value.get(tag) if isinstance(value, Mapping) else value
    line = line_of(path) if line_of else None
    where = f"{file}, line {line}" if line else file
    key = ".".join(str(part) for part in path) or "(file)"
    if kind == "extra_forbidden":
        options = _fields(model, finding["loc"][:-1])
        return SpecError(
            "unknown-key",
            where=where,
            key=key,
            available=listed(options, 20),
            suggestion=did_you_mean(str(path[-1]), options),
        )
    if kind in {"missing", "union_tag_not_found"}:
        return SpecError("key-missing", where=where, key=key)
    return SpecError("bad-value", where=where, key=key, value=value, expected=_expected(finding))


def _real_path(loc: Sequence[str | int], raw: Any) -> Path:
    """Key path in the file: pydantic also lists the tags of unions, which are no keys."""
    path: list[str | int] = []
    here = raw
    for part in loc:
        inside = isinstance(here, Mapping) and part in here
        item = isinstance(here, list) and isinstance(part, int) and part < len(here)
        if inside or item:
            here = here[part]
        elif part != loc[-1]:
            continue
        path.append(part)
    return tuple(path)


def _fields(model: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    """Names allowed at a place, by walking the model along pydantic's own path."""
    candidates: list[Any] = [model]
    for part in loc:
        candidates = [step for one in candidates for step in _step(one, part)]
    models = [one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)]
    return [field.alias or name for one in models for name, field in one.model_fields.items()]


def _step(annotation: Any, part: str | int) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        named = {one.alias or name: one for name, one in annotation.model_fields.items()}
        field = named.get(str(part))
        if field is not None:
            return _members(field.annotation)
        tags = [f.default for f in annotation.model_fields.values()]
        return [annotation] if part in tags or part == annotation.__name__ else []
    return [annotation]


def _members(annotation: Any) -> list[Any]:
    """Models inside a union, a tuple or a mapping."""
    arguments = getattr(annotation, "__args__", None)
    if arguments is None or (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return [annotation]
    return [inner for argument in arguments for inner in _members(argument)]


def _expected(finding: Any) -> str:
    kind, context = str(finding["type"]), finding.get("ctx", {})
    if kind in _EXPECTED:
        return _EXPECTED[kind]
    if kind in {"literal_error", "enum"}:
        return f"one of: {context['expected']}"
    if kind == "union_tag_invalid":
        return f"one of: {context['expected_tags']}"
    if kind == "string_pattern_mismatch":
        return (
            "a quarter such as 2024Q4"
            if "Q[1-4]" in context["pattern"]
            else f"text like {context['pattern']}"
        )
    if "error" in context:
        return str(context["error"])
    return str(finding["msg"])
