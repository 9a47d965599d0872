"""`Estimate`, `Inference`, `Result`: frozen values, the registry of estimators, and `combine`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from types import MappingProxyType
from typing import Any, Concatenate, ParamSpec, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design import Grouping, Note, StudyDesign
from evaluation.errors import InferenceError, listed

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
P = ParamSpec("P")


@dataclass(frozen=True)
class Term:
    """One row of an estimate and the keys by which it is aligned.

    Examples
    --------
    >>> Term("att", event_time=2)
    Term(name='att', cohort=None, period=None, event_time=2)
    """

    name: str
    cohort: Any = None
    period: Any = None
    event_time: float | None = None


@dataclass(frozen=True, eq=False)
class Absorbed:
    """A set of fixed effects that was projected out.

    Attributes
    ----------
    name : str
    n_levels : int
        Number of effects.
    groups : Grouping
        Units that share these effects: with them is decided whether the effects are nested in clusters.
    """

    name: str
    n_levels: int
    groups: Grouping


@dataclass(frozen=True, eq=False, repr=False)
class Moments:
    """Sufficient statistics of a linear or generalised linear estimator, by unit.

    The first k of the q regressors are the terms, the rest are covariates; fixed effects are projected out.

    Attributes
    ----------
    gram : ndarray, shape (n_units, q, q)
        X'WX of each unit.
    cross : ndarray, shape (n_units, q)
        X'Wy of each unit (the working outcome in a GLM).
    scores : ndarray, shape (n_units, q)
        X'We of each unit, e the residual.
    bread : ndarray, shape (q, q)
        Inverse of the summed gram.
    n_obs : int
    n_regressors : int
        q, without the fixed effects.
    absorbed : tuple of Absorbed
    """

    gram: Floats
    cross: Floats
    scores: Floats
    bread: Floats
    n_obs: int
    n_regressors: int
    absorbed: tuple[Absorbed, ...]


class Batch(Protocol):
    """Values of the same estimator under many assignments at once."""

    def __call__(self, design: StudyDesign, sources: Integers, **options: Any) -> Floats:
        """Return values, shape (n_assignments, k); sources has shape (n_assignments, n_units)."""


@dataclass(frozen=True, repr=False)
class Refit:
    """The same estimator with the same options, on a changed design.

    Attributes
    ----------
    function : callable
        The registered estimator.
    options : Mapping
    batch : Batch, optional
        Values under many assignments in one call; without it the assignments are fitted one by one.
    after : tuple of callable
        Estimate -> Estimate steps (aggregations) that follow the fit.
    """

    function: Callable[..., Estimate]
    options: Mapping[str, Any]
    batch: Batch | None = None
    after: tuple[Callable[[Estimate], Estimate], ...] = ()

    def __call__(self, design: StudyDesign) -> Estimate:
        """Fit on another design."""
        estimate = self.function(design, **self.options)
        for step in self.after:
            estimate = step(estimate)
        return estimate

    def values(self, design: StudyDesign, sources: Integers, terms: Sequence[Term]) -> Floats:
        """Return values under assignments, aligned with `terms` by their keys.

        Parameters
        ----------
        design : StudyDesign
        sources : ndarray of int, shape (n_assignments, n_units)
            Unit whose treatment path unit i receives.
        terms : sequence of Term, length k

        Returns
        -------
        ndarray, shape (n_assignments, k)
            NaN where an assignment does not identify a term.
        """
        if self.batch is not None and not self.after:
            return self.batch(design, sources, **self.options)
        rows = np.full((len(sources), len(terms)), np.nan)
        for row, source in zip(rows, sources, strict=True):
            fitted = self(design.with_treatment_of(source))
            at = {term: i for i, term in enumerate(fitted.terms)}
            row[:] = [fitted.value[at[term]] if term in at else np.nan for term in terms]
        return rows


@dataclass(frozen=True, eq=False, repr=False)
class Estimate:
    """Point estimates and what inference needs of them.

    Attributes
    ----------
    estimator : str
    estimand : str
        Code of what is estimated, e.g. ``"att"`` or ``"log_ratio"``.
    terms : tuple of Term, length k
    value : ndarray, shape (k,)
    design : StudyDesign
    options : Mapping
        Options of the estimator.
    influence : ndarray, shape (n_units, k), optional
        Influence values: columns have mean zero and the variance is sum_i influence_i^2 / n_units^2.
    refit : Refit, optional
    moments : Moments, optional
    notes : tuple of Note

    Raises
    ------
    ValueError
        If shapes do not fit.
    """

    estimator: str
    estimand: str
    terms: tuple[Term, ...]
    value: Floats
    design: StudyDesign
    options: Mapping[str, Any] = field(default_factory=dict)
    influence: Floats | None = None
    refit: Refit | None = None
    moments: Moments | None = None
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", MappingProxyType(dict(self.options)))
        k, n = len(self.terms), self.design.n_units
        if self.value.shape != (k,):
            raise ValueError(f"value has shape {self.value.shape}, terms need {(k,)}")
        if self.influence is not None and self.influence.shape != (n, k):
            raise ValueError(f"influence has shape {self.influence.shape}, needed {(n, k)}")
        if self.moments is not None and self.moments.scores.shape[0] != n:
            raise ValueError(f"moments have {self.moments.scores.shape[0]} units, needed {n}")
        if len(set(self.terms)) != k:
            raise ValueError("terms are not unique")
        for array in (self.value, self.influence):
            if array is not None:
                array.setflags(write=False)

    def __repr__(self) -> str:
        shown = ", ".join(f"{t.name}={v:.6g}" for t, v in zip(self.terms[:3], self.value, strict=False))
        more = f", ... {len(self.terms)} terms" if len(self.terms) > 3 else ""
        return f"Estimate({self.estimator}: {shown}{more}; {self.design.n_units} units)"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("An Estimate holds unit data and is not pickled; keep its tidy() and glance() instead.")

    @property
    def contracts(self) -> tuple[str, ...]:
        """Which of influence, refit and moments this estimate carries."""
        return tuple(name for name in ("influence", "refit", "moments") if getattr(self, name) is not None)

    def infer(self, method: Callable[Concatenate[Estimate, P], Inference], *args: P.args, **options: P.kwargs) -> Result:
        """Apply an inference method and keep both together.

        Parameters
        ----------
        method : callable
            A function of `evaluation.inference`.
        **options
            Its options.
        """
        return Result(self, method(self, *args, **options))


def require(estimate: Estimate, contract: str, method: str, others: Mapping[str, str]) -> None:
    """Refuse a method whose contract the estimate does not carry, naming those that can be used.

    Parameters
    ----------
    others : Mapping
        Method name -> contract it needs.

    Raises
    ------
    InferenceError
    """
    if contract not in estimate.contracts:
        usable = [name for name, needs in others.items() if needs in estimate.contracts]
        raise InferenceError(
            "contract-missing",
            method=method,
            contract=contract,
            estimator=estimate.estimator,
            available=listed(usable),
        )


@dataclass(frozen=True, eq=False, repr=False)
class Inference:
    """What an inference method says of an estimate; arrays have shape (k,), NaN where it says nothing.

    Attributes
    ----------
    method : str
    std_error, df, p_value, conf_low, conf_high : ndarray, shape (k,)
    band_low, band_high : ndarray, shape (k,)
        Simultaneous band over all terms.
    conf_set : tuple of tuple of (low, high), optional
        For each term a list of intervals, possibly unbounded or in pieces.
    conf_level : float
    distribution : ndarray, shape (B, k), optional
        Values of the estimate under the other assignments (randomisation).
    notes : tuple of Note
    """

    method: str
    std_error: Floats
    df: Floats
    p_value: Floats
    conf_low: Floats
    conf_high: Floats
    band_low: Floats
    band_high: Floats
    conf_level: float
    conf_set: tuple[tuple[tuple[float, float], ...], ...] | None = None
    distribution: Floats | None = None
    notes: tuple[Note, ...] = ()

    ARRAYS = ("std_error", "df", "p_value", "conf_low", "conf_high", "band_low", "band_high")

    def __post_init__(self) -> None:
        shapes = {getattr(self, name).shape for name in self.ARRAYS}
        if len(shapes) != 1 or len(next(iter(shapes))) != 1:
            raise ValueError(f"arrays of an Inference have one shape (k,), not {sorted(shapes)}")

    @classmethod
    def of(cls, method: str, k: int, *, conf_level: float, **given: Any) -> Inference:
        """Make an inference in which everything that is not given is NaN."""
        if not 0 < conf_level < 1:
            raise InferenceError("bad-conf-level", value=conf_level)
        arrays = {name: given.pop(name, np.full(k, np.nan)) for name in cls.ARRAYS}
        return cls(method=method, conf_level=conf_level, **arrays, **given)

    def __repr__(self) -> str:
        return f"Inference({self.method}, p={np.array2string(self.p_value, precision=4, threshold=4)})"


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """An estimate with its inference: what tables, figures and the report take."""

    estimate: Estimate
    inference: Inference

    def __post_init__(self) -> None:
        if self.inference.p_value.shape != self.estimate.value.shape:
            raise ValueError("the inference belongs to an estimate with another number of terms")

    @property
    def notes(self) -> tuple[Note, ...]:
        """Everything that was noticed on the way: by the design, the estimator and the inference."""
        every = self.estimate.design.notes + self.estimate.notes + self.inference.notes
        return tuple(dict.fromkeys(every))

    def tidy(self) -> pd.DataFrame:
        """One row per term; see `tidy`."""
        return tidy(self)

    def glance(self) -> pd.DataFrame:
        """One row about the whole; see `glance`."""
        return glance(self)

    def __repr__(self) -> str:
        columns = ["term", "estimate", "std_error", "p_value", "conf_low", "conf_high"]
        return f"Result({self.estimate.estimator}, {self.inference.method})\n" + self.tidy()[columns].to_string(index=False)


def tidy(result: Result) -> pd.DataFrame:
    """Return one row per term.

    Returns
    -------
    DataFrame
        Columns term, cohort, period, event_time, estimate, std_error, statistic, df, p_value, conf_low,
        conf_high, band_low, band_high. The statistic is estimate / std_error.

    Examples
    --------
    >>> from evaluation.estimate import Result  # doctest: +SKIP
    """
    estimate, inference = result.estimate, result.inference
    return pd.DataFrame(
        {
            "term": [term.name for term in estimate.terms],
            "cohort": pd.Series([term.cohort for term in estimate.terms], dtype=object),
            "period": pd.Series([term.period for term in estimate.terms], dtype=object),
            "event_time": pd.Series([term.event_time for term in estimate.terms], dtype=object),
            "estimate": estimate.value,
            "std_error": inference.std_error,
            "statistic": estimate.value / inference.std_error,
            "df": inference.df,
            "p_value": inference.p_value,
            "conf_low": inference.conf_low,
            "conf_high": inference.conf_high,
            "band_low": inference.band_low,
            "band_high": inference.band_high,
        }
    )


def glance(result: Result) -> pd.DataFrame:
    """Return one row about the whole result.

    Returns
    -------
    DataFrame
        Columns outcome, estimand, estimator, inference, conf_level, n_obs, n_units, n_periods, n_clusters,
        n_treated, n_treated_clusters, first_period, last_period.
    """
    design = result.estimate.design
    return pd.DataFrame(
        [
            {
                "outcome": design.names.outcome,
                "estimand": result.estimate.estimand,
                "estimator": result.estimate.estimator,
                "inference": result.inference.method,
                "conf_level": result.inference.conf_level,
                "n_obs": design.n_obs,
                "n_units": design.n_units,
                "n_periods": design.n_periods,
                "n_clusters": design.cluster.n_groups,
                "n_treated": int(design.treated_units.sum()),
                "n_treated_clusters": design.n_treated_clusters,
                "first_period": design.periods[0],
                "last_period": design.periods[-1],
            }
        ]
    )


# --- registry -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Variant:
    """A set of options under which the conformance suite runs an estimator.

    Attributes
    ----------
    options : Mapping
    link : {"identity", "log"}
        Whether unit and period effects add to the outcome or multiply it.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    link: str = "identity"


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
    >>> import evaluation
    >>> "twfe" in registry()
    True
    """
    return MappingProxyType(_REGISTRY)


def estimator(
    *, batch: Batch | None = None, variants: tuple[Variant, ...] = (Variant(),)
) -> Callable[[Callable[Concatenate[StudyDesign, P], Estimate]], Callable[Concatenate[StudyDesign, P], Estimate]]:
    """Register a function ``(StudyDesign, **options) -> Estimate`` and attach `refit` to what it returns.

    Parameters
    ----------
    batch : Batch, optional
        Values under many assignments in one call.
    variants : tuple of Variant
        Options under which the conformance suite runs it.
    """

    def register(
        function: Callable[Concatenate[StudyDesign, P], Estimate],
    ) -> Callable[Concatenate[StudyDesign, P], Estimate]:
        name = function.__name__

        @wraps(function)
        def fitted(design: StudyDesign, /, *args: P.args, **options: P.kwargs) -> Estimate:
            estimate = function(design, *args, **options)
            refit = Refit(fitted, MappingProxyType(dict(options)), batch)
            return dataclasses.replace(estimate, options=options, refit=refit)

        _REGISTRY[name] = Registered(name, fitted, variants)
        return fitted

    return register


# --- combination ----------------------------------------------------------------------------------


def combine(
    estimate: Estimate,
    weights: Floats,
    terms: Sequence[Term],
    *,
    weight_influence: Floats | None = None,
    step: Callable[[Estimate], Estimate] | None = None,
    estimand: str | None = None,
) -> Estimate:
    """Form a new estimate from the terms of another: the only place where this is done.

    Value = weights @ value. With estimated weights the influence gains the influence of the weights times
    the values they weigh (delta method), see Callaway and Sant'Anna (2021), doi:10.1016/j.jeconom.2020.12.001.

    Parameters
    ----------
    estimate : Estimate
        k terms.
    weights : ndarray, shape (r, k)
    terms : sequence of Term, length r
    weight_influence : ndarray, shape (n_units, r, k), optional
        Influence values of the weights where they were estimated.
    step : callable, optional
        Estimate -> Estimate, the aggregation itself, so that a refit can repeat it. By default the same
        weights are applied again to the terms with the same keys.
    estimand : str, optional

    Returns
    -------
    Estimate
        r terms, with every contract that the old estimate carried and that survives a linear combination.

    Examples
    --------
    >>> from evaluation import StudyDesign, twfe
    >>> import pandas as pd
    >>> panel = pd.DataFrame({"u": [1, 1, 2, 2], "t": [1, 2] * 2, "y": [1.0, 4.0, 2.0, 3.0], "g": [2, 2, 0, 0]})
    >>> effect = twfe(StudyDesign.from_frame(panel, outcome="y", unit="u", time="t", cohort="g"))
    >>> combine(effect, np.array([[10.0]]), [Term("tenfold")]).value
    array([20.])
    """
    value = weights @ estimate.value
    influence = None
    if estimate.influence is not None:
        influence = estimate.influence @ weights.T
        if weight_influence is not None:
            influence = influence + weight_influence @ estimate.value
    again = step or _SameWeights(estimate.terms, weights, tuple(terms))
    refit = estimate.refit and dataclasses.replace(estimate.refit, after=(*estimate.refit.after, again))
    return dataclasses.replace(
        estimate,
        terms=tuple(terms),
        value=value,
        influence=influence,
        refit=refit,
        moments=None,
        estimand=estimand or estimate.estimand,
    )


@dataclass(frozen=True, eq=False)
class _SameWeights:
    """Apply fixed weights to the terms with the same keys, in whatever order a refit returns them."""

    of_terms: tuple[Term, ...]
    weights: Floats
    terms: tuple[Term, ...]

    def __call__(self, estimate: Estimate) -> Estimate:
        at = {term: i for i, term in enumerate(estimate.terms)}
        columns = [at.get(term) for term in self.of_terms]
        value = np.array([np.nan if i is None else estimate.value[i] for i in columns])
        return dataclasses.replace(
            estimate, terms=self.terms, value=self.weights @ value, influence=None, moments=None, refit=None
        )


def notes_of(result: Result) -> Iterator[Note]:
    """Yield the notes of a result."""
    yield from result.notes
