"""Nearest neighbours: for each treated unit the comparison units that are most like it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Sample
from evaluation.errors import DesignError, did_you_mean, listed, require_option
from evaluation.individuals.matched import Matched, scaled
from evaluation.individuals.propensity import propensity, with_constant

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Distance = Literal["propensity", "mahalanobis"]


def match(
    design: Sample,
    *,
    distance: Distance | Floats = "propensity",
    exact: Sequence[str] = (),
    caliper: float | None = None,
    ratio: int = 1,
    replace: bool = False,
) -> Matched:
    r"""Match each treated unit with the nearest comparison units.

    Greedy: treated units choose in turn, once round for each of `ratio` matches; by propensity score those
    with the largest first, who have the fewest to choose from, else in the order of the data. Of several
    equally near the first in the data is taken. Stuart (2010), doi:10.1214/09-STS313. The Mahalanobis
    distance takes the covariance within groups (Rubin 1980, doi:10.2307/2529981).

    Parameters
    ----------
    design : Sample
        With covariates; those without an outcome are left out.
    distance : {"propensity", "mahalanobis"} or ndarray, shape (n_treated, n_comparison)
        A matrix of one's own (treated and others in the order of the data): infinite forbids a pair.
    exact : sequence of str
        Covariates that must be equal.
    caliper : float, optional
        Largest difference of propensity scores, in their standard deviations (the root of the mean of both
        groups' variances; 0.2 is usual: Austin 2011, doi:10.1002/pst.433). Whoever has no one within it
        stays without a match.
    ratio : int
        Comparison units for each treated one, as far as there are any.
    replace : bool
        Whether a comparison unit may stand beside several treated ones.

    Returns
    -------
    Matched
        For `weighted_balance`, `matched_difference` and, with replacement, `abadie_imbens`.

    Raises
    ------
    DesignError
        As `propensity`; if an option is not possible, or nobody finds a match.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"y": [3.0, 1, 2, 2, 4, 3], "d": [1, 1, 0, 0, 0, 0], "x": [1, 5, 2, 4, 8, 9]})
    >>> sample = Sample.from_frame(people, outcome="y", treatment="d", covariates=["x"])
    >>> match(sample, distance="mahalanobis").pairs.tolist()
    [[0, 2], [1, 3]]
    """
    if ratio < 1 or int(ratio) != ratio:
        raise DesignError("bad-limit", option="ratio", value=ratio, low=1, high=design.n_units)
    if caliper is not None and not caliper > 0:
        raise DesignError("bad-limit", option="caliper", value=caliper, low=0, high="inf")
    seen = design.complete()
    by_score = isinstance(distance, str) and distance == "propensity"
    score = propensity(seen).value if by_score or caliper is not None else None
    points = _points(seen, distance, score)
    nearness = _Nearness(seen, distance if isinstance(distance, np.ndarray) else None, points)
    allowed = _allowed(seen, exact, score, caliper)
    pairs = _greedy(nearness, allowed, score if by_score else None, int(ratio), replace=replace)
    weights = scaled(seen, _weights(seen, pairs), "match")
    sets = None if replace else _sets(seen, pairs)
    return Matched(seen, weights, "att", score, sets, pairs, points)


@dataclass(frozen=True, eq=False)
class _Nearness:
    """Distances of a treated unit to all others, worked out when they are asked for."""

    design: Sample
    matrix: Floats | None
    points: Floats | None

    def row(self, position: int, unit: int) -> Floats:
        if self.matrix is not None:
            return np.asarray(self.matrix[position])
        assert self.points is not None
        apart = self.points[~self.design.treated_units] - self.points[unit]
        return np.asarray(np.sqrt((apart**2).sum(axis=1)))


def _points(design: Sample, distance: Distance | Floats, score: Floats | None) -> Floats | None:
    if isinstance(distance, np.ndarray):
        treated = int(design.treated_units.sum())
        wanted = (treated, design.n_units - treated)
        if distance.shape != wanted or np.isnan(distance).any():
            raise DesignError("distance-shape", shape=str(distance.shape), wanted=str(wanted))
        return None
    require_option(DesignError, "match", "distance", distance, ("propensity", "mahalanobis"))
    if distance == "mahalanobis":
        return _whitened(design)
    assert score is not None
    return score[:, None]


def _whitened(design: Sample) -> Floats:
    """Covariates as points whose Euclidean distance is Mahalanobis': shape (n_units, p)."""
    x, treated = with_constant(design, "match")[:, 1:], design.treated_units
    means = np.where(treated[:, None], x[treated].mean(axis=0), x[~treated].mean(axis=0))
    covariance = (x - means).T @ (x - means) / max(len(x) - 2, 1)
    spread = np.sqrt(np.diag(covariance))
    if (spread <= 0).any() or np.linalg.cond(covariance / np.outer(spread, spread)) > 1e12:
        raise DesignError("covariates-collinear", what="match")
    root = np.linalg.cholesky(covariance)
    return np.asarray(np.linalg.solve(root, (x - x.mean(axis=0)).T).T)


def _allowed(
    design: Sample, exact: Sequence[str], score: Floats | None, caliper: float | None
) -> Callable[[int], NDArray[np.bool_]]:
    """Return which of the others a treated unit may be matched with."""
    treated, names = design.treated_units, design.names.covariates
    columns = []
    for name in (exact,) if isinstance(exact, str) else exact:
        if name not in names:
            raise DesignError(
                "unknown-covariate",
                covariate=name,
                available=listed(names),
                suggestion=did_you_mean(name, names),
            )
        columns.append(design.covariates[:, names.index(name)])
    same = np.column_stack(columns) if columns else np.empty((design.n_units, 0))
    reach = np.inf
    if score is not None and caliper is not None:
        reach = caliper * float(np.sqrt((score[treated].var(ddof=1) + score[~treated].var(ddof=1)) / 2))

    def allowed(unit: int) -> NDArray[np.bool_]:
        alike = np.asarray((same[~treated] == same[unit]).all(axis=1))
        if score is None or caliper is None:
            return alike
        return np.asarray(alike & (np.abs(score[~treated] - score[unit]) <= reach))

    return allowed


def _greedy(
    nearness: _Nearness,
    allowed: Callable[[int], NDArray[np.bool_]],
    score: Floats | None,
    ratio: int,
    *,
    replace: bool,
) -> Integers:
    treated = nearness.design.treated_units
    units, others = np.flatnonzero(treated), np.flatnonzero(~treated)
    order = np.arange(len(units)) if score is None else np.argsort(-score[units], kind="stable")
    free = np.ones(len(others), dtype=bool)
    pairs: list[tuple[int, int]] = []
    taken: dict[int, list[int]] = {}
    for _ in range(ratio):
        for position in order.tolist():
            unit = int(units[position])
            open_ = allowed(unit) & free
            open_[taken.get(unit, [])] = False
            distances = np.where(open_, nearness.row(position, unit), np.inf)
            nearest = int(np.argmin(distances))
            if not np.isfinite(distances[nearest]):
                continue
            free[nearest] = replace
            taken.setdefault(unit, []).append(nearest)
            pairs.append((unit, int(others[nearest])))
    return np.array(sorted(pairs, key=lambda pair: pair[0]), dtype=np.int64).reshape(-1, 2)


def _weights(design: Sample, pairs: Integers) -> Floats:
    """Give the weight of a treated unit in equal parts to its matches."""
    n, w = design.n_units, design.weights
    matches = np.bincount(pairs[:, 0], minlength=n)
    weights = np.bincount(pairs[:, 1], w[pairs[:, 0]] / matches[pairs[:, 0]], n)
    return np.where(matches > 0, w, weights)


def _sets(design: Sample, pairs: Integers) -> Integers:
    sets = np.full(design.n_units, -1, dtype=np.int64)
    _, codes = np.unique(pairs[:, 0], return_inverse=True)
    sets[pairs[:, 0]] = codes
    sets[pairs[:, 1]] = codes
    return sets
