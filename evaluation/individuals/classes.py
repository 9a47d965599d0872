"""Classes of units that are alike: coarsened exact matching, subclassification."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Sample
from evaluation.errors import DesignError, did_you_mean, listed
from evaluation.individuals.matched import Matched, of_classes
from evaluation.individuals.propensity import propensity, with_constant

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def cem(design: Sample, *, bins: Mapping[str, int] | None = None) -> Matched:
    """Match exactly on coarsened covariates; classes without both groups are left out.

    Iacus, King and Porro (2012), doi:10.1093/pan/mpr013.

    Parameters
    ----------
    design : Sample
        With covariates; those without an outcome are left out.
    bins : Mapping, optional
        Covariate -> number of equally wide intervals over its range. Others, if they have more than two
        values, get as many as Sturges' rule says (log2 n + 1, rounded up).

    Returns
    -------
    Matched

    Raises
    ------
    DesignError
        If there are no covariates, a name or number is not possible, or no class holds both groups.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"y": [3.0, 1, 2, 2, 4, 3], "d": [1, 1, 0, 0, 0, 0], "x": [1, 9, 2, 3, 8, 5]})
    >>> sample = Sample.from_frame(people, outcome="y", treatment="d", covariates=["x"])
    >>> cem(sample, bins={"x": 2}).weights.tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    seen, asked = design.complete(), dict(bins or {})
    x, names = with_constant(seen, "cem")[:, 1:], seen.names.covariates
    for name, number in asked.items():
        if name not in names:
            raise DesignError(
                "unknown-covariate",
                covariate=name,
                available=listed(names),
                suggestion=did_you_mean(name, names),
            )
        if number < 1 or int(number) != number:
            raise DesignError("bad-limit", option=f"bins[{name!r}]", value=number, low=1, high=seen.n_units)
    sturges = int(np.ceil(np.log2(seen.n_units))) + 1
    codes = [_binned(x[:, j], asked.get(name), sturges) for j, name in enumerate(names)]
    _, classes = np.unique(np.column_stack(codes), axis=0, return_inverse=True)
    return of_classes(seen, classes.reshape(-1).astype(np.int64), "cem")


def _binned(x: Floats, number: int | None, otherwise: int) -> Integers:
    if number is None and len(np.unique(x)) <= 2:
        return np.unique(x, return_inverse=True)[1].astype(np.int64)
    count = otherwise if number is None else int(number)
    ends = np.linspace(x.min(), x.max(), count + 1)
    return _interval(x, ends)


def _interval(x: Floats, ends: Floats) -> Integers:
    """Intervals closed on the left, the last on both sides; what lies outside goes to the nearest."""
    return np.clip(np.searchsorted(ends, x, side="right") - 1, 0, len(ends) - 2).astype(np.int64)


def subclassification(design: Sample, *, subclasses: int = 5) -> Matched:
    """Compare within classes of the propensity score that hold equally many treated.

    Five take away nine tenths of the bias from a single covariate: Cochran (1968), doi:10.2307/2528036;
    Rosenbaum and Rubin (1984), doi:10.1080/01621459.1984.10478078.

    Parameters
    ----------
    design : Sample
        With covariates; those without an outcome are left out.
    subclasses : int

    Returns
    -------
    Matched

    Raises
    ------
    DesignError
        As `propensity`; if the number is not possible or no class holds both groups.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"y": [3, 1, 2, 2, 4, 3], "d": [1, 1, 1, 0, 0, 0], "x": [3, 1, 2, 1, 0, 2]})
    >>> sample = Sample.from_frame(people, outcome="y", treatment="d", covariates=["x"])
    >>> subclassification(sample, subclasses=2).sets.tolist()
    [1, 0, 1, 0, 0, 1]
    """
    seen = design.complete()
    score, treated = propensity(seen).value, seen.treated_units
    if int(subclasses) != subclasses or not 2 <= subclasses <= int(treated.sum()):
        raise DesignError("bad-limit", option="subclasses", value=subclasses, low=2, high=int(treated.sum()))
    ends = np.quantile(score[treated], np.linspace(0, 1, int(subclasses) + 1))
    return of_classes(seen, _interval(score, ends), "subclassification", score)
