"""Fine and Gray: ratios of the subdistribution hazard, which say how many end by a cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Durations
from evaluation.errors import DataError, DesignError
from evaluation.estimate import Estimate, Term
from evaluation.survival._arm import with_arm
from evaluation.survival._risk_sets import pairs

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
MOST_STEPS, CLOSE = 50, 1e-12


def fine_gray(design: Durations, *, cause: Any | None = None) -> Estimate:
    r"""Log ratios of the subdistribution hazard of a cause, other causes competing with it.

    .. math:: 1 - F_k(t; x) = \{1 - F_{k0}(t)\}^{\exp(x'\beta)}

    A positive coefficient means that more spells end by the cause, be it that they end faster or that fewer
    end otherwise. Those who ended by another cause stay in the risk set with the weight G(t-) / G(T_i-), G
    the Kaplan-Meier curve of censoring. Influence values take along that G is estimated. Ties by Breslow's
    rule, as cmprsk's ``crr``. Fine and Gray (1999), doi:10.1080/01621459.1999.10474144.

    Parameters
    ----------
    design : Durations
        With covariates, without late entries or strata; a group column is the first covariate.
    cause : value of the event column, optional
        The first by default.

    Returns
    -------
    Estimate
        Estimand ``log_subhazard_ratio``; a term for each covariate; influence values of shape (n_units, p).

    Raises
    ------
    DataError
        If spells came under observation late, there are strata, or there is nothing to compare by.
    DesignError
        If a ratio is not identified.

    Examples
    --------
    >>> import pandas as pd
    >>> homes = pd.DataFrame({"months": [1, 2, 3, 4, 5, 6, 7, 8], "end": [1, 2, 1, 0, 1, 2, 0, 1],
    ...                       "support": [0, 1, 0, 1, 1, 0, 1, 0]})
    >>> design = Durations.from_frame(homes, time="months", event="end", covariates=["support"])
    >>> fine_gray(design).terms[0].name
    'support'
    """
    if np.isfinite(design.entry).any() or design.strata is not None:
        raise DataError("late-entry", what="fine_gray")
    full, names = with_arm(design, "fine_gray")
    risk_sets = _Subdistribution.of(full, design.code_of(cause))
    beta = _solve(risk_sets, names)
    scores, bread = risk_sets.scores(beta), np.linalg.inv(risk_sets.sums(beta)[1])
    return Estimate(
        estimator="fine_gray",
        estimand="log_subhazard_ratio",
        terms=tuple(Term(name) for name in names),
        value=beta,
        design=full,
        options={"cause": design.causes[design.code_of(cause) - 1]},
        influence=design.n_units * scores @ bread,
    )


def _solve(sets: _Subdistribution, names: tuple[str, ...]) -> Floats:
    """Newton's method; refuses what does not settle."""
    beta = np.zeros(len(names))
    for _ in range(MOST_STEPS):
        score, information = sets.sums(beta)
        try:
            step = np.linalg.solve(information, score)
        except np.linalg.LinAlgError:
            break
        beta = beta + step
        if not np.isfinite(beta).all() or np.abs(beta * sets.x.std(axis=0)).max() > 15:
            break
        if np.abs(step).max() < CLOSE * (1 + np.abs(beta).max()):
            return beta
    raise DesignError("not-identified-hazard", term=names[0])


@dataclass(frozen=True, eq=False)
class _Subdistribution:
    """Distinct times of the cause, and who is at risk there with which weight."""

    x: Floats
    time: Floats
    times: Floats  # (m,) of the cause
    ends: Floats  # (m,) number
    own: NDArray[np.bool_]  # ended by the cause
    other: NDArray[np.bool_]  # ended by another
    open_before: Floats  # (m,) G(t-)
    open_own: Floats  # (n,) G(T_i-)
    censored: NDArray[np.bool_]

    @classmethod
    def of(cls, design: Durations, code: int) -> _Subdistribution:
        own, censored = design.cause == code, design.cause == 0
        times, ends = np.unique(design.time[own], return_counts=True)
        every, end = np.unique(design.time, return_inverse=True)
        leaving = np.bincount(end)
        at_risk = len(end) - (leaving.cumsum() - leaving)
        still = np.cumprod(1 - np.bincount(end[censored], minlength=len(every)) / at_risk)
        before = np.concatenate([[1.0], still[:-1]])
        return cls(
            x=design.covariates - design.covariates.mean(axis=0),
            time=design.time,
            times=times,
            ends=ends.astype(np.float64),
            own=own,
            other=~own & ~censored,
            open_before=before[np.searchsorted(every, times)],
            open_own=before[end],
            censored=censored,
        )

    def _risk(self, beta: Floats) -> tuple[Floats, Floats, Floats]:
        """Return exp(x'b), and at each time the weighted total and mean of x (and xx', flattened)."""
        r = np.exp(self.x @ beta)
        parts = np.column_stack([r, r[:, None] * self.x, pairs(r, self.x)])
        order = np.argsort(self.time, kind="stable")
        sorted_time, sorted_parts = self.time[order], parts[order]
        zero = np.zeros((1, parts.shape[1]))
        after = np.vstack([sorted_parts[::-1].cumsum(axis=0)[::-1], zero])
        present = after[np.searchsorted(sorted_time, self.times, side="left")]
        gone = np.where(self.other[order][:, None], sorted_parts / self.open_own[order][:, None], 0.0)
        gone = np.vstack([zero, gone.cumsum(axis=0)])[np.searchsorted(sorted_time, self.times, side="left")]
        sums = present + self.open_before[:, None] * gone
        return r, sums[:, 0], sums[:, 1:] / sums[:, :1]

    def sums(self, beta: Floats) -> tuple[Floats, Floats]:
        """Return the score and the information."""
        p = len(beta)
        _, _, moments = self._risk(beta)
        mean, second = moments[:, :p], moments[:, p:].reshape(-1, p, p)
        score = self.x[self.own].sum(axis=0) - self.ends @ mean
        spread = second - mean[:, :, None] * mean[:, None, :]
        return score, np.einsum("t,tij->ij", self.ends, spread)

    def scores(self, beta: Floats) -> Floats:
        """Return what each spell adds to the score, the estimate of G included, shape (n, p)."""
        p = len(beta)
        r, total, moments = self._risk(beta)
        mean, hazard = moments[:, :p], self.ends / total
        plain = np.column_stack([hazard, hazard[:, None] * mean])
        weighted = plain * self.open_before[:, None]
        upto = [np.vstack([np.zeros(p + 1), one.cumsum(axis=0)]) for one in (plain, weighted)]
        end = np.searchsorted(self.times, self.time, side="right")
        exposed = upto[0][end]
        later = (upto[1][-1] - upto[1][end]) / self.open_own[:, None]
        exposed = exposed + np.where(self.other[:, None], later, 0.0)
        eta = -r[:, None] * (exposed[:, :1] * self.x - exposed[:, 1:])
        eta[self.own] += self.x[self.own] - mean[end[self.own] - 1]
        whole: Floats = eta + self._from_censoring(r, upto[1], p)
        return whole

    def _from_censoring(self, r: Floats, weighted: Floats, p: int) -> Floats:
        """Return the sum of q(u) / pi(u) over the martingale of censoring, by spell."""
        every, end = np.unique(self.time, return_inverse=True)
        leaving = np.bincount(end)
        at_risk = (len(end) - (leaving.cumsum() - leaving)).astype(np.float64)
        rest = weighted[-1] - weighted[np.searchsorted(self.times, every, side="left")]
        gone = np.zeros((len(every), p + 1))
        scale = np.where(self.other, r / self.open_own, 0.0)
        np.add.at(gone, end, np.column_stack([scale, scale[:, None] * self.x]))
        gone = np.vstack([np.zeros(p + 1), gone.cumsum(axis=0)[:-1]])
        q = gone[:, 1:] * rest[:, :1] - gone[:, :1] * rest[:, 1:]
        per_end = q / at_risk[:, None]
        hazard = np.bincount(end[self.censored], minlength=len(every)) / at_risk
        compensator = (per_end * hazard[:, None]).cumsum(axis=0)
        own: Floats = np.where(self.censored[:, None], per_end[end], 0.0) - compensator[end]
        return own
