"""Risk sets of a group, and sums over them: what every curve and its errors are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Durations

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Events:
    """Times at which something ended in one group, and who was at risk.

    Attributes
    ----------
    spells : ndarray of int
        Rows of the design that belong to the group.
    times : ndarray, shape (m,)
        Distinct times of any end, seen or censored, in order.
    at_risk : ndarray, shape (m,)
        Spells with entry < time <= end.
    ended : ndarray, shape (K, m)
        Spells that ended at a time, by cause.
    censored : ndarray, shape (m,)
    """

    spells: Integers
    times: Floats
    at_risk: Floats
    ended: Floats
    censored: Floats
    _end: Integers  # position of each spell's end in times
    _entry: Integers  # number of times not after its entry
    _cause: Integers

    @classmethod
    def of(cls, design: Durations, rows: Bools) -> Events:
        """Lay out the spells of `rows`."""
        spells = np.flatnonzero(rows)
        times, end = np.unique(design.time[spells], return_inverse=True)
        entry = np.searchsorted(times, design.entry[spells], side="right")
        cause, m = design.cause[spells], len(times)
        ends = np.bincount(end, minlength=m)
        entered = np.bincount(entry, minlength=m + 1)[:m].cumsum()
        ended = [np.bincount(end[cause == k + 1], minlength=m) for k in range(len(design.causes))]
        return cls(
            spells=spells,
            times=times,
            at_risk=(entered - (ends.cumsum() - ends)).astype(np.float64),
            ended=np.asarray(ended, dtype=np.float64).reshape(len(design.causes), m),
            censored=np.bincount(end[cause == 0], minlength=m).astype(np.float64),
            _end=end.astype(np.int64),
            _entry=entry.astype(np.int64),
            _cause=cause,
        )

    @property
    def survival(self) -> Floats:
        r"""Kaplan-Meier: share not ended by any cause after each time, shape (m,)."""
        return np.cumprod(1 - self.ended.sum(axis=0) / self.at_risk)

    @property
    def survival_before(self) -> Floats:
        """The same just before each time, shape (m,)."""
        return np.concatenate([[1.0], self.survival[:-1]])

    def variance(self, weights: Floats) -> Floats:
        r"""Return the covariance of sums of hazard increments, each time a multinomial draw of its own.

        .. math:: V_{ab} = \sum_u \Big[ \sum_k a_{ku} b_{ku} d_{ku} - \sum_k a_{ku} d_{ku} \,
                  \sum_k b_{ku} d_{ku} / n_u \Big]

        Parameters
        ----------
        weights : ndarray, shape (q, K, m)
            What one end by cause k at time u, out of those at risk, adds to each of q quantities.

        Returns
        -------
        ndarray, shape (q, q)
        """
        weighted = weights * self.ended
        flat, totals = weights.reshape(len(weights), -1), weighted.sum(axis=1)
        covariance: Floats = flat @ weighted.reshape(len(weights), -1).T - (totals / self.at_risk) @ totals.T
        return covariance

    def influence(self, weights: Floats, n: int) -> Floats:
        r"""Return what each spell adds to the quantities: sums of its own martingale increments.

        .. math:: \psi_i = \sum_u \sum_k a_{ku} \{ dN_{ik}(u) - Y_i(u) \, d_{ku} / n_u \}

        This is the exact derivative by the weight of a spell (infinitesimal jackknife).

        Parameters
        ----------
        weights : ndarray, shape (q, K, m)
        n : int
            Spells of the whole design.

        Returns
        -------
        ndarray, shape (n, q)
            Zero for spells of other groups.
        """
        compensator = ((weights * self.ended).sum(axis=1) / self.at_risk).cumsum(axis=1)
        padded = np.concatenate([np.zeros((len(weights), 1)), compensator], axis=1)
        own = padded[:, self._entry] - padded[:, self._end + 1]
        seen = self._cause > 0
        own[:, seen] += weights[:, self._cause[seen] - 1, self._end[seen]]
        whole = np.zeros((n, len(weights)))
        whole[self.spells] = own.T
        return whole


def by_arm(design: Durations) -> tuple[Events, ...]:
    """Return the events of each group, in the order of its labels."""
    return tuple(Events.of(design, design.arm.codes == code) for code in range(design.arm.n_groups))


def as_one_cause(weights: Floats, n_causes: int) -> Floats:
    """Return weights by which every cause counts the same; (q, m) -> (q, K, m)."""
    return np.repeat(weights[:, None, :], n_causes, axis=1)
