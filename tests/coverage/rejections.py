"""p-values of every inference on many simulated panels at once.

In a balanced panel with one start and weights that do not change, two-way fixed effects compare two weighted
means of the clusters' changes d, and every method that takes a cluster as a whole needs nothing but d. What
stands here is therefore short; `test_size_study` compares each method, panel by panel, with the package's own
function.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr, ndtri, stdtr

from evaluation.inference._multipliers import MOST_EXACT, MULTIPLIERS, every_sign
from tests.coverage.simulated import PERIODS, Floats, Panels

DRAWS = 999
"""Of bootstraps, signs, choices and assignments: a test at 5 % has its size with them."""
ENUMERATED = 2000
"""Up to so many assignments are enumerated."""
TIE = 1e-9


@dataclass(frozen=True, eq=False)
class Fits:
    """Two-way fixed effects on each panel.

    Attributes
    ----------
    panels : Panels
    """

    panels: Panels

    @cached_property
    def share(self) -> Floats:
        """Share of a cluster in the mean of its group, (P, G)."""
        weights, treated = self.panels.size, self.panels.treated
        of_treated = (treated * weights).sum(axis=1, keepdims=True)
        return np.asarray(weights / np.where(treated, of_treated, weights.sum() - of_treated))

    @cached_property
    def side(self) -> Floats:
        """Plus one for treated clusters, minus one for the others."""
        return np.where(self.panels.treated, 1.0, -1.0)

    @cached_property
    def value(self) -> Floats:
        """The estimates, (P,)."""
        return np.asarray((self.side * self.share * self.panels.change).sum(axis=1))

    @cached_property
    def error(self) -> Floats:
        """Residual changes, (P, G)."""
        return self.panels.change - self.mean(self.panels.change)

    @cached_property
    def restricted(self) -> Floats:
        """Residual changes where the effect is set to zero, (P, G)."""
        weights = self.panels.size / self.panels.size.sum()
        return np.asarray(self.panels.change - (self.panels.change @ weights)[:, None])

    def mean(self, values: Floats) -> Floats:
        """Return the weighted mean of the group of each cluster, (P, G)."""
        treated = self.panels.treated
        parts = self.share * values
        of_treated = (parts * treated).sum(axis=1, keepdims=True)
        return np.asarray(np.where(treated, of_treated, (parts * ~treated).sum(axis=1, keepdims=True)))

    def clusters(self, of: bool, values: Floats) -> Floats:
        """Return the values of treated or untreated clusters in their order, (P, q)."""
        return values[self.panels.treated == of].reshape(len(values), -1)


def clustered(fits: Fits, power: float, *, factor: bool = False) -> Floats:
    """CR0 (power 0), CR1 (with its factor), CR2 (power 1/2) and CR3 (power 1)."""
    panels, clusters = fits.error.shape
    free = 1 - fits.share  # the leverage of a cluster along the treatment is its share in its group
    exists = (free > 1e-8).all(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(free > 1e-8, np.abs(free), np.nan if power else 1.0) ** -power * fits.share
        variance = ((weight * fits.error) ** 2).sum(axis=1)
        df = np.full(panels, clusters - 1.0) if not power else _satterthwaite(fits, weight)
        if factor:
            n = clusters * PERIODS
            variance *= clusters / (clusters - 1) * (n - 1) / (n - PERIODS - 1)
        p = 2 * stdtr(df, -np.abs(fits.value) / np.sqrt(variance))
    return np.where(exists | (power == 0), p, np.nan)


def _satterthwaite(fits: Fits, weight: Floats) -> Floats:
    """tr(P)^2 / tr(P^2), P the covariance of the contributions under errors of variance 1 / size."""
    size = fits.panels.size
    own = weight**2 / size
    groups = np.where(fits.panels.treated, 1.0, 0.0)
    total = (groups * size).sum(axis=1, keepdims=True)
    total = np.where(fits.panels.treated, total, size.sum() - total)
    diagonal = own - weight**2 / total
    squares = (diagonal**2).sum(axis=1)
    for group in (groups, 1 - groups):
        pairs = (group * weight**2).sum(axis=1) ** 2 - (group * weight**4).sum(axis=1)
        squares = squares + pairs / (group * total).max(axis=1) ** 2
    return np.asarray(diagonal.sum(axis=1) ** 2 / squares)


def heteroskedastic(fits: Fits) -> Floats:
    """HC1, which takes every period of a cluster for independent: what happens without clustering."""
    outcome, size = fits.panels.outcome, fits.panels.size
    clusters, periods = outcome.shape[1:]
    within = outcome - outcome.mean(axis=2, keepdims=True)
    within = within - np.einsum("pgt,g->pt", within, size / size.sum())[:, None]
    treated = (fits.panels.treated @ size) / size.sum()
    after = np.where(np.arange(periods) >= periods // 2, 0.5, -0.5)
    path = (fits.panels.treated - treated[:, None])[..., None] * after
    error = within - fits.value[:, None, None] * path
    variance = (fits.share**2 * (error**2).sum(axis=2)).sum(axis=1) * 4 / periods**2
    n = clusters * periods
    df = n - clusters - periods
    return np.asarray(2 * stdtr(df, -np.abs(fits.value) / np.sqrt(variance * n / df)))


def wild(fits: Fits, *, impose_null: bool) -> Floats:
    """Signs of the residuals changed, the regression repeated, t statistics compared."""
    base = fits.restricted if impose_null else fits.error
    signs = MULTIPLIERS["rademacher"](np.random.default_rng(0), (base.shape[1], DRAWS))
    means, variance = [], np.zeros((len(base), DRAWS))
    for group in (fits.panels.treated, ~fits.panels.treated):
        share = fits.share * group
        mean = (share * base) @ signs
        variance += (share**2 * base**2).sum(axis=1)[:, None]
        variance += mean * (mean * (share**2).sum(axis=1)[:, None] - 2 * ((share**2 * base) @ signs))
        means.append(mean)
    own = ((fits.share * fits.error) ** 2).sum(axis=1)
    t = (fits.value**2 / own)[:, None]
    extreme = (means[0] - means[1]) ** 2 >= t * np.maximum(variance, 0.0) * (1 - TIE)
    return np.asarray((1 + extreme.sum(axis=1)) / (1 + DRAWS))


def multiplier_bootstrap(fits: Fits) -> Floats:
    """Standard errors from the quartiles of perturbed contributions."""
    signs = MULTIPLIERS["rademacher"](np.random.default_rng(0), (DRAWS, fits.error.shape[1]))
    draws = (fits.side * fits.share * fits.error) @ signs.T
    low, high = np.quantile(draws, [0.25, 0.75], axis=1)
    return np.asarray(2 * ndtr(-np.abs(fits.value) / ((high - low) / (ndtri(0.75) - ndtri(0.25)))))


def randomisation(fits: Fits, statistic: str) -> Floats:
    """Compare with other assignments: all of them, or random ones that are the same for every panel."""
    treated, size, change = fits.panels.treated, fits.panels.size, fits.panels.change
    clusters, q = treated.shape[1], int(treated[0].sum())
    exact = math.comb(clusters, q) <= ENUMERATED
    assignments = _all(clusters, q) if exact else _some(clusters, q)
    values, error = _under(change, size, assignments)
    own, own_error = fits.value, np.sqrt(((fits.share * fits.error) ** 2).sum(axis=1))
    if statistic == "t":
        values, own = values / error, own / own_error
    count = (np.abs(values) >= np.abs(own)[:, None] - 1e-9 * np.abs(values).max(axis=1)[:, None]).sum(axis=1)
    return np.asarray(count / len(assignments) if exact else (1 + count) / (1 + len(assignments)))


def _under(change: Floats, size: Floats, assignments: Floats) -> tuple[Floats, Floats]:
    """Return estimates and standard errors (without factors) under assignments, (P, B)."""
    values, variance = np.zeros((len(change), len(assignments))), np.zeros((len(change), len(assignments)))
    for side, group in ((1, assignments), (-1, 1 - assignments)):
        total = group @ size
        mean = (change * size) @ group.T / total
        values += side * mean
        squares, products = (change**2 * size**2) @ group.T, (change * size**2) @ group.T
        variance += (squares - mean * (2 * products - mean * (group @ size**2))) / total**2
    return values, np.sqrt(np.maximum(variance, 0.0))


def _all(clusters: int, q: int) -> Floats:
    chosen = np.array(list(itertools.combinations(range(clusters), q)))
    flags = np.zeros((len(chosen), clusters))
    np.put_along_axis(flags, chosen, 1.0, axis=1)
    return flags


def _some(clusters: int, q: int) -> Floats:
    flags = np.tile(np.where(np.arange(clusters) < q, 1.0, 0.0), (DRAWS, 1))
    return np.asarray(np.random.default_rng(clusters * q).permuted(flags, axis=1))


def ibragimov_muller(fits: Fits) -> Floats:
    """Two samples of unequal variance, the degrees of freedom of the smaller."""
    q, n = _numbers(fits)
    if q < 2:
        return _nowhere(fits)
    treated = fits.clusters(True, fits.share * (fits.error + fits.value[:, None]))
    others = fits.clusters(False, fits.share * fits.error)
    variance = q * treated.var(axis=1, ddof=1) + n * others.var(axis=1, ddof=1)
    return np.asarray(2 * stdtr(min(q, n) - 1, -np.abs(fits.value) / np.sqrt(variance)))


def sign_changes(fits: Fits) -> Floats:
    """Signs of the treated clusters' own effects changed, each with its part of the others."""
    q, n = _numbers(fits)
    if q < 2:
        return _nowhere(fits)
    order = np.random.default_rng(0).permutation(n)
    others = -fits.clusters(False, fits.share * fits.error)[:, order]
    parts = others @ (np.arange(n)[:, None] % q == np.arange(q))
    share = fits.clusters(True, fits.share)
    own = fits.clusters(True, fits.share * fits.error) + parts
    exact = 2**q <= MOST_EXACT
    signs = next(every_sign(q)) if exact else MULTIPLIERS["rademacher"](np.random.default_rng(0), (q, DRAWS))
    away = np.abs(fits.value)[:, None]
    count = (np.abs((own + fits.value[:, None] * share) @ signs) >= away * (1 - TIE)).sum(axis=1)
    return np.asarray(count / signs.shape[1] if exact else (1 + count) / (1 + DRAWS))


def conley_taber(fits: Fits) -> Floats:
    """Residuals of untreated clusters in the place of those of the treated."""
    q, n = _numbers(fits)
    error, share = fits.clusters(False, fits.error), fits.clusters(True, fits.share)
    factor = np.sqrt((fits.share**2).sum(axis=1) / (share**2).sum(axis=1) * n / (n - 1))
    exact = n**q <= MOST_EXACT
    choices = (
        np.indices((n,) * q).reshape(q, -1)
        if exact
        else np.random.default_rng(0).integers(n, size=(q, DRAWS))
    )
    errors = sum(share[:, [j]] * error[:, choices[j]] for j in range(q)) * factor[:, None]
    return _at_least(errors, fits.value)


def ferman_pinto(fits: Fits) -> Floats:
    """Residuals of all clusters with the null imposed, rescaled to the size of who receives them."""
    clusters = fits.error.shape[1]
    scale = np.sqrt(_variance_by_size(fits))
    choices = np.random.default_rng(0).choice(clusters, size=(clusters, DRAWS))
    weight, error = fits.side * fits.share * scale, fits.restricted / scale
    errors = np.zeros((len(error), DRAWS))
    for g in range(clusters):
        errors += weight[:, [g]] * error[:, choices[g]]
    return _at_least(errors, fits.value)


def _variance_by_size(fits: Fits) -> Floats:
    """Fit a + b / size, both not negative, to the squared residuals of the untreated clusters; (P, G)."""
    inverse = np.broadcast_to(1 / fits.panels.size, fits.error.shape)
    if np.ptp(inverse) == 0:
        return np.ones_like(fits.error)
    x, y = fits.clusters(False, inverse), fits.clusters(False, fits.error) ** 2
    n, sx, sxx = x.shape[1], x.sum(axis=1), (x**2).sum(axis=1)
    sy, sxy = y.sum(axis=1), (x * y).sum(axis=1)
    slope = (n * sxy - sx * sy) / (n * sxx - sx**2)
    constant = (sy - slope * sx) / n
    constant, slope = (
        np.where(slope < 0, sy / n, np.where(constant < 0, 0.0, constant)),
        np.where(slope < 0, 0.0, np.where(constant < 0, sxy / sxx, slope)),
    )
    return constant[:, None] + slope[:, None] * inverse


def _at_least(errors: Floats, value: Floats) -> Floats:
    count = (np.abs(errors) >= np.abs(value)[:, None] * (1 - TIE)).sum(axis=1)
    return np.asarray((1 + count) / (1 + errors.shape[1]))


def _numbers(fits: Fits) -> tuple[int, int]:
    q = int(fits.panels.treated[0].sum())
    return q, fits.error.shape[1] - q


def _nowhere(fits: Fits) -> Floats:
    return np.full(len(fits.value), np.nan)


METHODS: Mapping[str, Callable[[Fits], Floats]] = {
    "heteroskedastic": heteroskedastic,
    "clustered_cr0": lambda fits: clustered(fits, 0.0),
    "clustered": lambda fits: clustered(fits, 0.0, factor=True),
    "clustered_cr2": lambda fits: clustered(fits, 0.5),
    "clustered_cr3": lambda fits: clustered(fits, 1.0),
    "wild_cluster_bootstrap": lambda fits: wild(fits, impose_null=True),
    "wild_cluster_bootstrap_unrestricted": lambda fits: wild(fits, impose_null=False),
    "multiplier_bootstrap": multiplier_bootstrap,
    "randomisation": lambda fits: randomisation(fits, "estimate"),
    "randomisation_t": lambda fits: randomisation(fits, "t"),
    "ibragimov_muller": ibragimov_muller,
    "sign_changes": sign_changes,
    "conley_taber": conley_taber,
    "ferman_pinto": ferman_pinto,
}
"""Method -> p-values (P,) of no effect, NaN where it does not exist."""
