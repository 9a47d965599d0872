"""Reliability of a scale: Cronbach's alpha and omega total, with intervals over offices."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.errors import DataError
from evaluation.estimate import CheckResult
from evaluation.staff._factor import one_factor
from evaluation.staff.waves import Waves

Floats = NDArray[np.float64]
DRAWS = 300
LEAST = 3
"""A factor needs as many items."""


def alpha(answers: Floats) -> float:
    r"""Cronbach's alpha of complete answers.

    .. math:: \frac{p}{p - 1} \Big( 1 - \frac{\sum_j s_j^2}{s_{\mathrm{sum}}^2} \Big)

    Cronbach (1951), doi:10.1007/BF02310555: the reliability of the sum if all items load alike, otherwise a
    lower bound of it.

    Parameters
    ----------
    answers : ndarray, shape (n, p)

    Examples
    --------
    >>> round(alpha(np.array([[1.0, 2.0], [2.0, 2.0], [3.0, 4.0], [4.0, 3.0]])), 4)
    0.7843
    """
    p = answers.shape[1]
    return float(p / (p - 1) * (1 - answers.var(axis=0, ddof=1).sum() / answers.sum(axis=1).var(ddof=1)))


def omega(answers: Floats) -> float:
    r"""Omega total of complete answers: the share of the sum's variance that is due to one common factor.

    .. math:: \frac{(\sum_j \lambda_j)^2}{(\sum_j \lambda_j)^2 + \sum_j \psi_j}

    with the loadings and unique variances of one factor by maximum likelihood. McDonald (1999), Test Theory:
    A Unified Treatment, ISBN 978-0-8058-3075-0.

    Parameters
    ----------
    answers : ndarray, shape (n, p)

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> answers = rng.normal(size=(4000, 1)) + rng.normal(size=(4000, 4))  # true omega: 16 / 20
    >>> round(omega(answers), 2)
    0.8
    """
    loading, unique = one_factor(np.cov(answers, rowvar=False))
    common = loading.sum() ** 2
    return float(common / (common + unique.sum()))


MEASURES: dict[str, Callable[[Floats], float]] = {"alpha": alpha, "omega": omega}


def reliability(
    waves: Waves, *, draws: int = DRAWS, seed: int = 108, conf_level: float = 0.95
) -> CheckResult:
    """Estimate how reliable the scale is in each wave.

    The interval is that of percentiles over samples of offices drawn with replacement: colleagues answer
    alike, so persons are not independent.

    Parameters
    ----------
    waves : Waves
    draws, seed : int
    conf_level : float

    Returns
    -------
    CheckResult
        ``reliability``, informational. Table: wave, measure ("alpha", "omega"), estimate, conf_low,
        conf_high, n (persons who answered every item), offices. Numbers: items, draws, conf_level.

    Raises
    ------
    DataError
        If a wave has no more complete persons than items, or the scale fewer than three items.

    Examples
    --------
    >>> from evaluation.simulate import staff_waves
    >>> waves = Waves.from_frame(staff_waves(), items=[f"item_{i}" for i in range(1, 9)])
    >>> reliability(waves, draws=20).table.measure.tolist()[:2]
    ['alpha', 'omega']
    """
    if len(waves.items) < LEAST:
        raise DataError("wrong-items", needed=LEAST, given=len(waves.items))
    rng = np.random.default_rng(seed)
    rows = [row for wave in waves.waves for row in _of_wave(waves, wave, rng, draws, conf_level)]
    numbers = {"items": len(waves.items), "draws": draws, "conf_level": conf_level}
    return CheckResult("reliability", None, pd.DataFrame(rows), numbers, waves.notes)


def _of_wave(
    waves: Waves, wave: object, rng: np.random.Generator, draws: int, level: float
) -> list[dict[str, object]]:
    rows = waves.frame[waves.frame.wave == wave].dropna(subset=list(waves.items))
    answers = rows[list(waves.items)].to_numpy(dtype=np.float64)
    if len(answers) <= answers.shape[1]:
        raise DataError("too-few-answers", what="reliability", needed=answers.shape[1] + 1, unit="persons",
                        wave=wave, count=len(answers))  # fmt: skip
    offices = list(rows.reset_index(drop=True).groupby("office").indices.values())
    samples = [
        answers[np.concatenate([offices[i] for i in rng.integers(len(offices), size=len(offices))])]
        for _ in range(draws)
    ]
    made: list[dict[str, object]] = []
    for name, measure in MEASURES.items():
        drawn = [measure(one) for one in samples]
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
        made.append(
            {
                "wave": str(wave),
                "measure": name,
                "estimate": measure(answers),
                "conf_low": float(low),
                "conf_high": float(high),
                "n": len(answers),
                "offices": len(offices),
            }
        )
    return made
