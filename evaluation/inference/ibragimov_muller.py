"""Two samples of clusters: a t-test that few clusters of unequal variance do not invalidate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from evaluation.design import Note
from evaluation.estimate import Estimate, Inference
from evaluation.inference._contributions import contributions
from evaluation.inference._invert import accepted, hull

Floats = NDArray[np.float64]


def ibragimov_muller(
    estimate: Estimate, *, cluster: str | None = None, conf_level: float = 0.95
) -> Inference:
    """Compare treated and untreated clusters as two samples of unequal variance, with few degrees of freedom.

    Each cluster is one observation. Where all treated start at once in a balanced panel, with d_g the change
    of the mean outcome of cluster g and q1, q0 the numbers of treated and untreated clusters,

        t = (mean of d, treated - mean of d, untreated - null) / sqrt(s1^2 / q1 + s0^2 / q0)

    and t(min(q1, q0) - 1). However the variances differ between clusters, with normal errors that are
    independent between clusters this rejects a true null in 5 % of cases at most. Ibragimov and Mueller
    (2016), doi:10.1162/REST_a_00545, after their (2010), doi:10.1198/jbes.2009.08046.

    In general the observations are what clusters add to the error of the effect (scores times bread) under
    the null, see `Contributions`; treated clusters of unequal weight make the variance depend on the null,
    and the confidence set may then be unbounded.

    Parameters
    ----------
    estimate : Estimate
        One effect, with moments: linear, or Poisson by its last working regression.
    cluster : str, optional
        A grouping of the design; by default the design's cluster.
    conf_level : float

    Returns
    -------
    Inference
        std_error (of the estimate taken as the truth), df, p_value of no effect, conf_low, conf_high, each of
        shape (1,), and conf_set. Note ``cluster_t``: treated and untreated clusters, df.

    Raises
    ------
    InferenceError
        If the estimate has no moments or several terms, or there are fewer than two treated or two untreated
        clusters.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=22, n_treated=5, n_periods=8, effect=2.0, seed=1)
    >>> columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    >>> ev.twfe(ev.StudyDesign.from_frame(panel, **columns)).infer(ibragimov_muller).tidy().df.tolist()
    [4.0]
    """
    parts = contributions(estimate, "ibragimov_muller", cluster)
    own, share = parts.own[parts.treated], parts.share[parts.treated]
    others, value = parts.own[~parts.treated], float(estimate.value[0])
    df = min(len(own), len(others)) - 1

    def error(null: float) -> float:
        treated = own + (value - null) * share
        variance = len(own) * treated.var(ddof=1) + len(others) * others.var(ddof=1)
        return float(np.sqrt(variance)) if variance > 0 else float("nan")

    def p_value(null: float) -> float:
        return float(2 * stdtr(df, -abs((value - null) / error(null))))

    found = tuple(accepted(p_value, value, error(value), 1 - conf_level))
    low, high = hull(found)
    return Inference.of(
        "ibragimov_muller",
        1,
        conf_level=conf_level,
        std_error=np.array([error(value)]),
        df=np.array([float(df)]),
        p_value=np.array([p_value(0.0)]),
        conf_low=np.array([low]),
        conf_high=np.array([high]),
        conf_set=(found,),
        notes=(
            Note(
                "cluster_t",
                {"treated_clusters": len(own), "untreated_clusters": len(others), "df": df},
            ),
        ),
    )
