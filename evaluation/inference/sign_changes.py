"""Sign changes: the effects of single clusters, had each been of the other sign."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Note
from evaluation.errors import InferenceError
from evaluation.estimate import Estimate, Inference
from evaluation.inference._contributions import Contributions, contributions
from evaluation.inference._invert import accepted, hull
from evaluation.inference._multipliers import MOST_EXACT, MULTIPLIERS, drawn, every_sign

Floats = NDArray[np.float64]

TIE = 1e-9
"""Sums closer than this share count as equal, that is as extreme."""


def sign_changes(
    estimate: Estimate,
    *,
    cluster: str | None = None,
    draws: int = 9999,
    seed: int = 0,
    conf_level: float = 0.95,
) -> Inference:
    """Compare the sum of the treated clusters' own effects with its values under all changes of their signs.

    Each treated cluster j gets a part of the untreated clusters, of equal size up to one, at random, and with
    it an effect of its own. Z_j is what both add to the error of the estimate under the null, see
    `Contributions`; the Z_j add up to the estimate less the null. Independent and, under the null, each as
    likely positive as negative, they are compared with every vector v of signs:

        p = #{|sum_j v_j Z_j| >= |sum_j Z_j|} / 2^q.

    Variances may differ from cluster to cluster. The t statistic of the Z_j gives the same p, because their
    sum of squares does not change. Canay, Romano and Shaikh (2017), doi:10.3982/ECTA13081. Smaller than
    2 / 2^q no p can be: five treated clusters cannot reject at 5 %.

    Parameters
    ----------
    estimate : Estimate
        One effect, with moments: linear, or Poisson by its last working regression.
    cluster : str, optional
        A grouping of the design; by default the design's cluster.
    draws : int
        Vectors of signs that are drawn where there are more than `MOST_EXACT`; p is then
        (1 + #) / (1 + draws).
    seed : int
        Of the parts and the draws.
    conf_level : float

    Returns
    -------
    Inference
        std_error (the root of the sum of squares of the Z_j where the estimate is the null), p_value of no
        effect, conf_low, conf_high, each of shape (1,), and conf_set, unbounded where q is too small for the
        level. Note ``sign_changes``: treated_clusters, untreated_clusters, used, exact, smallest_p.

    Raises
    ------
    InferenceError
        If the estimate has no moments or several terms, there are fewer than two treated or two untreated
        clusters, or `draws` is no positive whole number.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=22, n_treated=6, n_periods=8, effect=6.0, seed=1)
    >>> columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    >>> ev.twfe(ev.StudyDesign.from_frame(panel, **columns)).infer(sign_changes).inference.p_value
    array([0.03125])
    """
    if draws < 1 or int(draws) != draws:
        raise InferenceError("bad-draws", value=draws)
    parts = contributions(estimate, "sign_changes", cluster)
    own, share = _with_parts(parts, seed), parts.share[parts.treated]
    q = len(own)
    exact = 2**q <= MOST_EXACT
    signs = every_sign(q) if exact else drawn(q, draws, MULTIPLIERS["rademacher"], seed)
    sums = np.concatenate([np.stack([own, share]) @ some for some in signs], axis=1)
    test = _Test(float(estimate.value[0]), sums, exact)
    error = float(np.sqrt(own @ own))
    found = tuple(accepted(test.p_value, test.value, error, 1 - conf_level))
    low, high = hull(found)
    return Inference.of(
        "sign_changes",
        1,
        conf_level=conf_level,
        std_error=np.array([error]),
        p_value=np.array([test.p_value(0.0)]),
        conf_low=np.array([low]),
        conf_high=np.array([high]),
        conf_set=(found,),
        notes=(test.note(q, int((~parts.treated).sum())),),
    )


def _with_parts(parts: Contributions, seed: int) -> Floats:
    """Add to each treated cluster what its part of the untreated ones adds, (q,)."""
    others = np.random.default_rng(seed).permutation(parts.own[~parts.treated])
    q = int(parts.treated.sum())
    return parts.own[parts.treated] + np.bincount(np.arange(len(others)) % q, others, minlength=q)


@dataclass(frozen=True, eq=False)
class _Test:
    """Sums under changed signs for any null, (2, B): the first row plus (value - null) times the second."""

    value: float
    sums: Floats
    exact: bool

    def p_value(self, null: float) -> float:
        r = self.value - null
        used: int = self.sums.shape[1]
        extreme = int((np.abs(self.sums[0] + r * self.sums[1]) >= abs(r) * (1 - TIE)).sum())
        return extreme / used if self.exact else (1 + extreme) / (1 + used)

    def note(self, treated: int, untreated: int) -> Note:
        used = self.sums.shape[1]
        numbers = {"treated_clusters": treated, "untreated_clusters": untreated, "used": used}
        smallest = 2 / used if self.exact else 1 / (1 + used)
        return Note("sign_changes", {**numbers, "exact": self.exact, "smallest_p": smallest})
