"""Who was asked, who answered, and whether those who left differ from those who stayed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.estimate import CheckResult
from evaluation.staff.waves import Waves

Floats = NDArray[np.float64]


def response(waves: Waves, *, by: str) -> pd.DataFrame:
    """Count who was asked and who answered, wave by wave.

    Parameters
    ----------
    waves : Waves
    by : str
        Column of the groups, e.g. pilot and other districts.

    Returns
    -------
    DataFrame
        One row per wave and group: wave, group, asked, answered, share (of those asked), from_first (of the
        answered, those who also answered in the first wave), new (not in any earlier wave).

    Examples
    --------
    >>> frame = pd.DataFrame({"person": ["a", "b", "a", "b"], "wave": [1, 1, 2, 2], "office": "o",
    ...                       "district": "d", "i1": [2, None, 4, 3], "i2": [2, None, 4, 1], "arm": "pilot"})
    >>> response(Waves.from_frame(frame, items=("i1", "i2")), by="arm").to_numpy().tolist()[1]
    ['2', 'pilot', 2, 2, 1.0, 1, 1]
    """
    answered, rows = waves.answered, []
    began = answered.groupby("person").wave.min()
    first = set(answered.person[answered.wave == waves.waves[0]])
    for (wave, group), asked in waves.frame.groupby(["wave", by], sort=True):
        here = asked.person[asked.index.isin(answered.index)]
        rows.append(
            {
                "wave": str(wave),
                "group": str(group),
                "asked": len(asked),
                "answered": len(here),
                "share": len(here) / len(asked),
                "from_first": int(here.isin(first).sum()),
                "new": int((here.map(began) == wave).sum()),
            }
        )
    return pd.DataFrame(rows)


def attrition(
    waves: Waves, *, by: str, treated: Any, draws: int = 999, seed: int = 108, conf_level: float = 0.95
) -> CheckResult:
    """Compare how many were lost, and whether those lost scored otherwise at first, between two groups.

    Persons who answered in the first wave are followed. Intervals are percentiles over districts drawn with
    replacement within each group, because treatment was given to districts.

    Parameters
    ----------
    waves : Waves
    by : str
        Column with two groups.
    treated : object
        Value of the treated group.
    draws, seed : int
    conf_level : float

    Returns
    -------
    CheckResult
        ``attrition``, informational. Table: wave, treated, comparison (shares lost), difference, conf_low,
        conf_high, score_lost, score_stayed (mean first score of both, all groups together). Numbers: n,
        conf_level.
    """
    scores = waves.scores()
    start = scores[(scores.wave == waves.waves[0]) & scores.score.notna()].set_index("person")
    rng = np.random.default_rng(seed)
    rows = []
    for wave in waves.waves[1:]:
        stayed = set(scores.person[(scores.wave == wave) & scores.score.notna()])
        lost = (~start.index.isin(stayed)).astype(np.float64)
        arm = (start[by] == treated).to_numpy()
        low, high = _interval(lost, arm, start.district, rng, draws, conf_level)
        shares = lost[arm].mean(), lost[~arm].mean()
        rows.append(
            {
                "wave": str(wave),
                "treated": shares[0],
                "comparison": shares[1],
                "difference": shares[0] - shares[1],
                "conf_low": low,
                "conf_high": high,
                "score_lost": float(start.score[lost > 0].mean()),
                "score_stayed": float(start.score[lost == 0].mean()),
            }
        )
    numbers = {"n": len(start), "conf_level": conf_level}
    return CheckResult("attrition", None, pd.DataFrame(rows), numbers, waves.notes)


def _interval(
    lost: Floats,
    arm: NDArray[np.bool_],
    district: pd.Series[Any],
    rng: np.random.Generator,
    draws: int,
    level: float,
) -> tuple[float, float]:
    sides = []
    for side in (arm, ~arm):
        table = pd.DataFrame({"lost": lost[side], "district": district.to_numpy()[side]})
        sums = table.groupby("district").lost.agg(["sum", "size"]).to_numpy(dtype=np.float64)
        picked = sums[rng.integers(len(sums), size=(draws, len(sums)))].sum(axis=1)
        sides.append(picked[:, 0] / picked[:, 1])
    low, high = np.quantile(sides[0] - sides[1], [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
