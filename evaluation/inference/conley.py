"""Conley: standard errors that allow for errors of units near each other to go together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from evaluation.design import Grouping, Note
from evaluation.errors import InferenceError, listed, require_option
from evaluation.estimate import Estimate, Inference, require
from evaluation.inference.clustered import parameters
from evaluation.inference.methods import METHODS
from evaluation.inference.size_study import few_treated

Floats = NDArray[np.float64]

EARTH_KM = 6371.0088
"""Mean radius of the Earth, in kilometres."""

_CHUNK = 512  # units whose distances to all others are held at once


def conley(
    estimate: Estimate,
    *,
    coordinates: Mapping[Any, tuple[float, float]],
    cutoff_km: float,
    kernel: Literal["uniform", "bartlett"] = "uniform",
    lags: int | None = None,
    conf_level: float = 0.95,
) -> Inference:
    """Make standard errors that allow for any correlation between units up to a distance.

    With z_it what unit i adds to the error of a term in period t and d_ij the distance along the surface of
    the Earth,

        V = c sum_ij K(d_ij) sum_ts k(|t - s|) z_it z_js,  c = n / (n - 1) x (N - 1) / (N - K),

    K = 1 up to the cut-off (uniform) or falling to zero there (Bartlett, 1 - d / cutoff), and k = 1, or with
    `lags` Bartlett's 1 - |t - s| / (lags + 1). Conley (1999), doi:10.1016/S0304-4076(98)00084-0. With a
    cut-off of zero this is `clustered` by unit; with `lags`, Newey and West's, and with a cut-off beyond all
    distances that of Driscoll and Kraay (see `robust`). p-values and intervals are those of t(n - 1), n the
    units; where the cut-off spans much of the area, that is far too many degrees of freedom.

    Parameters
    ----------
    estimate : Estimate
        With moments; or with influence values, where `lags` is None.
    coordinates : Mapping from unit to (latitude, longitude)
        In degrees; of every unit that enters the estimate.
    cutoff_km : float
        Distance in kilometres up to which errors go together.
    kernel : {"uniform", "bartlett"}
    lags : int, optional
        Periods up to which they go together; by default all.
    conf_level : float

    Returns
    -------
    Inference
        std_error, df, p_value, conf_low, conf_high, each of shape (k,). Notes ``spatial``: cutoff_km, units,
        neighbours (mean number of others within the cut-off), alone (units without any);
        ``few_treated_clusters``; ``variance_not_positive`` where a standard error is NaN, which these kernels
        allow.

    Raises
    ------
    InferenceError
        If coordinates are missing or not on the Earth, the cut-off is negative, an option is wrong, there is
        one unit only, or the estimate carries neither contract.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=40, n_treated=15, seed=1)
    >>> columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    >>> effect = ev.twfe(ev.StudyDesign.from_frame(panel, **columns))
    >>> places = {unit: (50.0, 14 + number / 10) for number, unit in enumerate(effect.design.units)}
    >>> alone = conley(effect, coordinates=places, cutoff_km=0).std_error
    >>> bool(np.isclose(alone, ev.inference.clustered(effect).std_error)[0])
    True
    """
    require_option(InferenceError, "conley", "kernel", kernel, ("uniform", "bartlett"))
    if not 0 <= cutoff_km < np.inf:
        raise InferenceError("bad-cutoff", value=cutoff_km)
    scores = _Scores.of(estimate, lags)
    where = _places(estimate, scores.used, coordinates)
    variance, neighbours = np.zeros(len(estimate.terms)), np.zeros(len(where))
    for rows, distances in _distances(where):
        weights = _weights(distances, cutoff_km, kernel)
        variance += scores.products(rows, weights)
        neighbours[rows] = (distances <= cutoff_km).sum(axis=1) - 1
    variance = variance * scores.factor
    error = np.sqrt(np.where(variance > scores.rounding, variance, np.nan))
    df = float(len(where) - 1)
    reach = stdtrit(df, (1 + conf_level) / 2) * error
    return Inference.of(
        "conley",
        len(error),
        conf_level=conf_level,
        std_error=error,
        df=np.full(len(error), df),
        p_value=2 * stdtr(df, -np.abs(estimate.value / error)),
        conf_low=estimate.value - reach,
        conf_high=estimate.value + reach,
        notes=_notes(estimate, scores.used, neighbours, cutoff_km, int(np.isnan(error).sum())),
    )


@dataclass(frozen=True, eq=False)
class _Scores:
    """What units add to the error of each term.

    Attributes
    ----------
    table : ndarray, shape (k, n, T)
        By period; T is one where all periods go together.
    smoothed : ndarray, shape (k, n, T)
        The same, weighted over neighbouring periods.
    used : ndarray of bool, shape (n_units,)
    factor : float
    """

    table: Floats
    smoothed: Floats
    used: NDArray[np.bool_]
    factor: float

    @classmethod
    def of(cls, estimate: Estimate, lags: int | None) -> _Scores:
        moments, k = estimate.moments, len(estimate.terms)
        if moments is None:
            require(estimate, "influence" if lags is None else "moments", "conley", METHODS)
            assert estimate.influence is not None
            table = estimate.influence.T[:, :, None] / estimate.design.n_units
            used, factor = np.ones(table.shape[1], dtype=bool), 1.0
        else:
            used = moments.used
            units = Grouping("unit", np.arange(len(used)), tuple(range(len(used))))
            factor = (moments.n_obs - 1) / (moments.n_obs - parameters(moments, units, "nonnested"))
            table = (moments.scores @ moments.loadings(k)).T[:, :, None]
            if lags is not None:
                cells = moments.cells
                columns = np.einsum("qk,qit->kit", moments.loadings(k), cells.columns)
                table = columns * (cells.weights * cells.error)
        n = int(used.sum())
        if n < 2:
            raise InferenceError("one-cluster", clusters=n, column=estimate.design.names.unit)
        table = table[:, used]
        return cls(table, table @ _along_time(table.shape[2], lags), used, factor * n / (n - 1))

    @property
    def rounding(self) -> Floats:
        """A variance up to this is nothing but rounding, (k,)."""
        return np.asarray(1e-20 * (self.table.sum(axis=2) ** 2).sum(axis=1))

    def products(self, rows: slice, weights: Floats) -> Floats:
        """Sum over some units and all others: (r, n) -> (k,)."""
        spread = np.einsum("rn,knt->krt", weights, self.smoothed)
        return np.asarray((self.table[:, rows] * spread).sum(axis=(1, 2)))


def _along_time(n_periods: int, lags: int | None) -> Floats:
    if lags is None:
        return np.ones((n_periods, n_periods))
    if int(lags) != lags or not 0 <= lags <= n_periods - 2:
        raise InferenceError("bad-lags", value=lags, most=n_periods - 2)
    apart = np.abs(np.subtract.outer(np.arange(n_periods), np.arange(n_periods)))
    return np.asarray(np.maximum(1 - apart / (lags + 1), 0.0))


def _places(
    estimate: Estimate, used: NDArray[np.bool_], coordinates: Mapping[Any, tuple[float, float]]
) -> Floats:
    """Latitude and longitude of the units that enter, in radians, (n, 2)."""
    units = [unit for unit, enters in zip(estimate.design.units, used, strict=True) if enters]
    found = np.array([coordinates.get(unit, (np.nan, np.nan)) for unit in units], dtype=np.float64)
    good = (np.abs(found[:, 0]) <= 90) & (np.abs(found[:, 1]) <= 180)
    if not good.all():
        wrong = [unit for unit, fine in zip(units, good, strict=True) if not fine]
        raise InferenceError(
            "bad-coordinates", count=len(wrong), of=len(units), examples=listed(wrong, most=3)
        )
    return np.radians(found)


def _distances(where: Floats) -> Iterator[tuple[slice, Floats]]:
    """Yield the distances of some units from all, in kilometres: haversine formula."""
    latitude, longitude = where.T
    for start in range(0, len(where), _CHUNK):
        rows = slice(start, start + _CHUNK)
        up = np.sin((latitude[rows, None] - latitude) / 2) ** 2
        along = np.sin((longitude[rows, None] - longitude) / 2) ** 2
        half = up + np.cos(latitude[rows, None]) * np.cos(latitude) * along
        yield rows, 2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0)))


def _weights(distances: Floats, cutoff_km: float, kernel: str) -> Floats:
    near = distances <= cutoff_km
    if kernel == "uniform" or cutoff_km == 0:
        return near.astype(np.float64)
    return np.where(near, 1 - distances / cutoff_km, 0.0)


def _notes(
    estimate: Estimate, used: NDArray[np.bool_], neighbours: Floats, cutoff_km: float, lost: int
) -> tuple[Note, ...]:
    group = estimate.design.cluster
    treated = group.count(estimate.design.treated_units & used)
    told = Note(
        "spatial",
        {
            "cutoff_km": float(cutoff_km),
            "units": len(neighbours),
            "neighbours": float(neighbours.mean()),
            "alone": int((neighbours == 0).sum()),
        },
    )
    notes = (told, *few_treated("clustered", clusters=group.count(used), treated=treated))
    of = len(estimate.terms)
    return (*notes, Note("variance_not_positive", {"terms": lost, "of": of})) if lost else notes
