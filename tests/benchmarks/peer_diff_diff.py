"""The same group-time effects by diff-diff 3.13, run by a Python that has it: seconds, memory, effect."""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings

import pandas as pd
from diff_diff import CallawaySantAnna

warnings.simplefilter("ignore")
file, draws, times = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
data = pd.read_pickle(file)


def fit():
    estimator = CallawaySantAnna(
        control_group="never_treated", estimation_method="dr", n_bootstrap=draws, seed=1, cluster="unit"
    )
    columns = {"outcome": "y", "unit": "unit", "time": "time", "first_treat": "start"}
    return estimator.fit(data, **columns, covariates=["x1", "x2"], aggregate="event_study")


seconds = []
for _ in range(times + (times > 1)):
    begin = time.perf_counter()
    found = fit()
    seconds.append(time.perf_counter() - begin)
sys.stdout.write(
    json.dumps(
        {
            "seconds": min(seconds[-times:]),
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "simple": float(found.overall_att),
        }
    )
)
