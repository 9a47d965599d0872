"""A synthetic panel made by integer arithmetic: the same digits everywhere and for good."""

from __future__ import annotations

import numpy as np
import pandas as pd


def synthetic_panel(n_units: int = 40, n_periods: int = 10) -> pd.DataFrame:
    """40 units x 10 periods less one row in eleven; treatment starts in period 4 or 7 in units 0 to 14."""
    i, t = np.divmod(np.arange(n_units * n_periods), n_periods)
    noise = (i * 7919 + t * 104729 + i * t * 31 + i * i * t * 17) % 1009 / 1009
    start = np.where(i < 8, 4, np.where(i < 15, 7, 0))
    treated = ((start > 0) & (t >= start)).astype(float)
    covariate = (i * 613 + t * t * 389 + i * t * 97) % 211 / 211
    people = 1000.0 + (i * 271 + t * 19) % 800
    frame = pd.DataFrame(
        {
            "unit": i,
            "period": t,
            "start": start,
            "treated": treated,
            "region": i % 4,
            "x": covariate,
            "w": 1.0 + (i * 5 + t) % 7,
            "people": people,
            "y": 3 * noise + i % 5 + 0.3 * t + 1.5 * treated + 0.8 * covariate,
            "count": np.floor(people / 100 * (0.5 + noise) * np.exp(-0.4 * treated + 0.1 * (i % 3))),
        }
    )
    return frame[(3 * i + 7 * t) % 11 != 0].reset_index(drop=True)
