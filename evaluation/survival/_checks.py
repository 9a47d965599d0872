"""What durations must allow before anything is said of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Durations, Note
from evaluation.errors import DataError
from evaluation.survival._events import Events

FEW_AT_RISK = 10
"""Below so many at risk the end of a curve rests on single spells."""


def before_end(design: Durations, arms: Sequence[Events], times: NDArray[np.float64]) -> None:
    """Refuse a time after the last end of a group: nothing is known beyond it.

    Raises
    ------
    DataError
    """
    for label, arm in zip(design.arm.labels, arms, strict=True):
        last = float(arm.times[-1])
        beyond = times[times > last]
        if len(beyond) and arm.survival[-1] > 0:
            raise DataError("beyond-follow-up", group=str(label), time=f"{beyond[0]:g}", last=f"{last:g}")


def follow_up(design: Durations) -> tuple[Note, ...]:
    """Say how much of what is shown was not seen to its end."""
    open_ended = int((design.cause == 0).sum())
    return (Note("censored_spells", {"censored": open_ended, "of": design.n_units}),)


def two_groups(design: Durations, what: str) -> None:
    """Refuse a comparison of other than two groups.

    Raises
    ------
    DataError
    """
    if design.arm.n_groups != 2:
        raise DataError("needs-two-groups", what=what, count=design.arm.n_groups, column=design.arm.name)
