"""The same tasks by diff-diff 3.13, run by a Python that has it: seconds, memory, value."""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings

import pandas as pd
from diff_diff import BaconDecomposition, WooldridgeDiD

warnings.simplefilter("ignore")
file, task, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
data = pd.read_pickle(file)
columns = {"outcome": "y", "unit": "unit", "time": "time", "first_treat": "start"}


def fit():
    if task == "bacon":
        return BaconDecomposition().fit(data, **columns).twfe_estimate
    method = "poisson" if task.endswith("poisson") else "ols"
    found = WooldridgeDiD(method=method, cluster="unit").fit(data, **columns)
    return found.overall_att


seconds = []
for _ in range(times + (times > 1)):
    begin = time.perf_counter()
    value = fit()
    seconds.append(time.perf_counter() - begin)
sys.stdout.write(
    json.dumps(
        {
            "seconds": min(seconds[-times:]),
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "value": float(value),
        }
    )
)
