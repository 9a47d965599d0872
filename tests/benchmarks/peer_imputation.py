"""The same imputed and two-stage effects by diff-diff 3.13, run by a Python that has it."""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings

import pandas as pd
from diff_diff import ImputationDiD, TwoStageDiD

warnings.simplefilter("ignore")
file, estimator, by, times = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
data = pd.read_pickle(file)
maker = {"imputation": ImputationDiD, "two_stage": TwoStageDiD}[estimator]
columns = {"outcome": "y", "unit": "unit", "time": "time", "first_treat": "start"}
path = by == "event_time"
seconds = []
for _ in range(times + (times > 1)):
    begin = time.perf_counter()
    found = maker(cluster="unit").fit(data, **columns, aggregate="event_study" if path else "simple")
    seconds.append(time.perf_counter() - begin)
if path:
    at = {int(e): row for e, row in found.event_study_effects.items() if e >= 0}
    value, error = ([row[key] for _, row in sorted(at.items())] for key in ("effect", "se"))
else:
    value, error = [found.overall_att], [found.overall_se]
sys.stdout.write(
    json.dumps(
        {
            "seconds": min(seconds[-times:]),
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "value": [float(v) for v in value],
            "error": [float(e) for e in error],
        }
    )
)
