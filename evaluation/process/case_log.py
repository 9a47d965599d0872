"""The log of cases: enrolments, moves and exits, and the durations that follow from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from evaluation.design import Note
from evaluation.design.columns import read_columns, refuse_empty, refuse_rows
from evaluation.errors import DataError, listed
from evaluation.estimate import CheckResult
from evaluation.process._dates import dates, day, first_day

EVENTS = ("enrolled", "moved_in", "exited")
SERVICES = ("outreach", "shelter", "transitional", "housing", "advice")
"""Kinds of enrolment; HUD's Street Outreach, Emergency Shelter and Safe Haven, Transitional Housing,
Permanent Housing, and those that never count as a return (Services Only, Coordinated Entry)."""
STANDARD = "standard"
"""State of a household in a standard home; the others are ETHOS Light 1-6 and how else a stay may end."""
STATES = ("1", "2", "3", "4", "5", "6", STANDARD, "institution", "died", "unknown")
WINDOWS = MappingProxyType({"0_6": (0, 180), "6_12": (181, 365), "12_24": (366, 730)})
"""Days after the exit that count as months 0-6, 6-12 and 12-24 in HUD's measure 2."""
LOOK_BACK = 730
TRANSFER = 14
"""Days within which a start in transitional or permanent housing continues the stay and is no return."""


@dataclass(frozen=True, eq=False, repr=False)
class CaseLog:
    """Enrolments of persons, each with its start, move-in and exit.

    Attributes
    ----------
    enrolments : DataFrame
        Columns person, enrolment, service, start, moved_in, exited, destination; dates are timestamps, NaT
        where it has not happened; sorted by person and start.
    notes : tuple of Note
    """

    enrolments: pd.DataFrame
    notes: tuple[Note, ...] = ()

    @classmethod
    def from_frame(cls, frame: Any, *, notes: Sequence[Note] = ()) -> CaseLog:
        """Read a log with one row per event.

        Parameters
        ----------
        frame : pandas, polars or Arrow table
            Columns person (a pseudonym), enrolment (number or code, unique within a person), service (one of
            `SERVICES`), event (one of `EVENTS`), date, state (after an exit: one of `STATES`, else empty).
        notes : sequence of Note
            What is already known of the data, such as that they are synthetic.

        Returns
        -------
        CaseLog

        Raises
        ------
        DataError
            If a column, a person or a date is missing, a code is unknown, an event is doubled, or a move-in
            or an exit lies before its enrolment or has none; with the row.

        Examples
        --------
        >>> rows = [("a", 1, "housing", "enrolled", "2020-01-10", ""),
        ...         ("a", 1, "housing", "moved_in", "2020-02-09", ""),
        ...         ("a", 1, "housing", "exited", "2021-03-01", "3")]
        >>> log = pd.DataFrame(rows, columns=["person", "enrolment", "service", "event", "date", "state"])
        >>> CaseLog.from_frame(log)
        CaseLog(1 enrolments of 1 persons, 1 moved in, 1 ended)
        """
        names = ("person", "enrolment", "service", "event", "date", "state")
        data = read_columns(frame, {name: name for name in names}, ())
        rows = pd.DataFrame({name: pd.Series(data[name], dtype=object) for name in names})
        refuse_empty(rows.person.isna().to_numpy() | (rows.person == "").to_numpy(), "person", "person")
        rows["state"] = rows.state.where(rows.state.notna(), "").astype(str)
        for column, known in (("service", SERVICES), ("event", EVENTS), ("state", ("", *STATES))):
            bad = ~rows[column].isin(known).to_numpy()
            refuse_rows(bad, data[column], column, "unknown-stage", available=listed(known), suggestion="")
        rows["date"] = dates(rows.date, "date")
        refuse_empty(rows.date.isna().to_numpy(), "date", "date")
        return cls(_enrolments(rows), tuple(notes))

    def __repr__(self) -> str:
        table = self.enrolments
        return (
            f"CaseLog({len(table)} enrolments of {table.person.nunique()} persons, "
            f"{int(table.moved_in.notna().sum())} moved in, {int(table.exited.notna().sum())} ended)"
        )

    def until(self, at: Any) -> pd.DataFrame:
        """Return the enrolments as they were known on a day: later dates had not happened."""
        cut = day(at)
        table = self.enrolments[self.enrolments.start <= cut].reset_index(drop=True)
        for column in ("moved_in", "exited"):
            table[column] = table[column].where(table[column] <= cut)
        return table.assign(destination=table.destination.where(table.exited.notna(), ""))


def days_to_move_in(log: CaseLog, *, at: Any) -> pd.DataFrame:
    """Return the wait of each person from the first enrolment in housing to the first move-in.

    Who left before moving in ended the wait by another cause; who is still waiting is censored at the
    cut-off.

    Parameters
    ----------
    log : CaseLog
    at : date or quarter
        Cut-off; later events have not happened.

    Returns
    -------
    DataFrame
        Columns person, days, end ("moved_in", "left", ""): for `Durations.from_frame`, never for a page.

    Examples
    --------
    >>> rows = [("a", 1, "housing", "enrolled", "2020-01-10", ""),
    ...         ("a", 1, "housing", "moved_in", "2020-02-09", "")]
    >>> log = pd.DataFrame(rows, columns=["person", "enrolment", "service", "event", "date", "state"])
    >>> days_to_move_in(CaseLog.from_frame(log), at="2020Q4").days.tolist()
    [30]
    """
    known = log.until(at)
    housing = known[known.service == "housing"]
    start = housing.groupby("person").start.min()
    moved = housing.groupby("person").moved_in.min()
    open_ = housing.exited.isna().groupby(housing.person).any()
    left = housing.groupby("person").exited.max().where(~open_)
    end = moved.fillna(left).fillna(day(at))
    cause = np.select([moved.notna(), left.notna()], ["moved_in", "left"], "")
    return pd.DataFrame({"person": start.index, "days": (end - start).dt.days.to_numpy(), "end": cause})


def tenancies(log: CaseLog, *, at: Any) -> pd.DataFrame:
    """Return how long each home was kept from the move-in, and how it ended.

    Parameters
    ----------
    log : CaseLog
    at : date or quarter

    Returns
    -------
    DataFrame
        Columns person, days, end: "lost" (back to a state of housing need), "moved_on" (another standard
        home), "institution", "died", "unknown", or "" where the home is still kept.

    Examples
    --------
    >>> rows = [("a", 1, "housing", "enrolled", "2020-01-10", ""),
    ...         ("a", 1, "housing", "moved_in", "2020-02-09", ""),
    ...         ("a", 1, "housing", "exited", "2020-03-10", "2")]
    >>> log = pd.DataFrame(rows, columns=["person", "enrolment", "service", "event", "date", "state"])
    >>> tenancies(CaseLog.from_frame(log), at="2020Q4")[["days", "end"]].values.tolist()
    [[30, 'lost']]
    """
    known = log.until(at)
    homes = known[known.moved_in.notna()].reset_index(drop=True)
    end = homes.exited.fillna(day(at))
    cause = homes.destination.map(_ENDS).fillna("lost").where(homes.exited.notna(), "")
    return pd.DataFrame({"person": homes.person, "days": (end - homes.moved_in).dt.days, "end": cause})


_ENDS = {STANDARD: "moved_on", "institution": "institution", "died": "died", "unknown": "unknown"}


def returns_to_need(log: CaseLog, *, first: Any, last: Any) -> CheckResult:
    """Count returns to housing need within 6, 12 and 24 months after an exit to a home (HUD measure 2).

    Exits of the report's period moved back by 730 days are followed for 730 days each; of a person the first
    such exit counts. A return is a later enrolment in outreach, a shelter, transitional housing or housing;
    one in transitional housing or housing counts only more than 14 days after the exit, and not within 14
    days after the end of another stay in either: that is a transfer. Advice never is a return. US Department
    of Housing and Urban Development, System Performance Measures Programming Specifications (2019).

    Parameters
    ----------
    log : CaseLog
    first, last : date or quarter
        First and last day of the report.

    Returns
    -------
    CheckResult
        Name ``returns_to_need``. Table: service (that of the exit; "total" first), exits, returned_0_6,
        returned_6_12, returned_12_24, returned, share. Counts of persons: publish them as cells.

    Examples
    --------
    >>> rows = [("a", 1, "shelter", "enrolled", "2020-01-01", ""),
    ...         ("a", 1, "shelter", "exited", "2020-03-01", "standard"),
    ...         ("a", 2, "shelter", "enrolled", "2020-07-01", "")]
    >>> log = pd.DataFrame(rows, columns=["person", "enrolment", "service", "event", "date", "state"])
    >>> found = returns_to_need(CaseLog.from_frame(log), first="2022-01-01", last="2022-12-31")
    >>> found.table.loc[0, ["exits", "returned_0_6"]].tolist()
    [1, 1]
    """
    back = pd.Timedelta(days=LOOK_BACK)
    opening, closing = _opening(first) - back, day(last) - back
    table = log.until(last)
    able = table.service.isin(("outreach", "shelter", "transitional", "housing"))
    exits = table[able & (table.destination == STANDARD) & table.exited.between(opening, closing)]
    exits = exits.sort_values(["person", "exited", "start"]).drop_duplicates("person")
    days = np.array([_days_to_return(table, one) for one in exits.itertuples()], dtype=np.float64)
    parts = [("total", np.ones(len(exits), dtype=bool))]
    parts += [
        (name, (exits.service == name).to_numpy()) for name in SERVICES if (exits.service == name).any()
    ]
    rows = [_window_counts(name, days[inside]) for name, inside in parts]
    numbers = {"from": opening.date().isoformat(), "to": closing.date().isoformat()}
    return CheckResult("returns_to_need", None, pd.DataFrame(rows), numbers, log.notes)


def _days_to_return(table: pd.DataFrame, one: Any) -> float:
    """Return days from an exit to the first enrolment that is a return within two years, else NaN."""
    later = table[(table.person == one.person) & (table.start >= one.exited)]
    later = later[(later.enrolment != one.enrolment) & (later.service != "advice")].sort_values("start")
    homes = table[(table.person == one.person) & table.service.isin(("transitional", "housing"))]
    transfers = [one.exited, *homes.exited[homes.exited >= one.exited]]
    for start, service in zip(later.start, later.service, strict=True):
        days = (start - one.exited).days
        near = any(0 <= (start - end).days <= TRANSFER for end in transfers)
        if days <= LOOK_BACK and not (service in {"transitional", "housing"} and near):
            return float(days)
    return float("nan")


def _window_counts(name: str, days: Any) -> dict[str, Any]:
    found = {
        f"returned_{key}": int(((days >= low) & (days <= high)).sum()) for key, (low, high) in WINDOWS.items()
    }
    returned = sum(found.values())
    return {
        "service": name,
        "exits": len(days),
        **found,
        "returned": returned,
        "share": returned / len(days) if len(days) else float("nan"),
    }


def time_in_need(
    log: CaseLog, *, first: Any, last: Any, services: Sequence[str] = ("shelter", "transitional")
) -> CheckResult:
    """Sum the days that persons spent in services for people in housing need (HUD measure 1).

    For each person with such a stay in the report's period: the days of the period and of the unbroken time
    before it, each day once, the day of the exit not counted, nor days after a move into a home.

    Parameters
    ----------
    log : CaseLog
    first, last : date or quarter
    services : sequence of str
        Services whose days count.

    Returns
    -------
    CheckResult
        Name ``time_in_need``; table: persons, mean, median (days).

    Examples
    --------
    >>> rows = [("a", 1, "shelter", "enrolled", "2020-01-01", ""),
    ...         ("a", 1, "shelter", "exited", "2020-01-31", "standard")]
    >>> log = pd.DataFrame(rows, columns=["person", "enrolment", "service", "event", "date", "state"])
    >>> time_in_need(CaseLog.from_frame(log), first="2020-01-01", last="2020-12-31").table.values.tolist()
    [[1.0, 30.0, 30.0]]
    """
    opening, closing = _opening(first), day(last)
    known = log.until(last)
    stays = known[known.service.isin(tuple(services))]
    beyond = closing + pd.Timedelta(days=1)
    ends = stays[["moved_in", "exited"]].min(axis=1).fillna(beyond)
    stays = stays.assign(end=ends.where(ends < beyond, beyond))
    days = [_unbroken(part, opening) for _, part in stays.groupby("person")]
    counted = np.array([one for one in days if one > 0], dtype=np.float64)
    mean, median = (float(f(counted)) if len(counted) else float("nan") for f in (np.mean, np.median))
    table = pd.DataFrame({"persons": [len(counted)], "mean": [mean], "median": [median]})
    return CheckResult("time_in_need", None, table, {"services": tuple(services)}, log.notes)


def _unbroken(stays: pd.DataFrame, opening: pd.Timestamp) -> int:
    """Return days of merged stays that reach into the period; 0 where none does."""
    total, begin, end = 0, None, None
    for start, stop in sorted(zip(stays.start, stays.end, strict=True)):
        if end is None or start > end:
            total += (end - begin).days if end is not None and end > opening else 0
            begin, end = start, stop
        else:
            end = max(end, stop)
    return total + ((end - begin).days if end is not None and end > opening else 0)


def transitions(
    log: CaseLog, *, months: Sequence[str], states: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Count persons by their state at the end of a month and of the next.

    A person is in the state of the last known event: enrolled in outreach 1, in a shelter 2, in transitional
    housing 3 (ETHOS Light), after a move-in or an exit there in a standard home, else where the exit led.
    Who is not enrolled yet has no state; who died stays so.

    Parameters
    ----------
    log : CaseLog
    months : sequence of str
        "2020-01", in order.
    states : Mapping, optional
        State -> state under which it is shown; states as they are by default.

    Returns
    -------
    DataFrame
        Columns period, state, next_state, persons: for `Cells`, with small counts hidden.

    Examples
    --------
    >>> rows = [("a", 1, "shelter", "enrolled", "2020-01-05", ""),
    ...         ("a", 1, "shelter", "exited", "2020-02-10", "standard")]
    >>> log = pd.DataFrame(rows, columns=["person", "enrolment", "service", "event", "date", "state"])
    >>> transitions(CaseLog.from_frame(log), months=["2020-01", "2020-02"]).values.tolist()
    [['2020-01', '2', 'standard', 1]]
    """
    ends = [pd.Period(month, "M").end_time.normalize() for month in months]
    changes = _changes(log.enrolments)
    at = {month: _states_at(changes, end) for month, end in zip(months, ends, strict=True)}
    shown = dict(states or {})
    tables = []
    for before, after in pairwise(months):
        both = pd.DataFrame({"state": at[before], "next_state": at[after]}).dropna()
        both = both.map(lambda state: shown.get(state, state))
        counted = both.groupby(["state", "next_state"]).size().reset_index(name="persons")
        tables.append(counted.assign(period=before))
    columns = ["period", "state", "next_state", "persons"]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


_ENROLLED = {"outreach": "1", "shelter": "2", "transitional": "3"}


def _changes(table: pd.DataFrame) -> pd.DataFrame:
    """Return every change of state: person, date, state; of one day the exit comes before the enrolment."""
    begun = table[table.service.isin(_ENROLLED)]
    parts = [
        pd.DataFrame(
            {"person": begun.person, "date": begun.start, "state": begun.service.map(_ENROLLED), "k": 1}
        ),
        pd.DataFrame({"person": table.person, "date": table.moved_in, "state": STANDARD, "k": 2}),
        pd.DataFrame({"person": table.person, "date": table.exited, "state": table.destination, "k": 0}),
    ]
    joined = pd.concat(parts, ignore_index=True).dropna(subset=["date"])
    return joined.sort_values(["person", "date", "k"], kind="stable")


def _states_at(changes: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    known = changes[changes.date <= day]
    last = known.groupby("person").state.last()
    gone = known[known.state == "died"].groupby("person").state.last()
    return last.where(~last.index.isin(gone.index), "died")


def _opening(first: Any) -> pd.Timestamp:
    """Return the first day of a quarter, or the day itself."""
    return first_day(first) if isinstance(first, str) and "Q" in first else day(first)


def _enrolments(rows: pd.DataFrame) -> pd.DataFrame:
    """Join the events of each enrolment, refusing what cannot be."""
    doubled = rows.duplicated(["person", "enrolment", "event"]).to_numpy()
    refuse_rows(doubled, rows.event.to_numpy(), "event", "doubled-event")
    key = ["person", "enrolment"]
    start, moved, ended = (rows[rows.event == name] for name in EVENTS)
    table = start[[*key, "service"]].assign(start=start.date)
    for part, name in ((moved, "moved_in"), (ended, "exited")):
        joined = part.merge(table[[*key, "start"]], on=key, how="left")
        joined.index = part.index
        _refuse_order(rows, part.index[joined.start.isna()], "event-without-enrolment")
        _refuse_order(rows, part.index[joined.date < joined.start], "event-before-enrolment")
        taken = part[key].assign(**{name: part.date})
        taken = taken.assign(destination=part.state) if name == "exited" else taken
        table = table.merge(taken, on=key, how="left")
    backwards = table.exited < table.moved_in
    if backwards.any():
        one = table[backwards].iloc[0]
        raise DataError("exit-before-move", count=int(backwards.sum()), example=f"enrolment {one.enrolment}")
    table["destination"] = table.destination.fillna("").where(table.exited.notna(), "")
    table.loc[table.exited.notna() & (table.destination == ""), "destination"] = "unknown"
    return table.sort_values(["person", "start"], kind="stable").reset_index(drop=True)


def _refuse_order(rows: pd.DataFrame, bad: pd.Index, code: str) -> None:
    if len(bad):
        row = int(bad[0])
        example = f"row {row + 1}: {rows.event[row]} on {rows.date[row].date()}"
        raise DataError(code, count=len(bad), example=example)
