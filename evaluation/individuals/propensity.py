"""The propensity score: how it overlaps, and whom to leave out."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design import Note, Sample
from evaluation.design.note import Number
from evaluation.errors import DesignError
from evaluation.estimate import CheckResult
from evaluation.estimate.nuisance import NuisanceError, probability

Floats = NDArray[np.float64]
QUANTILES = {"min": 0.0, "q05": 0.05, "median": 0.5, "q95": 0.95, "max": 1.0}
LIMIT = 1e-6
"""Nearer to 0 or 1 a score makes one unit stand for a million."""


@dataclass(frozen=True, eq=False, repr=False)
class PropensityScore:
    """A fitted probability of being treated.

    Attributes
    ----------
    value : ndarray, shape (n_units,)
    coefficient : ndarray, shape (1 + p,)
        Constant first.
    influence : ndarray, shape (n_units, 1 + p)
        Influence values of the coefficients.
    x : ndarray, shape (n_units, 1 + p)
        Constant and covariates.
    """

    value: Floats
    coefficient: Floats
    influence: Floats
    x: Floats

    def __repr__(self) -> str:
        return f"PropensityScore({len(self.value)} units, {self.value.min():.3f} to {self.value.max():.3f})"


def propensity(design: Sample) -> PropensityScore:
    r"""Fit the probability of being treated by a logit of the covariates.

    .. math:: e(x) = 1 / (1 + \exp(-\beta_0 - x'\beta))

    Rosenbaum and Rubin (1983), doi:10.1093/biomet/70.1.41. Whoever has the same score has, on average, the
    same covariates whether treated or not; what is not among the covariates it cannot balance.

    Parameters
    ----------
    design : Sample
        With covariates. Sampling weights count.

    Returns
    -------
    PropensityScore

    Raises
    ------
    DesignError
        If there are no covariates, they are collinear, or they separate the treated from the others.

    Examples
    --------
    >>> people = pd.DataFrame({"y": [3, 1, 2, 2, 4, 3], "d": [1, 1, 1, 0, 0, 0], "x": [1, 1, 0, 1, 0, 0]})
    >>> sample = Sample.from_frame(people, outcome="y", treatment="d", covariates=["x"])
    >>> propensity(sample).value.round(3).tolist()
    [0.667, 0.667, 0.333, 0.667, 0.333, 0.333]
    """
    x = with_constant(design, "propensity")
    try:
        beta, value, influence = probability(x, design.treatment, design.weights)
    except NuisanceError as error:
        raise refused(error, "propensity") from error
    near = np.minimum(value, 1 - value) < LIMIT
    if near.any():
        raise DesignError("no-overlap", what="propensity", count=int(near.sum()), limit=f"{LIMIT:g}")
    return PropensityScore(value, beta, influence, x)


def with_constant(design: Sample, what: str) -> Floats:
    """Return a constant and the covariates, shape (n_units, 1 + p).

    Raises
    ------
    DesignError
        If there are none.
    """
    if not design.covariates.shape[1]:
        raise DesignError("no-covariates", what=what)
    return np.column_stack([np.ones(design.n_units), design.covariates])


def refused(error: NuisanceError, what: str) -> DesignError:
    """Say to people why a model of the treatment or of the outcome cannot be fitted."""
    if str(error) == "singular":
        return DesignError("covariates-collinear", what=what)
    return DesignError("separated", what=what)


def overlap(design: Sample) -> CheckResult:
    """Compare the propensity scores of the treated and of the others.

    Parameters
    ----------
    design : Sample

    Returns
    -------
    CheckResult
        Informational, name ``overlap``. Table, a row for each group (``treated``, ``comparison``): group, n,
        min, q05, median, q95, max, outside (units beyond the range of the other group). Numbers: outside,
        of, low and high (the common range), rule (the limit of `trim` by Crump et al.).

    Raises
    ------
    DesignError
        As `propensity`.

    Examples
    --------
    >>> people = pd.DataFrame({"y": [3, 1, 2, 2, 4, 3], "d": [1, 1, 1, 0, 0, 0], "x": [3, 1, 2, 1, 0, 2]})
    >>> sample = Sample.from_frame(people, outcome="y", treatment="d", covariates=["x"])
    >>> overlap(sample).table.set_index("group").outside.to_dict()
    {'treated': 1, 'comparison': 1}
    """
    score, treated = propensity(design).value, design.treated_units
    one, zero = score[treated], score[~treated]
    low, high = max(one.min(), zero.min()), min(one.max(), zero.max())
    rows = [
        {"group": name, "n": len(own)}
        | {label: float(np.quantile(own, share)) for label, share in QUANTILES.items()}
        | {"outside": int(((own < other.min()) | (own > other.max())).sum())}
        for name, own, other in (("treated", one, zero), ("comparison", zero, one))
    ]
    table = pd.DataFrame(rows)
    numbers: dict[str, Number] = {
        "outside": int(table.outside.sum()),
        "of": len(score),
        "low": float(low),
        "high": float(high),
    }
    return CheckResult("overlap", None, table, numbers | {"rule": crump_limit(score)})


def trim(design: Sample, *, limit: float | None = None) -> Sample:
    r"""Leave out those whose propensity score is near 0 or 1.

    Without a limit, by the rule of Crump, Hotz, Imbens and Mitnik (2009), doi:10.1093/biomet/asn055: the
    :math:`\alpha` that makes the variance of the effect on those with
    :math:`\alpha \le e(x) \le 1 - \alpha` smallest under equal error variances. The question changes with
    it: the effect is on those who are left.

    Parameters
    ----------
    design : Sample
    limit : float, optional
        Between 0 and 0.5.

    Returns
    -------
    Sample
        With the note ``trimmed``.

    Raises
    ------
    DesignError
        As `propensity`; if the limit is not possible or a group is empty after it.

    Examples
    --------
    >>> people = pd.DataFrame({"y": [3, 1, 2, 2, 4, 3], "d": [1, 1, 1, 0, 0, 0], "x": [3, 1, 2, 1, 0, 2]})
    >>> sample = Sample.from_frame(people, outcome="y", treatment="d", covariates=["x"])
    >>> trim(sample, limit=0.2)
    Sample(4 units, 2 treated, outcome 'y')
    """
    score = propensity(design).value
    if limit is not None and not 0 < limit < 0.5:
        raise DesignError("bad-limit", option="limit", value=limit, low=0, high=0.5)
    chosen = crump_limit(score) if limit is None else limit
    kept = (score >= chosen) & (score <= 1 - chosen)
    counts = int((kept & design.treated_units).sum()), int((kept & ~design.treated_units).sum())
    if min(counts) == 0:
        raise DesignError("nobody-left", what="trim", treated=counts[0], comparison=counts[1])
    out = {"left_out": int((~kept).sum()), "of": len(kept), "limit": chosen}
    return dataclasses.replace(design.take(kept), notes=(*design.notes, Note("trimmed", out)))


def crump_limit(score: Floats) -> float:
    """Smallest limit a with 1 / (a (1 - a)) <= 2 E[1 / (e (1 - e)) | 1 / (e (1 - e)) <= 1 / (a (1 - a))].

    Examples
    --------
    >>> crump_limit(np.array([0.4, 0.5, 0.6]))
    0.0
    """
    cost = np.sort(1 / (score * (1 - score)))
    means = cost.cumsum() / np.arange(1, len(cost) + 1)
    if cost[-1] <= 2 * means[-1]:
        return 0.0
    bound = 2 * means[np.flatnonzero(cost <= 2 * means)[-1]]
    return float(0.5 - np.sqrt(max(0.25 - 1 / bound, 0.0)))
