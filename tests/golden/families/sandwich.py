"""sandwich: pooled regression, every error structure that this package has.

HC2 and HC3 are CR2 and CR3 with each observation a cluster. Factors for small samples differ and are put in
here: G / (G - 1) with CL_HC0, each of the three parts its own in the two-way case, N / (N - K) in vcovPL.
Left out: HC4, HC4m, HC5 (other powers of the leverage) and PC (Beck and Katz's panel-corrected errors).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.estimate import Estimate
from evaluation.inference import clustered, robust
from tests.golden.case import Case
from tests.golden.dense import pooled

TERMS = ["treated", "unemp", "x1", "x2", "constant"]


def not_covered(case: Case) -> list[str]:
    return [name for name in ("HC4", "HC4m", "HC5", "PC") if name in case.results]


def check(case: Case) -> None:
    frame = case.data().assign(constant=1.0)
    at = [case.results["terms"].index(name.replace("constant", "(Intercept)")) for name in TERMS]
    panel = _fit(frame, "district", "quarter")
    rows = _fit(frame.assign(row=np.arange(len(frame)), once=1), "row", "once")
    case.close("se", panel.value, np.array(case.results["coef"])[at])
    for name, found in (_one_way(frame, panel, rows) | _two_way(frame, panel)).items():
        case.close("se", found, np.array(case.results[name])[at])


def _one_way(frame: pd.DataFrame, panel: Estimate, rows: Estimate) -> dict[str, np.ndarray]:
    n, k, g, t = len(frame), len(TERMS), frame["district"].nunique(), frame["quarter"].nunique()
    white = robust(panel, kind="heteroskedastic").std_error
    by_unit = clustered(panel, correction="CR1").std_error
    common = robust(panel, kind="driscoll_kraay", lags=3).std_error
    return {
        "const": robust(panel, kind="homoskedastic").std_error,
        "HC0": white * np.sqrt((n - k) / n),
        "HC1": white,
        "HC2": clustered(rows, correction="CR2").std_error,
        "HC3": clustered(rows, correction="CR3").std_error,
        "CL_HC0": clustered(panel, correction="CR0").std_error * np.sqrt(g / (g - 1)),
        "CL_HC1": by_unit,
        "CL_HC1_cadjust_false": by_unit * np.sqrt((g - 1) / g),
        "CL_HC2": clustered(panel, correction="CR2").std_error,
        "CL_HC3": clustered(panel, correction="CR3").std_error,
        "PL_newey_west_lag3": common * np.sqrt(n / (n - 1) * (t - 1) / t),
    }


def _two_way(frame: pd.DataFrame, panel: Estimate) -> dict[str, np.ndarray]:
    """Both ways less the observations, with the factor of each instead of one for all."""
    n, k, g, t = len(frame), len(TERMS), frame["district"].nunique(), frame["quarter"].nunique()
    units = clustered(panel, correction="CR0").std_error ** 2
    both = robust(panel, kind="heteroskedastic").std_error ** 2 * (n - k) / n
    whole = robust(panel, kind="two_way").std_error ** 2 * (n - k) / (n - 1) * (min(g, t) - 1) / min(g, t)
    periods = whole - units + both
    variance = units * g / (g - 1) + periods * t / (t - 1) - both * n / (n - 1)
    return {
        "CL_twoway_HC0": np.sqrt(variance),
        "CL_twoway_HC1": np.sqrt(variance * (n - 1) / (n - k)),
    }


def _fit(frame: pd.DataFrame, unit: str, time: str) -> Estimate:
    none = np.empty((len(frame), 0))
    return pooled(frame, outcome="y", terms=TERMS, others=none, unit=unit, time=time, group="region")
