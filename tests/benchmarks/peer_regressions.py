"""The same regressions by pyfixest 0.60 or diff-diff 3.13, run by a Python that has it, as JSON.

`peer_regressions.py NAME TASK FILE TIMES`; a task that the peer cannot do ends with an error.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings

import pandas as pd

warnings.simplefilter("ignore")
name, task, file, times = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
data = pd.read_pickle(file)


def pyfixest():
    import pyfixest as pf

    cluster = {"CRV1": "unit"}
    if task == "twfe":
        fit = pf.feols("y ~ treated | unit + time", data, vcov=cluster, lean=True, store_data=False)
        return fit.coef()["treated"], fit.se()["treated"]
    if task == "event_study":
        relative = (data["time"] - data["start"]).where(data["start"] > 0, -1)
        table = data.assign(relative=relative.astype(int))
        fit = pf.feols(
            "y ~ i(relative, ref=-1) | unit + time", table, vcov=cluster, lean=True, store_data=False
        )
        row = next(key for key in fit.coef().index if key.endswith(("[0]", "[T.0]", "::0")))
        return fit.coef()[row], fit.se()[row]
    fit = pf.event_study(
        data, yname="y", idname="unit", tname="time", gname="start", estimator="saturated", att=False
    )
    row = fit.aggregate(agg="period", weighting="shares").loc[0]
    return row["Estimate"], row["Std. Error"]


def diff_diff():
    import diff_diff as dd

    if task == "twfe":
        data["ever"] = (data["start"] > 0).astype(int)
        data["post"] = data["time"] >= 10 if data["start"].nunique() == 2 else data["treated"] > 0
        fit = dd.TwoWayFixedEffects(cluster="unit").fit(
            data.astype({"post": int}), outcome="y", treatment="ever", time="post", unit="unit"
        )
        return fit.att, fit.se
    if task == "event_study":
        if data["start"].nunique() > 2:
            raise SystemExit("MultiPeriodDiD knows one start only")
        fit = dd.MultiPeriodDiD(cluster="unit").fit(
            data.assign(ever=(data["start"] > 0).astype(int)),
            outcome="y", treatment="ever", time="time", post_periods=list(range(10, 20)), unit="unit",
            reference_period=9, absorb=["unit", "time"],
        )  # fmt: skip
        effect = fit.period_effects[10]
        return effect.effect, effect.se
    fit = dd.SunAbraham(control_group="never_treated", cluster="unit").fit(
        data, outcome="y", unit="unit", time="time", first_treat="start"
    )
    effect = fit.event_study_effects[0]
    return effect["effect"], effect["se"]


what = {"pyfixest": pyfixest, "diff-diff": diff_diff}[name]
seconds = []
for _ in range(times + 1):
    begin = time.process_time()
    estimate, error = what()
    seconds.append(time.process_time() - begin)
sys.stdout.write(
    json.dumps(
        {
            "first": seconds[0],
            "seconds": min(seconds[1:]),
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "estimate": float(estimate),
            "se": float(error),
        }
    )
)
