"""`Durations`: how long until something happened, and what; for some it has not happened yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design.base import Design, Floats, Names
from evaluation.design.columns import Data, coded, numeric, read_columns, refuse_empty, refuse_rows
from evaluation.design.cross_section import OBSERVATION
from evaluation.design.grouping import Grouping
from evaluation.design.note import Note
from evaluation.errors import DataError, did_you_mean, listed

Integers = NDArray[np.int64]
ALL = "all"
"""Name of the one group of a design without groups."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Durations(Design):
    """Spells that end by one of several causes, or are still open: tenancies, waits, absences.

    Make it with `from_frame`, which checks the data. Each spell is a unit of its own: influence values are
    keyed by it. A spell is at risk in the interval (entry, time]; one with entry zero from the beginning,
    one with a later entry only from then on (left truncation: it would not be in the data had it ended
    before).

    Attributes
    ----------
    entry, time : ndarray, shape (n_units,)
        In the unit of the data: days, months.
    cause : ndarray of int, shape (n_units,)
        0 where the end was not seen (censored), else 1 + position in `causes`.
    causes : tuple
        Values of the event column, sorted; the first is the event unless a function is told another.
    arm : Grouping
        What is compared; one group named "all" unless a column is named.
    covariates : ndarray, shape (n_units, p)
    strata : Grouping or None
    """

    entry: Floats
    time: Floats
    cause: Integers
    causes: tuple[Any, ...]
    arm: Grouping
    covariates: Floats
    strata: Grouping | None = None

    @classmethod
    def from_frame(  # noqa: PLR0913 -- the columns of the data, all by keyword
        cls,
        frame: Any,
        *,
        time: str,
        event: str,
        entry: str | None = None,
        group: str | None = None,
        covariates: Sequence[str] = (),
        cluster: str | None = None,
        strata: str | None = None,
        censored: Any = 0,
        notes: Sequence[Note] = (),
    ) -> Durations:
        """Check and lay out a table with one row per spell.

        Parameters
        ----------
        frame : pandas, polars or Arrow table
        time : str
            Column with the time from the start to the end of the spell, or to the last day it was seen.
        event : str
            Column with what ended it.
        entry : str, optional
            Column with the time at which a spell came under observation; zero without it.
        group : str, optional
            Column with what is compared.
        covariates : sequence of str
        cluster : str, optional
            Level at which errors may be correlated, such as the town; the spell unless named.
        strata : str, optional
            Column within whose values alone spells are compared by `cox` and `log_rank`.
        censored : value
            What `event` says of a spell whose end was not seen.
        notes : sequence of Note
            What is already known of the data, such as that they are synthetic.

        Returns
        -------
        Durations
            With the notes ``left_truncated`` and ``tied_entry`` where they apply.

        Raises
        ------
        DataError
            If a column is missing, a time is empty, negative or not after the entry, an event or a covariate
            is empty.

        Examples
        --------
        >>> homes = pd.DataFrame({"months": [3, 12, 12, 7], "end": ["lost", "", "", "died"]})
        >>> Durations.from_frame(homes, time="months", event="end", censored="")
        Durations(4 spells, 2 ends: died 1, lost 1; follow-up up to 12)
        """
        columns = {"time": time, "event": event, "entry": entry, "group": group, "cluster": cluster}
        columns |= {"strata": strata}
        data = read_columns(frame, columns, tuple(covariates))
        ends, starts = _times(data, time, entry)
        cause, causes = _causes(data, event, censored)
        n = len(ends)
        return cls(
            entry=starts,
            time=ends,
            cause=cause,
            causes=causes,
            arm=Grouping.of(group, data[group]) if group else _one_group(n),
            covariates=_covariates(data, covariates),
            strata=Grouping.of(strata, data[strata]) if strata else None,
            units=tuple(range(n)),
            cohort=None,
            periods=(0, float(ends.max())),
            period_numbers=np.array([0.0, float(ends.max())]),
            cluster=_cluster(data, cluster, n),
            names=Names(event, OBSERVATION, time, (group,) if group else (), tuple(covariates)),
            notes=(*notes, *_noticed(starts)),
        )

    def __repr__(self) -> str:
        ended = np.bincount(self.cause, minlength=len(self.causes) + 1)[1:]
        said = ", ".join(f"{name} {n}" for name, n in zip(self.causes, ended.tolist(), strict=True))
        return (
            f"Durations({self.n_units} spells, {int(ended.sum())} ends: {said or 'none'}; "
            f"follow-up up to {self.time.max():g})"
        )

    @property
    def n_units(self) -> int:
        """Number of spells."""
        return len(self.time)

    @property
    def n_obs(self) -> int:
        """Number of spells."""
        return len(self.time)

    @property
    def treated_units(self) -> NDArray[np.bool_]:
        """Spells of the last of two groups, shape (n_units,); none where there are not two."""
        return (self.arm.codes == 1) if self.arm.n_groups == 2 else np.zeros(self.n_units, np.bool_)

    @property
    def unit_weights(self) -> Floats:
        """One for each spell, shape (n_units,)."""
        return np.ones(self.n_units)

    def code_of(self, cause: Any | None) -> int:
        """Return the code of a cause; of the first where none is named.

        Raises
        ------
        DataError
            If no spell ended by it.
        """
        if cause is None and self.causes:
            return 1
        if cause not in self.causes:
            raise DataError(
                "unknown-cause",
                cause=cause,
                available=listed(map(str, self.causes)),
                suggestion=did_you_mean(str(cause), [str(one) for one in self.causes]),
            )
        return 1 + self.causes.index(cause)


def _times(data: Data, time: str, entry: str | None) -> tuple[Floats, Floats]:
    ends = numeric(data, time)
    refuse_empty(np.isnan(ends), time, "time")
    refuse_rows(ends < 0, data[time], time, "negative-duration")
    if entry is None:
        return ends, np.full(len(ends), -np.inf)
    starts = numeric(data, entry)
    refuse_empty(np.isnan(starts), entry, "entry")
    refuse_rows(starts < 0, data[entry], entry, "negative-duration")
    refuse_rows(starts >= ends, data[entry], entry, "entry-not-before-end", time=time)
    return ends, np.where(starts > 0, starts, -np.inf)


def _causes(data: Data, event: str, censored: Any) -> tuple[Integers, tuple[Any, ...]]:
    values = pd.Series(data[event], dtype=object)
    open_ended = (values == censored).to_numpy(dtype=bool)
    refuse_empty(values.isna().to_numpy() & ~open_ended, event, "event")
    codes, labels = np.zeros(len(values), dtype=np.int64), ()
    if not open_ended.all():
        ended, found = coded({event: values[~open_ended].to_numpy()}, event, "event", sort=True)
        codes[~open_ended] = ended + 1
        labels = tuple(found.tolist())
    return codes, labels


def _covariates(data: Data, names: Sequence[str]) -> Floats:
    columns = [numeric(data, name) for name in names]
    for name, column in zip(names, columns, strict=True):
        refuse_empty(np.isnan(column), name, "covariate")
    return np.column_stack(columns) if columns else np.empty((len(next(iter(data.values()))), 0))


def _one_group(n: int) -> Grouping:
    return Grouping("group", np.zeros(n, dtype=np.int64), (ALL,))


def _cluster(data: Data, cluster: str | None, n: int) -> Grouping:
    if cluster:
        return Grouping.of(cluster, data[cluster])
    return Grouping(OBSERVATION, np.arange(n), tuple(range(n)))


def _noticed(starts: Floats) -> tuple[Note, ...]:
    late = int(np.isfinite(starts).sum())
    return (Note("left_truncated", {"spells": late, "of": len(starts)}),) if late else ()
