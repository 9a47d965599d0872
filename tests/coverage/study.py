"""Repeat: simulate a panel, estimate, infer; count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.design import StudyDesign
from evaluation.estimate import Inference
from evaluation.estimators import twfe
from evaluation.simulate import did_panel

EFFECT = 1.0


@dataclass(frozen=True)
class Counted:
    """How often something happened in so many repetitions."""

    times: int
    of: int

    @property
    def share(self) -> float:
        return self.times / self.of

    def is_compatible_with(self, share: float, of: int | None = None) -> bool:
        """Within three Monte Carlo standard errors, of both where `share` was simulated too."""
        variance = share * (1 - share) * (1 / self.of + (1 / of if of else 0))
        return abs(self.share - share) <= 3 * np.sqrt(variance)


def count(
    happened: Callable[[float, Inference], bool],
    method: Callable[..., Inference],
    repetitions: int,
    *,
    units: int,
    treated: int,
    family: str = "gaussian",
    effect: float = EFFECT,
    **options: Any,
) -> Counted:
    """Two-way fixed effects on panels of 12 periods, AR(1) errors of 0.6, treated from the middle on."""
    times = 0
    for seed in range(repetitions):
        frame = did_panel(
            n_units=units, n_treated=treated, n_periods=12, effect=effect, family=family, seed=1000 + seed
        )
        design = StudyDesign.from_frame(frame, outcome="outcome", unit="unit", time="period", cohort="cohort")
        estimate = twfe(design, family=family)  # type: ignore[arg-type]
        times += happened(effect, method(estimate, **options))
    return Counted(times, repetitions)


def covers(effect: float, result: Inference) -> bool:
    return bool(result.conf_low[0] <= effect <= result.conf_high[0])


def rejects(effect: float, result: Inference) -> bool:
    assert effect == 0
    return bool(result.p_value[0] <= 0.05)
