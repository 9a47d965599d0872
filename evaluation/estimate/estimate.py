"""`Estimate` and `Result`: frozen values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Concatenate, ParamSpec

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design import Design, Note
from evaluation.errors import InferenceError, listed
from evaluation.estimate.contracts import Moments, Term
from evaluation.estimate.inference import Inference
from evaluation.estimate.refit import Refit

Floats = NDArray[np.float64]
P = ParamSpec("P")


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
    design : Design
        A `StudyDesign`, or a sibling such as `RepeatedCrossSection`.
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
    design: Design
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
        raise TypeError(
            "An Estimate holds unit data and is not pickled; keep its tidy() and glance() instead."
        )

    @property
    def contracts(self) -> tuple[str, ...]:
        """Which of influence, refit and moments this estimate carries."""
        return tuple(name for name in ("influence", "refit", "moments") if getattr(self, name) is not None)

    def infer(
        self, method: Callable[Concatenate[Estimate, P], Inference], *args: P.args, **options: P.kwargs
    ) -> Result:
        """Apply an inference method and keep both together.

        Parameters
        ----------
        method : callable
            A function of `evaluation.inference`.
        **options
            Its options.
        """
        return Result(self, method(self, *args, **options))


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
        return f"Result({self.estimate.estimator}, {self.inference.method})\n" + self.tidy()[
            columns
        ].to_string(index=False)


def tidy(result: Result) -> pd.DataFrame:
    """Return one row per term.

    Returns
    -------
    DataFrame
        Columns term, cohort, period, event_time, estimate, std_error, statistic, df, p_value, conf_low,
        conf_high, band_low, band_high. The statistic is estimate / std_error.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=40, n_treated=15, seed=1)
    >>> design = ev.StudyDesign.from_frame(panel, outcome="outcome", unit="unit", time="period",
    ...                                    cohort="cohort")
    >>> table = tidy(ev.twfe(design).infer(ev.inference.clustered))
    >>> bool((table.statistic == table.estimate / table.std_error).all())
    True
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
