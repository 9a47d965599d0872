"""Regression discontinuity: the jump of an outcome at the cutoff of a score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from evaluation.design import Note, Sample
from evaluation.errors import DesignError, InferenceError, require_option
from evaluation.estimate import Estimate, Inference, Term
from evaluation.individuals._bandwidths import SELECTORS, Errors, Kernel, Setup, bandwidths, setup_of
from evaluation.individuals._jump import Local, influence_of, local_fits, values_of
from evaluation.individuals._local_polynomial import Side, by_cluster
from evaluation.individuals._sides import FEW_NEAR, above, direction, sides_of

Floats = NDArray[np.float64]
ROUNDING = 1e-10
"""A jump of a share below this is the rounding of zero."""
WEAK = 10.0
"""First-stage F below which a ratio of jumps is not normal (Staiger and Stock 1997)."""


def regression_discontinuity(
    sample: Sample,
    *,
    cutoff: float = 0.0,
    order: int = 1,
    kernel: Kernel = "triangular",
    selector: str = "mserd",
    bandwidth: float | None = None,
    bias_bandwidth: float | None = None,
    errors: Errors | None = None,
) -> Estimate:
    r"""Jump of the outcome at the cutoff: local polynomials on both sides, corrected for their bias.

    .. math:: \hat\tau = e_0'\hat\beta_+(h) - e_0'\hat\beta_-(h), \quad
              \hat\tau_{rbc} = \hat\tau - h^{p+1} (\hat B_+(b) - \hat B_-(b))

    where each beta is fitted with kernel weights within the bandwidth h, and each bias B comes from a
    polynomial of order p + 1 within b. The interval about the corrected estimate counts that the bias is
    estimated. Calonico, Cattaneo and Titiunik (2014), doi:10.3982/ECTA11757; with covariates and clusters
    Calonico, Cattaneo, Farrell and Titiunik (2019), doi:10.1162/rest_a_00760. It is the effect at the cutoff,
    for those who could not place themselves on one side of it, which no check here looks at yet.

    Parameters
    ----------
    sample : Sample
        With a running variable. Who lies at the cutoff belongs to those above. With `received` the design is
        fuzzy: the jump of the outcome divided by the jump of treatment. With covariates their common
        coefficients are taken out, which changes precision and not what is estimated.
    cutoff : float
    order : int
        p; one is local linear.
    kernel : {"triangular", "epanechnikov", "uniform"}
    selector : str
        "mserd", "msetwo" (one bandwidth for each side), "msesum", "msecomb1", "msecomb2"; the same with "cer"
        in place of "mse" make the error of the interval's coverage small.
    bandwidth, bias_bandwidth : float, optional
        h and b instead of the selected ones; b is h where only h is given.
    errors : {"nn", "hc0", "hc1", "hc2", "hc3"}, optional
        Residuals: from the three nearest observations ("nn", the default without clusters), or from the
        polynomial ("hc0" with clusters).

    Returns
    -------
    Estimate
        Estimand ``jump``. Terms ``conventional`` and ``robust`` (corrected for bias); above less below, or
        treated less others where the sample names a treatment. Influence values of shape (n_units, 2); for
        the published interval use `rd_error`. Options hold the bandwidths used. Notes
        ``few_near_cutoff``, ``heaped_score``, ``weak_first_stage``.

    Raises
    ------
    DesignError
        If there is no running variable, too few observations lie on one side, treatment does not follow from
        the score, or an option is unknown.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> people = pd.DataFrame({"score": rng.uniform(-1, 1, 800)})
    >>> people["days"] = 2 + people.score + 3 * (people.score >= 0) + rng.normal(0, 0.5, 800)
    >>> sample = Sample.from_frame(people, outcome="days", running="score")
    >>> regression_discontinuity(sample).infer(rd_error).tidy().conf_low.round(1).tolist()
    [2.9, 2.8]
    """
    setup = setup_of(sample, order, kernel, errors)
    require_option(DesignError, "regression_discontinuity", "selector", selector, SELECTORS)
    sample = sample.complete()
    sides = sides_of(sample, cutoff, least=order + 3)
    widths = _widths(sides, setup, selector, bandwidth, bias_bandwidth)
    local = [local_fits(side, setup, *widths[:, i]) for i, side in enumerate(sides)]
    _check_first_stage(local, cutoff)
    value, weights = values_of(sides, local)
    sign = direction(sample, cutoff)
    influence = np.zeros((sample.n_units, 2))
    up = above(sample, cutoff)
    for rows, side, one, where in zip((~up, up), (-1, 1), local, sides, strict=True):
        influence[rows] = sign * side * sample.n_units * influence_of(where, one, weights, setup)
    return Estimate(
        estimator="regression_discontinuity",
        estimand="jump",
        terms=(Term("conventional"), Term("robust")),
        value=sign * value,
        design=sample,
        options={
            "cutoff": float(cutoff),
            "order": order,
            "kernel": kernel,
            "errors": setup.errors,
            "bandwidths": tuple(widths[0].tolist()),
            "bias_bandwidths": tuple(widths[1].tolist()),
        },
        influence=influence,
        notes=_notes(sides, local, setup),
    )


def rd_error(estimate: Estimate, *, conf_level: float = 0.95) -> Inference:
    r"""Make robust bias-corrected intervals: normal, from influence values, the two sides independent.

    .. math:: \widehat{Var} = n^{-2} \sum_{s \in \{-, +\}} \sum_g \Big( \sum_{i \in g \cap s} \psi_i \Big)^2

    The sums run within clusters. Where clusters lie on both sides, what their parts have in common is not
    counted, as is usual; `inference.clustered` counts it.

    Parameters
    ----------
    estimate : Estimate
        Of `regression_discontinuity`.
    conf_level : float

    Returns
    -------
    Inference
        The row ``robust`` is the one to report.

    Raises
    ------
    InferenceError
        If the estimate is another one.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> people = pd.DataFrame({"score": rng.uniform(-1, 1, 400)})
    >>> people["days"] = 2 + people.score + rng.normal(0, 0.5, 400)
    >>> sample = Sample.from_frame(people, outcome="days", running="score")
    >>> bool(regression_discontinuity(sample).infer(rd_error).tidy().p_value[1] > 0.05)
    True
    """
    sample = estimate.design
    if estimate.estimator != "regression_discontinuity" or not isinstance(sample, Sample):
        raise InferenceError("not-a-discontinuity", method="rd_error", estimator=estimate.estimator)
    assert estimate.influence is not None
    up = above(sample, float(estimate.options["cutoff"]))
    variance = np.zeros(len(estimate.terms))
    for rows in (~up, up):
        sums = by_cluster(estimate.influence[rows], sample.cluster.codes[rows])
        variance += (sums**2).sum(axis=0) / sample.n_units**2
    error = np.sqrt(variance)
    reach = float(ndtri((1 + conf_level) / 2)) * error
    return Inference.of(
        "rd_error",
        len(error),
        conf_level=conf_level,
        std_error=error,
        p_value=2 * ndtr(-np.abs(estimate.value / error)),
        conf_low=estimate.value - reach,
        conf_high=estimate.value + reach,
    )


def _check_first_stage(local: list[Local], cutoff: float) -> None:
    below, over = local
    if below.main.side.fuzzy and abs(over.levels[0, 1] - below.levels[0, 1]) < ROUNDING:
        raise DesignError("rd-no-first-stage", cutoff=cutoff)


def _widths(
    sides: tuple[Side, Side], setup: Setup, selector: str, main: float | None, bias: float | None
) -> Floats:
    if main is None:
        if bias is not None:
            raise DesignError("rd-bias-bandwidth-alone", value=bias)
        return bandwidths(sides, setup)[selector]
    for option, value in (("bandwidth", main), ("bias_bandwidth", bias)):
        if value is not None and not value > 0:
            raise DesignError("rd-bad-number", option=option, value=value)
    widths = np.array([[main] * 2, [main if bias is None else bias] * 2], dtype=np.float64)
    for side in sides:
        inside = int((np.abs(side.x) < widths.min()).sum())
        if inside < setup.bias_order + 2:
            raise DesignError(
                "rd-few-inside", count=inside, bandwidth=widths.min(), least=setup.bias_order + 2
            )
    return widths


def _notes(sides: tuple[Side, Side], local: list[Local], setup: Setup) -> tuple[Note, ...]:
    near = min(int(one.main.rows.sum()) for one in local)
    n = sum(len(side.x) for side in sides)
    distinct = sum(len(np.unique(side.x)) for side in sides)
    notes: list[Note] = []
    if near < FEW_NEAR:
        notes.append(Note("few_near_cutoff", {"count": near}))
    if distinct < 0.8 * n:
        notes.append(Note("heaped_score", {"distinct": distinct, "of": n}))
    if sides[0].fuzzy:
        first = np.eye(sides[0].columns.shape[1])[1]
        jump = float((local[1].levels - local[0].levels)[0] @ first)
        variance = sum(
            float((influence_of(side, one, first, setup)[:, 0] ** 2).sum())
            for side, one in zip(sides, local, strict=True)
        )
        if jump**2 < WEAK * variance:
            notes.append(Note("weak_first_stage", {"f": round(jump**2 / variance, 1) if variance else 0.0}))
    return tuple(notes)
