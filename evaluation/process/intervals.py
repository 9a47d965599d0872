"""Intervals of indicators: Wilson, Clopper-Pearson, Garwood, and none for a complete enumeration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, gammaincinv, ndtri

from evaluation.errors import InferenceError, listed
from evaluation.estimate import Estimate, Inference, Result
from evaluation.process.counts import Counts
from evaluation.process.pooled import Pooled, pool

Floats = NDArray[np.float64]
FITTING = {"proportion": ("wilson", "clopper_pearson"), "rate": ("garwood",), "count": ("garwood",)}
EVERY = ("complete",)


def wilson(estimate: Estimate, *, conf_level: float = 0.95) -> Inference:
    r"""Score interval of a proportion k of n.

    .. math:: \frac{k + z^2/2}{n + z^2} \pm \frac{z}{n + z^2} \sqrt{k(n-k)/n + z^2/4}

    Wilson (1927), doi:10.1080/01621459.1927.10502953. It covers about as often as it says also for small n
    (Brown, Cai and DasGupta 2001, doi:10.1214/ss/1009213286). Cases count as independent; where those of one
    district go together, ask for clustered standard errors too.

    Parameters
    ----------
    estimate : Estimate
        A proportion by `indicator`.
    conf_level : float

    Returns
    -------
    Inference
        conf_low and conf_high of shape (k,), times the factor of the indicator; NaN without a denominator.

    Raises
    ------
    InferenceError
        If the indicator is no proportion.

    Examples
    --------
    >>> import pandas as pd
    >>> from evaluation import process
    >>> brno = pd.DataFrame({"group": ["treated"], "month": [12], "kept": [48], "housed": [50]})
    >>> kept = process.Counts.from_frame(brno, numerator="kept", denominator="housed", unit="group",
    ...                                  time="month")
    >>> interval = wilson(process.indicator(kept))
    >>> interval.conf_low.round(3), interval.conf_high.round(3)
    (array([0.865]), array([0.989]))
    """
    pooled = _pooled(estimate, "wilson")
    low, high = wilson_bounds(pooled.numerator, pooled.denominator, conf_level)
    return _inference("wilson", estimate, conf_level, low, high)


def wilson_bounds(numerator: Floats, denominator: Floats, conf_level: float) -> tuple[Floats, Floats]:
    """Return both ends of Wilson's interval; NaN where the denominator is zero.

    Examples
    --------
    >>> [end.round(3).tolist() for end in wilson_bounds(np.array([0.0]), np.array([10.0]), 0.95)]
    [[0.0], [0.278]]
    """
    k, n, z = numerator, _positive(denominator), float(ndtri((1 + conf_level) / 2))
    centre, reach = (k + z**2 / 2) / (n + z**2), z / (n + z**2) * np.sqrt(k * (n - k) / n + z**2 / 4)
    low, high = np.where(k == 0, 0.0, centre - reach), np.where(k == n, 1.0, centre + reach)
    return low + 0 * n, high + 0 * n


def clopper_pearson(estimate: Estimate, *, conf_level: float = 0.95) -> Inference:
    r"""Exact interval of a proportion k of n.

    .. math:: [B(\alpha/2; k, n-k+1), \; B(1-\alpha/2; k+1, n-k)]

    with quantiles of the beta distribution. Clopper and Pearson (1934), doi:10.1093/biomet/26.4.404. Never
    covers less than it says, and usually more.

    Parameters
    ----------
    estimate : Estimate
        A proportion by `indicator`.
    conf_level : float

    Returns
    -------
    Inference

    Raises
    ------
    InferenceError
        If the indicator is no proportion.

    Examples
    --------
    >>> import pandas as pd
    >>> from evaluation import process
    >>> tools = pd.DataFrame({"group": ["a"], "year": [2020], "kept": [0], "housed": [10]})
    >>> kept = process.Counts.from_frame(tools, numerator="kept", denominator="housed", unit="group",
    ...                                  time="year")
    >>> clopper_pearson(process.indicator(kept)).conf_high.round(4)
    array([0.3085])
    """
    pooled = _pooled(estimate, "clopper_pearson")
    k, n = pooled.numerator, _positive(pooled.denominator)
    tail = (1 - conf_level) / 2
    low = np.where(k == 0, 0.0, betaincinv(np.maximum(k, 1e-9), n - k + 1, tail))
    high = np.where(k == n, 1.0, betaincinv(k + 1, np.maximum(n - k, 1e-9), 1 - tail))
    return _inference("clopper_pearson", estimate, conf_level, low + 0 * n, high + 0 * n)


def garwood(estimate: Estimate, *, conf_level: float = 0.95) -> Inference:
    r"""Exact Poisson interval of a count k, or of a rate of k events.

    .. math:: [\Gamma(\alpha/2; k), \; \Gamma(1-\alpha/2; k+1)]

    with quantiles of the gamma distribution, divided by the denominator of a rate. Garwood (1936),
    doi:10.1093/biomet/28.3-4.437. Events count as independent.

    Parameters
    ----------
    estimate : Estimate
        A rate or a count by `indicator`.
    conf_level : float

    Returns
    -------
    Inference

    Raises
    ------
    InferenceError
        If the indicator is neither a rate nor a count.

    Examples
    --------
    >>> import pandas as pd
    >>> from evaluation import process
    >>> homes = pd.DataFrame({"city": ["A"], "year": [2020], "evictions": [3], "flats": [1500]})
    >>> rate = process.Counts.from_frame(homes, numerator="evictions", denominator="flats", unit="city",
    ...                                  time="year")
    >>> interval = garwood(process.indicator(rate, estimand="rate", factor=1000))
    >>> interval.conf_low.round(3), interval.conf_high.round(3)
    (array([0.412]), array([5.845]))
    """
    pooled = _pooled(estimate, "garwood")
    k, tail = pooled.numerator, (1 - conf_level) / 2
    low = np.where(k == 0, 0.0, gammaincinv(np.maximum(k, 1e-9), tail))
    high = gammaincinv(k + 1, 1 - tail)
    size = _positive(pooled.denominator) if estimate.estimand == "rate" else np.ones_like(k)
    return _inference("garwood", estimate, conf_level, low / size, high / size)


def complete(estimate: Estimate, *, conf_level: float = 0.95) -> Inference:
    """No interval: everything there is was counted, and nothing was drawn.

    Parameters
    ----------
    estimate : Estimate
        Any indicator.
    conf_level : float
        Kept for the table.

    Returns
    -------
    Inference
        All arrays NaN.

    Examples
    --------
    >>> import pandas as pd
    >>> from evaluation import process
    >>> signed = pd.DataFrame({"district": ["A", "B"], "quarter": "2020Q1", "memoranda": [1, 1]})
    >>> counts = process.Counts.from_frame(signed, numerator="memoranda", unit="district", time="quarter")
    >>> complete(process.indicator(counts, estimand="count")).conf_low
    array([nan])
    """
    return Inference.of("complete", len(estimate.terms), conf_level=conf_level)


def default_interval(estimate: Estimate, *, conf_level: float = 0.95) -> Result:
    """Give an indicator the interval that fits: Wilson, Garwood for a rate, otherwise none.

    Examples
    --------
    >>> import pandas as pd
    >>> from evaluation import process
    >>> kept = pd.DataFrame({"group": ["a"], "year": [2020], "kept": [3], "housed": [10]})
    >>> counts = process.Counts.from_frame(kept, numerator="kept", denominator="housed", unit="group",
    ...                                    time="year")
    >>> default_interval(process.indicator(counts)).inference.method
    'wilson'
    """
    method = {"proportion": wilson, "rate": garwood}.get(estimate.estimand, complete)
    return estimate.infer(method, conf_level=conf_level)


def _positive(values: Floats) -> Floats:
    return np.where(values > 0, values, np.nan)


def _pooled(estimate: Estimate, method: str) -> Pooled:
    fitting = (*FITTING.get(estimate.estimand, ()), *EVERY)
    if method not in fitting or not isinstance(estimate.design, Counts):
        needs = [estimand for estimand, methods in FITTING.items() if method in methods]
        raise InferenceError(
            "interval-not-defined",
            method=method,
            needs=listed(needs),
            given=estimate.estimand,
            available=listed(fitting),
        )
    return pool(estimate.design, estimate.options)


def _inference(method: str, estimate: Estimate, conf_level: float, low: Floats, high: Floats) -> Inference:
    factor = float(estimate.options["factor"])
    k = len(estimate.terms)
    return Inference.of(method, k, conf_level=conf_level, conf_low=factor * low, conf_high=factor * high)
