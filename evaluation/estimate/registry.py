"""The registry: an estimator is one file and one decorated function."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from types import MappingProxyType
from typing import Any, Concatenate, ParamSpec, TypeVar

from evaluation.design import Design, StudyDesign, require_panel
from evaluation.estimate.estimate import Estimate
from evaluation.estimate.refit import Batch, Refit

P = ParamSpec("P")
D = TypeVar("D", bound=Design)


@dataclass(frozen=True)
class Variant:
    """A set of options under which the conformance suite runs an estimator.

    Attributes
    ----------
    options : Mapping
    link : {"identity", "log"}
        Whether unit and period effects add to the outcome or multiply it.
    unit_effects : bool
        Whether effects of units leave the estimate unchanged, as those of periods do.
    gaps : bool
        Whether units that are not observed throughout can be used.
    invariant : tuple of str, optional
        Names of the terms that such effects do not change; all of them by default.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    link: str = "identity"
    unit_effects: bool = True
    gaps: bool = True
    invariant: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Registered:
    """An estimator in the registry."""

    name: str
    function: Callable[..., Estimate]
    variants: tuple[Variant, ...]


_REGISTRY: dict[str, Registered] = {}


def registry() -> Mapping[str, Registered]:
    """Return all registered estimators by name.

    Examples
    --------
    >>> import evaluation.estimators
    >>> "twfe" in registry()
    True
    """
    return MappingProxyType(_REGISTRY)


def estimator(
    *,
    batch: Batch | None = None,
    variants: tuple[Variant, ...] = (Variant(),),
    designs: tuple[type[Design], ...] = (StudyDesign,),
) -> Callable[[Callable[Concatenate[D, P], Estimate]], Callable[Concatenate[D, P], Estimate]]:
    """Register a function ``(StudyDesign, **options) -> Estimate`` and attach `refit` to what it returns.

    A function that takes a sibling of `StudyDesign` too gets no refit there.

    Parameters
    ----------
    batch : Batch, optional
        Values under many assignments in one call.
    variants : tuple of Variant
        Options under which the conformance suite runs it.
    designs : tuple of type
        Kinds of design that it takes; others are refused with `DesignError`.
    """

    def register(
        function: Callable[Concatenate[D, P], Estimate],
    ) -> Callable[Concatenate[D, P], Estimate]:
        name = function.__name__

        @wraps(function)
        def fitted(design: D, /, *args: P.args, **options: P.kwargs) -> Estimate:
            if not isinstance(design, designs):
                require_panel(design, name)
            estimate = function(design, *args, **options)
            panel = isinstance(design, StudyDesign)  # the treatment of other designs is not exchanged
            refit = Refit(fitted, MappingProxyType(dict(options)), batch) if panel else None
            return dataclasses.replace(estimate, options=options, refit=refit)

        _REGISTRY[name] = Registered(name, fitted, variants)
        return fitted

    return register
