"""estimatr: regressions on one quarter, HC2, HC3, CR2 and Stata's factor, Lin's adjustment, two means.

HC2 and HC3 are CR2 and CR3 with each district a cluster. Their N - K degrees of freedom are put in here, and
those of the difference in means, which are Welch's: this package gives Satterthwaite's under one variance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from evaluation.design import Sample
from evaluation.estimate import Estimate, Inference
from evaluation.individuals import itt
from evaluation.inference import clustered
from tests.golden.case import Case
from tests.golden.dense import pooled


def not_covered(case: Case) -> list[str]:
    return []


def check(case: Case) -> None:
    frame = case.data().assign(constant=1.0)
    for name in ("x1", "x2"):
        frame[f"{name}_c"] = frame[name] - frame[name].mean()
        frame[f"z:{name}_c"] = frame["z"] * frame[f"{name}_c"]
    whole, lin, means = (
        _fit(frame, terms) for terms in (["z", "x1", "x2"], ["z", "x1_c", "x2_c", "z:x1_c", "z:x2_c"], ["z"])
    )
    n = len(frame)
    _compare(case, "robust_HC2", whole, clustered(whole, correction="CR2"), n - 4)
    _compare(case, "robust_HC3", whole, clustered(whole, correction="CR3"), n - 4)
    _compare(case, "robust_CR2", whole, clustered(whole, correction="CR2", cluster="region"))
    _compare(case, "stata", whole, clustered(whole, cluster="region"))
    _compare(case, "lin_HC2", lin, clustered(lin, correction="CR2"), n - 6)
    drawn = Sample.from_frame(frame, outcome="y", treatment="z", covariates=["x1", "x2"])
    for name, adjustment in (("lin_HC2", "lin"), ("robust_HC2", "ancova")):
        fit, at = itt(drawn, adjustment=adjustment), case.results[name]["term"].index("z")  # type: ignore[arg-type]
        error = clustered(fit, correction="CR2").std_error
        case.close(
            "all", [fit.value[0], error[0]], [case.results[name][key][at] for key in ("estimate", "se")]
        )
    welch = stats.ttest_ind(*(frame.loc[frame["z"] == z, "y"] for z in (1, 0)), equal_var=False).df
    _compare(case, "dim", means, clustered(means, correction="CR2"), float(welch))


def _compare(case: Case, name: str, estimate: Estimate, found: Inference, df: float | None = None) -> None:
    wanted: dict[str, Any] = case.results[name]
    names = [term.name.replace("constant", "(Intercept)") for term in estimate.terms]
    at = [i for i, term in enumerate(names) if term in np.atleast_1d(wanted["term"])]
    order = [list(np.atleast_1d(wanted["term"])).index(names[i]) for i in at]
    degrees = (found.df if df is None else np.full(len(names), df))[at]
    value, error = estimate.value[at], found.std_error[at]
    reach = stats.t.ppf(0.975, degrees) * error
    got = {
        "estimate": value,
        "se": error,
        "df": degrees,
        "p": 2 * stats.t.sf(np.abs(value / error), degrees),
        "lo": value - reach,
        "hi": value + reach,
    }
    for key, values in got.items():
        case.close("all", values, np.atleast_1d(wanted[key])[order])


def _fit(frame: pd.DataFrame, terms: list[str]) -> Estimate:
    none = np.empty((len(frame), 0))
    return pooled(
        frame,
        outcome="y",
        terms=[*terms, "constant"],
        others=none,
        unit="district",
        time="quarter",
        group="region",
    )
