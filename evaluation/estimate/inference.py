"""`Inference`: what a method says of an estimate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Note
from evaluation.errors import InferenceError

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Inference:
    """What an inference method says of an estimate; arrays have shape (k,), NaN where it says nothing.

    Attributes
    ----------
    method : str
    std_error, df, p_value, conf_low, conf_high : ndarray, shape (k,)
    band_low, band_high : ndarray, shape (k,)
        Simultaneous band over all terms.
    conf_set : tuple of tuple of (low, high), optional
        For each term a list of intervals, possibly unbounded or in pieces.
    conf_level : float
    distribution : ndarray, shape (B, k), optional
        Values of the estimate under the other assignments (randomisation).
    notes : tuple of Note
    """

    method: str
    std_error: Floats
    df: Floats
    p_value: Floats
    conf_low: Floats
    conf_high: Floats
    band_low: Floats
    band_high: Floats
    conf_level: float
    conf_set: tuple[tuple[tuple[float, float], ...], ...] | None = None
    distribution: Floats | None = None
    notes: tuple[Note, ...] = ()

    ARRAYS: ClassVar[tuple[str, ...]] = (
        "std_error",
        "df",
        "p_value",
        "conf_low",
        "conf_high",
        "band_low",
        "band_high",
    )

    def __post_init__(self) -> None:
        shapes = {getattr(self, name).shape for name in self.ARRAYS}
        if len(shapes) != 1 or len(next(iter(shapes))) != 1:
            raise ValueError(f"arrays of an Inference have one shape (k,), not {sorted(shapes)}")

    @classmethod
    def of(cls, method: str, k: int, *, conf_level: float, **given: Any) -> Inference:
        """Make an inference in which everything that is not given is NaN."""
        if not 0 < conf_level < 1:
            raise InferenceError("bad-conf-level", value=conf_level)
        arrays = {name: given.pop(name, np.full(k, np.nan)) for name in cls.ARRAYS}
        return cls(method=method, conf_level=conf_level, **arrays, **given)

    def __repr__(self) -> str:
        return f"Inference({self.method}, p={np.array2string(self.p_value, precision=4, threshold=4)})"
