"""Whether the groups are alike, before and after weighting or matching."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design import Sample
from evaluation.design.note import Number
from evaluation.estimate import CheckResult
from evaluation.individuals.weighted import Weighted

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
LARGE = 0.1
"""Standard deviations beyond which groups differ visibly (Austin 2009, doi:10.1002/sim.3697)."""


def weighted_balance(compared: Sample | Weighted) -> CheckResult:
    r"""Compare the covariates of both groups, standardised differences first; before, and after weighting.

    .. math:: d = (\bar x_1 - \bar x_0) / s

    with s the standard deviation of the treated before weighting ("att"), of the others ("atc"), else the
    root of the mean of both variances; the same before and after, so that the two can be compared (Stuart
    2010, doi:10.1214/09-STS313). The spread of a variable of 0 and 1 is :math:`\sqrt{p(1-p)}`. No test: with
    fewer units it would find balance where there is none (Imai, King and Stuart 2008,
    doi:10.1111/j.1467-985X.2007.00527.x).

    Parameters
    ----------
    compared : Sample or Weighted
        A sample alone gives the rows before only.

    Returns
    -------
    CheckResult
        Name ``weighted_balance``; passed if no standardised difference of the last sample is beyond 0.1.
        Table, a row for each covariate and sample: covariate, sample (``before``, ``after``), smd,
        var_ratio (NaN for 0 and 1), ecdf_mean and ecdf_max (of the differences of both distribution
        functions), mean_treated, mean_comparison; the propensity score, where there is one, is the covariate
        ``propensity_score``. Numbers: largest, covariate, beyond, of, effective_treated,
        effective_comparison.

    Examples
    --------
    >>> people = pd.DataFrame({"y": [3, 1, 2, 2], "d": [1, 1, 0, 0], "age": [30, 50, 40, 20]})
    >>> sample = Sample.from_frame(people, outcome="y", treatment="d", covariates=["age"])
    >>> weighted_balance(sample).table.smd.round(3).tolist()
    [0.707]
    """
    weighted = Weighted(compared, compared.weights, "ate") if isinstance(compared, Sample) else compared
    samples = {"before": weighted.design.weights}
    if weighted is compared:
        samples["after"] = weighted.weights
    rows = [
        {"covariate": name, "sample": label} | _compare(x, weighted, w)
        for name, x in _variables(weighted).items()
        for label, w in samples.items()
    ]
    columns = ["covariate", "sample", "smd", "var_ratio", "ecdf_mean", "ecdf_max"]
    table = pd.DataFrame(rows, columns=[*columns, "mean_treated", "mean_comparison"])
    last = table[table["sample"] == list(samples)[-1]].set_index("covariate").smd.abs()
    last = last.drop("propensity_score", errors="ignore")
    largest = float(last.max()) if len(last) else 0.0
    one, zero = weighted.effective_sizes
    numbers: dict[str, Number] = {
        "largest": largest,
        "covariate": str(last.idxmax()) if last.notna().any() else "",
    }
    counts = {"beyond": int((last > LARGE).sum()), "of": len(last)}
    sizes = {"effective_treated": one, "effective_comparison": zero}
    return CheckResult("weighted_balance", bool(largest <= LARGE), table, numbers | counts | sizes)


def _variables(weighted: Weighted) -> dict[str, Floats]:
    score = {} if weighted.score is None else {"propensity_score": weighted.score}
    names = weighted.design.names.covariates
    return score | {name: weighted.design.covariates[:, j] for j, name in enumerate(names)}


def _compare(x: Floats, weighted: Weighted, weights: Floats) -> dict[str, float]:
    treated = weighted.design.treated_units
    one, zero = (float(np.average(x[g], weights=weights[g])) for g in (treated, ~treated))
    spread = _spread(x, treated, weighted)
    binary = bool(np.isin(x, (0, 1)).all())
    mean, most = _distribution(x, treated, weights)
    return {
        "smd": (one - zero) / spread if spread > 0 else (0.0 if one == zero else np.nan),
        "var_ratio": np.nan if binary else _ratio(x, treated, weights),
        "ecdf_mean": abs(one - zero) if binary else mean,
        "ecdf_max": abs(one - zero) if binary else most,
        "mean_treated": one,
        "mean_comparison": zero,
    }


def _spread(x: Floats, treated: Bools, weighted: Weighted) -> float:
    """Return the standard deviation by which differences are divided: that before weighting."""
    groups = {"att": [treated], "atc": [~treated]}.get(weighted.estimand, [treated, ~treated])
    return float(np.sqrt(np.mean([_variance(x[g], weighted.design.weights[g]) for g in groups])))


def _variance(x: Floats, weights: Floats) -> float:
    """Unbiased where all weights are equal; p (1 - p) of a variable of 0 and 1."""
    w = weights / weights.sum()
    mean = float(w @ x)
    if np.isin(x, (0, 1)).all():
        return mean * (1 - mean)
    free = 1 - float(w @ w)
    return float(w @ (x - mean) ** 2) / free if free > 0 else np.nan


def _ratio(x: Floats, treated: Bools, weights: Floats) -> float:
    one, zero = (_variance(x[g], weights[g]) for g in (treated, ~treated))
    return one / zero if zero > 0 else np.nan


def _distribution(x: Floats, treated: Bools, weights: Floats) -> tuple[float, float]:
    """Mean, over the distinct values, and maximum of the difference of the distribution functions."""
    _, codes = np.unique(x, return_inverse=True)
    shares = [
        np.bincount(codes[g], weights[g], codes.max() + 1) / weights[g].sum() for g in (treated, ~treated)
    ]
    apart = np.abs(np.cumsum(shares[0] - shares[1]))
    return float(apart.mean()), float(apart.max())
