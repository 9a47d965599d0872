"""Hagemann's rearrangement test: one treated cluster, which may vary more than the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from evaluation.design import Note
from evaluation.design.note import Number
from evaluation.errors import InferenceError
from evaluation.estimate import Estimate, Inference
from evaluation.inference._placebos import placebos, single

Floats = NDArray[np.float64]

_WEIGHTS = np.linspace(0.0, 1.0, 401)
_AT, _AREA = np.polynomial.legendre.leggauss(200)
_Y = 5.0 * (_AT + 1)  # the standard normal beyond 10 is below 1e-23
_DENSITY = 5.0 * _AREA * np.exp(-(_Y**2) / 2) / np.sqrt(2 * np.pi)
_QB = np.linspace(0.0, 9.0, 361)
_STEPS = 50  # of bisections
_MOST = 1e4  # the largest rho that is tried


def rearrangement(
    estimate: Estimate,
    *,
    rho: float = 2.0,
    cluster: str | None = None,
    conf_level: float = 0.95,
) -> Inference:
    """Compare one treated cluster with the largest of the others, allowing for its larger variance.

    With x_k the untreated clusters' deviations from their mean and d the treated one's, d = estimate - null,
    no effect is rejected in favour of a positive one at level a if (1 - w) d >= max_k x_k: that is when
    ((1 + w) d, (1 - w) d, x_1, ..., x_q) has its two largest values in front already. The weight w is the
    smallest at which the probability of this under a true null is at most a, whatever the variances, as long
    as the treated cluster's standard deviation is at most `rho` times that of every untreated one but one:

        2^-(q+1) + int_0^inf Phi((1 - w) rho y)^(q-1) phi(y) dy
            + min_b [Phi(w sqrt(q - 1) b)^(q-1) + 2 Phi(-q b)] <= a.

    The two-sided p-value is twice the smaller one-sided one. Nothing is simulated. Roughly normal errors of
    clusters are needed, as sums over many observations have. Hagemann (2025), doi:10.1093/restud/rdaf002.

    Parameters
    ----------
    estimate : Estimate
        One effect, with moments, of a panel with one treated cluster: linear, or Poisson by its last working
        regression. Deviations are residuals of untreated clusters on the path of the treated one.
    rho : float
        How many times as large the standard deviation of the treated cluster may be.
    cluster : str, optional
        A grouping of the design; by default the design's cluster. Its units are treated together.
    conf_level : float

    Returns
    -------
    Inference
        p_value of no effect, conf_low, conf_high, each of shape (1,), and conf_set, unbounded where there are
        too few untreated clusters for the level. Notes ``rearrangement``: untreated_clusters, rho,
        smallest_p; ``rearrangement_up_to``, where no effect is rejected: level, and the largest rho at which
        it still is; ``clusters_incomplete``.

    Raises
    ------
    InferenceError
        As `conley_taber`, or if several clusters are treated, or rho is not positive.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=30, n_treated=1, n_periods=8, effect=9.0, seed=1)
    >>> columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    >>> result = ev.twfe(ev.StudyDesign.from_frame(panel, **columns)).infer(rearrangement)
    >>> bool(result.inference.p_value[0] < 0.05)
    True
    """
    if not 0 < rho < np.inf:
        raise InferenceError("bad-rho", value=rho)
    found = placebos(estimate, "rearrangement", cluster)
    treated = single(found.treated, estimate, "rearrangement", cluster)
    others = found.table[treated, found.comparison]
    test = _Test(float(estimate.value[0]), others - others.mean(), _bounds(len(others), rho))
    low, high = test.interval((1 - conf_level) / 2)
    incomplete = found.notes("rearrangement", used=1, exact=True)[1:]
    return Inference.of(
        "rearrangement",
        1,
        conf_level=conf_level,
        p_value=np.array([test.p_value(0.0)]),
        conf_low=np.array([low]),
        conf_high=np.array([high]),
        conf_set=(((low, high),),),
        notes=(*_notes(test, rho, 1 - conf_level), *incomplete),
    )


@dataclass(frozen=True, eq=False)
class _Test:
    """The test of one effect for any null.

    Attributes
    ----------
    value : float
    others : ndarray, shape (q,)
        Deviations of the untreated clusters from their mean.
    bounds : ndarray, shape (401,)
        Bound of the size of a one-sided test at each of `_WEIGHTS`.
    """

    value: float
    others: Floats
    bounds: Floats

    def p_value(self, null: float) -> float:
        """Twice the smaller of the two one-sided p-values."""
        away = self.value - null
        furthest = self.others.max() if away > 0 else -self.others.min()
        if not abs(away) > furthest:
            return 1.0
        return min(1.0, 2 * self._smallest(1 - furthest / abs(away)))

    def _smallest(self, largest: float) -> float:
        """Return the smallest level at which some weight up to this rejects."""
        at_end = float(np.interp(largest, _WEIGHTS, self.bounds))
        return float(np.min(self.bounds[largest >= _WEIGHTS], initial=at_end))

    def interval(self, level: float) -> tuple[float, float]:
        """Return the nulls that neither one-sided test at this level rejects."""
        enough = np.flatnonzero(self.bounds <= level)
        if not len(enough):
            return -np.inf, np.inf
        first = max(int(enough[0]), 1)
        ends = slice(first - 1, first + 1)
        weight = float(np.interp(-level, -self.bounds[ends], _WEIGHTS[ends]))
        factor = 1 / (1 - weight)
        return self.value - factor * self.others.max(), self.value - factor * self.others.min()


def _bounds(q: int, rho: float) -> Floats:
    """Bound of the probability of a false one-sided rejection, at each of `_WEIGHTS`."""
    varies = (ndtr(np.multiply.outer((1 - _WEIGHTS) * rho, _Y)) ** (q - 1)) @ _DENSITY
    centred = ndtr(np.multiply.outer(_WEIGHTS * np.sqrt(q - 1) / q, _QB)) ** (q - 1) + 2 * ndtr(-_QB)
    return np.asarray(2.0 ** -(q + 1) + varies + centred.min(axis=1))


def _notes(test: _Test, rho: float, level: float) -> tuple[Note, ...]:
    q = len(test.others)
    numbers: dict[str, Number] = {
        "untreated_clusters": q,
        "rho": rho,
        "smallest_p": min(1.0, 2 * float(test.bounds.min())),
    }
    told = Note("rearrangement", numbers)
    largest = _largest_rho(test, rho, level)
    return (told, Note("rearrangement_up_to", {"level": level, "rho": largest})) if largest else (told,)


def _largest_rho(test: _Test, rho: float, level: float) -> float | None:
    """Return up to which rho no effect is rejected; None where it is not at the one that was asked for."""

    def rejects(one: float) -> bool:
        return _Test(test.value, test.others, _bounds(len(test.others), one)).p_value(0.0) <= level

    if not rejects(rho):
        return None
    low, high = rho, _MOST
    if rejects(high):
        return high
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if rejects(middle) else (low, middle)
    return low
