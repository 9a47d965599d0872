"""Errors that teach: what is wrong, how many, one example, what to do next.

Each error has a code; its two English sentences stand in ``MESSAGES`` of the modules beside this one, others
translate them in ``evaluation/locales`` under ``error-<code>`` and ``error-<code>-fix``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from evaluation.errors import (
    data,
    design,
    discontinuity,
    individuals,
    inference,
    intake,
    process,
    publication,
    run,
    staff,
    survival,
    vintages,
)
from evaluation.errors.words import Plural, did_you_mean, english, listed

__all__ = [
    "MESSAGES",
    "DataError",
    "DesignError",
    "DisclosureError",
    "EvaluationError",
    "InferenceError",
    "Plural",
    "RequestError",
    "RunError",
    "SpecError",
    "did_you_mean",
    "english",
    "listed",
    "require_option",
]

MESSAGES: dict[str, tuple[str, str]] = {
    **data.MESSAGES,
    **design.MESSAGES,
    **inference.MESSAGES,
    **intake.MESSAGES,
    **process.MESSAGES,
    **publication.MESSAGES,
    **run.MESSAGES,
    **vintages.MESSAGES,
    **survival.MESSAGES,
    **individuals.MESSAGES,
    **discontinuity.MESSAGES,
    **staff.MESSAGES,
}
"""Code -> what is wrong, what to do next. ``{count:row has|rows have}`` chooses by the number."""


class EvaluationError(Exception):
    """A user's error or a failed step: shown on one screen, never as a traceback.

    Parameters
    ----------
    code : str
        Key of `MESSAGES`.
    where : str
        File, sheet, row, cell or key.
    example : str
        One example of the defect.
    **values
        What the two sentences of the code name.

    Raises
    ------
    KeyError
        If the code, or a value that its sentences name, is unknown.

    Examples
    --------
    >>> raise DataError("no-rows", where="panel.csv")
    Traceback (most recent call last):
    evaluation.errors.DataError: panel.csv: The data have no rows.
    Check the file and the filters that were applied to it.
    """

    exit_code = 2

    def __init__(self, code: str, *, where: str = "", example: str = "", **values: Any) -> None:
        self.code = code
        self.where = where
        self.example = example
        self.values = values
        what, fix = MESSAGES[code]
        written = {name: english(value) for name, value in values.items()}
        self.what = what.format(**written)
        self.fix = fix.format(**written).strip()
        super().__init__(str(self))

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        middle = [f"Example: {self.example}"] if self.example else []
        return "\n".join([head, *middle, self.fix])

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep code and values across processes."""
        return _restore, (type(self), self.code, self.where, self.example, self.values)


def _restore(
    kind: type[EvaluationError], code: str, where: str, example: str, values: dict[str, Any]
) -> EvaluationError:
    return kind(code, where=where, example=example, **values)


class DataError(EvaluationError):
    """The data are not what the design or the contract needs."""


class DesignError(EvaluationError):
    """The data are readable but the comparison that was asked for is not possible."""


class InferenceError(EvaluationError):
    """An inference method that this estimate or design does not admit."""


class DisclosureError(EvaluationError):
    """Something that was not, or may not be, published."""


class SpecError(EvaluationError):
    """A specification, parameter or project file is wrong."""


class RunError(EvaluationError):
    """A step of the run could not be carried out."""

    exit_code = 1


class RequestError(RunError):
    """What was asked for cannot be done as things stand: nothing was started, nothing was changed."""

    exit_code = 2


def require_option(
    kind: type[EvaluationError], function: str, option: str, value: str, known: Iterable[str]
) -> None:
    """Refuse the value of an option that is not one of the known ones.

    Raises
    ------
    EvaluationError
        Of this kind, with code ``unknown-option``.

    Examples
    --------
    >>> require_option(DesignError, "twfe", "family", "gaussian", ("gaussian", "poisson"))
    """
    known = tuple(known)
    if value not in known:
        raise kind(
            "unknown-option",
            estimator=function,
            option=option,
            value=value,
            available=listed(known),
            suggestion=did_you_mean(value, known),
        )
