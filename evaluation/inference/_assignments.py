"""The assignments that a rule admits: how many, all of them, or a random sample."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from math import comb, prod

import numpy as np
from numpy.typing import NDArray

from evaluation.design import StudyDesign

Integers = NDArray[np.int64]
_CHUNK = 4_000_000  # pairs of assignment and unit made at once


@dataclass(frozen=True, eq=False)
class Stratum:
    """Units of assignment that exchange their paths.

    Attributes
    ----------
    blocks : ndarray of int, shape (s,)
        Units of assignment.
    path : ndarray of int, shape (s,)
        The path of each: a unit that has it.
    """

    blocks: Integers
    path: Integers

    @property
    def usual(self) -> int:
        """The most frequent path."""
        paths, counts = np.unique(self.path, return_counts=True)
        return int(paths[np.argmax(counts)])

    @property
    def others(self) -> Integers:
        """Paths that are not the most frequent, sorted."""
        return np.sort(self.path[self.path != self.usual])

    @property
    def count(self) -> int:
        """Number of distinct assignments: a multinomial coefficient."""
        _, counts = np.unique(self.path, return_counts=True)
        left = np.cumsum(counts[::-1])[::-1]
        return prod(comb(int(n), int(k)) for n, k in zip(left, counts, strict=True))

    def places(self) -> Integers:
        """Blocks that receive the other paths, under every assignment: (count, len(others))."""
        _, counts = np.unique(self.others, return_counts=True)
        rows = [np.empty(0, dtype=np.int64)]
        for size in counts.tolist():
            rows = [
                np.concatenate([row, chosen])
                for row in rows
                for chosen in _choices(np.setdiff1d(np.arange(len(self.blocks)), row), size)
            ]
        return self.blocks[np.array(rows, dtype=np.int64).reshape(len(rows), -1)]


def _choices(free: Integers, size: int) -> Integers:
    chosen = np.fromiter(itertools.chain.from_iterable(itertools.combinations(free.tolist(), size)), np.int64)
    return chosen.reshape(-1, size)


@dataclass(frozen=True, eq=False)
class Assignments:
    """All assignments that a design's rule admits.

    Attributes
    ----------
    strata : tuple of Stratum
    block_of_unit : ndarray of int, shape (n_units,)
        Unit of assignment of each unit, -1 for those that keep their path.
    """

    strata: tuple[Stratum, ...]
    block_of_unit: Integers

    @property
    def count(self) -> int:
        """Number of distinct assignments."""
        return prod(stratum.count for stratum in self.strata)

    def every(self) -> Iterator[Integers]:
        """Yield all assignments in chunks of sources, (chunk, n_units)."""
        places = [stratum.places() for stratum in self.strata]
        for start in range(0, self.count, self._rows):
            left = np.arange(start, min(start + self._rows, self.count))
            paths = self._usual(len(left))
            for stratum, table in zip(self.strata, places, strict=True):
                paths[np.arange(len(left))[:, None], table[left % len(table)]] = stratum.others
                left = left // len(table)
            yield self._sources(paths)

    def sample(self, draws: int, rng: np.random.Generator) -> Iterator[Integers]:
        """Yield random assignments in chunks of sources, (chunk, n_units)."""
        for start in range(0, draws, self._rows):
            paths = self._usual(min(self._rows, draws - start))
            for stratum in self.strata:
                if len(stratum.others):
                    paths[:, stratum.blocks] = rng.permuted(np.tile(stratum.path, (len(paths), 1)), axis=1)
            yield self._sources(paths)

    @property
    def happened(self) -> Integers:
        """The assignment that happened, as sources, (1, n_units)."""
        paths = self._usual(1)
        for stratum in self.strata:
            paths[0, stratum.blocks] = stratum.path
        return self._sources(paths)

    @property
    def _rows(self) -> int:
        return max(1, _CHUNK // len(self.block_of_unit))

    def _usual(self, rows: int) -> Integers:
        path = np.zeros(max(int(stratum.blocks.max()) for stratum in self.strata) + 1, dtype=np.int64)
        for stratum in self.strata:
            path[stratum.blocks] = stratum.usual
        return np.tile(path, (rows, 1))

    def _sources(self, paths: Integers) -> Integers:
        """Units in the place of blocks; units outside the rule keep their own path."""
        sources = paths[:, np.maximum(self.block_of_unit, 0)]
        fixed = np.flatnonzero(self.block_of_unit < 0)
        sources[:, fixed] = fixed
        return sources


def assignments(design: StudyDesign, *, not_yet_apart: bool = False) -> Assignments:
    """Read the rule of a design: who exchanges paths with whom.

    Units that start after the last period have the path of the never treated, unless `not_yet_apart`: an
    estimator may take only the latter as controls.

    Examples
    --------
    >>> import evaluation as ev
    >>> from evaluation.simulate import did_panel
    >>> panel = did_panel(n_units=6, n_treated=2, n_periods=4, seed=1)
    >>> design = ev.StudyDesign.from_frame(panel, outcome="outcome", unit="unit", time="period",
    ...                                    cohort="cohort")
    >>> assignments(design).count
    15
    """
    rule = design.assignment
    inside = np.flatnonzero(rule.admissible)
    if not len(inside):
        return Assignments((), np.full(design.n_units, -1))
    codes, first, block = np.unique(rule.unit.codes[inside], return_index=True, return_inverse=True)
    block_of_unit = np.full(design.n_units, -1, dtype=np.int64)
    block_of_unit[inside] = block
    path = _same_path(design, not_yet_apart)[inside[first]]
    stratum = rule.strata.codes[inside[first]]
    strata = [Stratum(np.flatnonzero(stratum == code), path[stratum == code]) for code in np.unique(stratum)]
    assert len(codes) == sum(len(part.blocks) for part in strata)
    return Assignments(tuple(strata), block_of_unit)


def _same_path(design: StudyDesign, not_yet_apart: bool) -> Integers:
    """For each unit the first unit with the same treatment path and, in effect, the same cohort."""
    table = design.treatment.reshape(design.n_units, -1) + 0.0
    if design.cohort is not None:
        last = np.inf if not_yet_apart else design.period_numbers[-1] + design.anticipation
        table = np.column_stack([table, np.where(design.cohort > last, np.inf, design.cohort)])
    rows = np.ascontiguousarray(table).view(np.dtype((np.void, table.shape[1] * 8)))[:, 0]
    _, first, code = np.unique(rows, return_index=True, return_inverse=True)
    return first[code].astype(np.int64)
