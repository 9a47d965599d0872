"""What the t statistic of a term takes from the draws of the wild cluster bootstrap, type by type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.inference._blocks import Blocks
from evaluation.inference._leverage import ALONE

Floats = NDArray[np.float64]
Sums = Callable[[Floats], Floats]

TYPES = ("11", "13", "31", "33")
"""First whether residuals are jackknifed (3), then whether the variance is CR3 (3)."""


@dataclass(frozen=True, eq=False)
class Line:
    """What a term's statistic takes from the draws: a and u of the two parts, for r^0 and r^1.

    Attributes
    ----------
    own : ndarray, shape (2, S)
        What each cluster that draws adds to the numerator.
    kept : ndarray, shape (2, S)
        What it adds to its own part of the variance; with CR1 the same.
    spread : ndarray, shape (2, p, S)
        B s of each cluster that draws; p are the regressors and period indicators.
    weight : ndarray, shape (G, p)
        m'G of each cluster.
    error : float
        The root of the sum of squares of the data's own parts of the variance.
    """

    own: Floats
    kept: Floats
    spread: Floats
    weight: Floats
    error: float

    @classmethod
    def of(
        cls, data: Blocks, contrast: Floats, sums: Sums, *, impose_null: bool, bootstrap_type: str = "11"
    ) -> Line:
        """Prepare one term, a combination of the coefficients of shape (q,)."""
        m = data.bread @ contrast
        weight, levels = data.gram @ m, np.einsum("sql,q->sl", data.period_cross, m)
        size = float(contrast @ m)
        scores = [(data.scores, data.period_scores), (weight / size, levels / size)]
        used = scores if impose_null else scores[:1]
        if bootstrap_type != "11":
            return _left_out(data, contrast, used, impose_null=impose_null, bootstrap_type=bootstrap_type)
        own = np.stack([first @ m for first, _ in used])
        inverse = data.period_root @ data.period_root.T
        return cls(
            own=own,
            kept=own,
            spread=np.stack(
                [np.vstack([data.bread @ first.T, inverse @ second.T]) for first, second in used]
            ),
            weight=sums(np.hstack([weight, levels])),
            error=float(np.linalg.norm(sums(data.scores @ m))),
        )

    def draw(self, signs: Floats, sums: Sums) -> Floats:
        """Rows of the numerator (2) and of the variance (3): (S, B) -> (5, B)."""
        rows = np.zeros((5, signs.shape[1]))
        u = []
        for part, (own, kept, spread) in enumerate(zip(self.own, self.kept, self.spread, strict=True)):
            rows[part] = own @ signs
            u.append(sums(kept[:, None] * signs) - self.weight @ (spread @ signs))
        rows[2] = np.einsum("gb,gb->b", u[0], u[0])
        if len(u) == 2:
            rows[3] = np.einsum("gb,gb->b", u[0], u[1])
            rows[4] = np.einsum("gb,gb->b", u[1], u[1])
        return rows


def _left_out(
    data: Blocks,
    contrast: Floats,
    scores: Sequence[tuple[Floats, Floats]],
    *,
    impose_null: bool,
    bootstrap_type: str,
) -> Line:
    """Prepare a term of a type that leaves out clusters.

    In coordinates in which the cross products of all clusters are the identity, R'X'XR = I, those of cluster
    g are K. Its residuals of the regression without it have the scores s + K N (I - NKN)^-1 N s, N the
    projection off the term where the null is imposed; its part of CR3 is c'(I - K)^-1 s.
    """
    n, q, parts = data.n_clusters, len(contrast), len(scores)
    own, kept = np.zeros((parts, n)), np.zeros((parts, n))
    spread = np.zeros((parts, q + len(data.period_root), n))
    weight, total, alone = np.zeros((n, spread.shape[1])), 0.0, False
    for clusters, levels in data.parts():
        root, products = data.root(levels), data.cross_products(clusters, levels)
        columns = np.concatenate([np.arange(q), q + levels])
        inner = root.T @ products @ root
        term = contrast @ root[:q]
        seen = np.broadcast_to(term, (len(clusters), len(term)))
        if bootstrap_type[1] == "3":
            seen, missing = _without(inner, seen)
            alone = alone or missing
        weight[np.ix_(clusters, columns)] = np.einsum("cp,cpr->cr", seen @ root.T, products)
        for part, (first, second) in enumerate(scores):
            whole = np.concatenate([first[clusters], second[clusters][:, levels]], axis=1) @ root
            if part == 0:
                total += float((np.einsum("cp,cp->c", seen, whole) ** 2).sum())
            if bootstrap_type[0] == "3":
                whole = _jackknifed(inner, whole, term if impose_null else np.zeros_like(term))
            own[part, clusters] = whole @ term
            kept[part, clusters] = np.einsum("cp,cp->c", seen, whole)
            spread[part][np.ix_(columns, clusters)] = root @ whole.T
    return Line(own, kept, spread, weight, float("nan") if alone else float(np.sqrt(total)))


def _without(inner: Floats, rows: Floats) -> tuple[Floats, bool]:
    """Return (I - K)^-1 times a row of each cluster, and whether one cluster determines what a row asks."""
    values, vectors = np.linalg.eigh(inner)
    along = np.einsum("cpr,cp->cr", vectors, rows)
    free = 1.0 - values > ALONE
    size = np.abs(rows).max()
    missing = bool((~free & (np.abs(along) > ALONE * size)).any())
    factor = np.divide(1.0, 1.0 - values, out=np.zeros_like(values), where=free)
    return np.einsum("cpr,cr->cp", vectors, factor * along), missing


def _jackknifed(inner: Floats, rows: Floats, term: Floats) -> Floats:
    """Return the scores of each cluster's residuals of the regression without it, (c, p)."""
    size = float(term @ term)
    off = np.eye(len(term)) - (np.outer(term, term) / size if size > 0 else 0.0)
    change, _ = _without(off @ inner @ off, rows @ off)
    return np.asarray(rows + np.einsum("cpr,cr->cp", inner, change @ off))
