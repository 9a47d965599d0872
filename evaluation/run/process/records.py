"""Records as they stood at the cut-off, and the tables that follow from them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from evaluation.estimate import CheckResult
from evaluation.process import milestones
from evaluation.run.catalogue import Dataset
from evaluation.run.process.spec import MUNICIPALITIES
from evaluation.run.programme import Milestone, Programme
from evaluation.run.project import Project

BEGINS = MappingProxyType(
    {
        "tool_starts": "started",
        "training": "enrolled",
        "enquiries": "received",
        "tool_assessments": "assessed",
        "strategy_documents": "adopted",
    }
)
"""Tables whose rows begin with an event: before it there is no row."""

Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True, eq=False)
class Records:
    """All tables of a question at its cut-off.

    Attributes
    ----------
    tables : Mapping of str to DataFrame
        By the names that measures use; dates after the cut-off are empty, unless they are plans.
    synthetic : frozenset of str
        Names of the tables that hold, or follow from, synthetic records.
    cut_off : date
        Last day of the quarter.
    """

    tables: Frames
    synthetic: frozenset[str]
    cut_off: datetime.date


def cut_off_of(quarter: str) -> datetime.date:
    """Return the last day of a quarter.

    Examples
    --------
    >>> cut_off_of("2024Q1")
    datetime.date(2024, 3, 31)
    """
    day: datetime.date = pd.Period(quarter, freq="Q").end_time.date()
    return day


def begun(frame: pd.DataFrame, name: str, day: datetime.date) -> pd.DataFrame:
    """Leave out rows that begin after a day; a row whose beginning is not known stays."""
    first = BEGINS.get(name)
    if first is None:
        return frame
    later = frame[first].notna() & (frame[first] > day.isoformat())
    return frame[~later].reset_index(drop=True)


def as_of(frame: pd.DataFrame, dataset: Dataset, day: datetime.date) -> pd.DataFrame:
    """Empty the dates that lie after a day: what had not happened by then was not known.

    A column that the catalogue calls planned keeps its dates.

    Parameters
    ----------
    frame : DataFrame
    dataset : Dataset
        Its entry in the catalogue.
    day : date

    Returns
    -------
    DataFrame
        Dates as ISO text, None where there is none.
    """
    events = [name for name, one in dataset.columns.items() if one.type == "date" and not one.planned]
    shown = frame.copy()
    for name in events:
        later = shown[name].notna() & (shown[name] > day.isoformat())
        shown[name] = shown[name].astype(object).mask(later | shown[name].isna(), None)
    return shown


def with_answers(enquiries: pd.DataFrame, days: int) -> pd.DataFrame:
    """Add whether each enquiry was answered in so many working days; weekends do not count."""
    done = enquiries.answered.notna()
    first, last = (
        pd.to_datetime(enquiries[name]).to_numpy("datetime64[D]") for name in ("received", "answered")
    )
    needed = np.full(len(enquiries), np.inf)
    needed[done] = np.busday_count(first[done], last[done])
    return enquiries.assign(in_time=np.where(needed <= days, "true", "false"))


def with_lateness(reports: pd.DataFrame) -> pd.DataFrame:
    """Add whether each report came by its due day."""
    kept = reports.received.notna() & (reports.received.fillna("9") <= reports.due)
    return reports.assign(on_time=np.where(kept, "true", "false"))


def in_use(starts: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of tool and district in use: started, and not ended."""
    return starts[starts.started.notna() & starts.ended.isna()].reset_index(drop=True)


def milestone_table(programme: Programme, actuals: pd.DataFrame | None, day: datetime.date) -> CheckResult:
    """Lay plan, revised plans and what happened beside each other; public facts go before records.

    Returns
    -------
    CheckResult
        As `evaluation.process.milestones` gives it, for the milestones that have a planned day.
    """
    planned = [one for one in programme.milestones if one.plan]
    plan = [
        {"milestone": one.id, "version": version, "decided": decided, "due": due}
        for one in planned
        for version, (decided, due) in enumerate(_versions(one), 1)
    ]
    known = {one.id: one.actual.isoformat() for one in planned if one.actual}
    if actuals is not None:
        own = actuals[actuals.programme == programme.id]
        known = dict(zip(own.milestone, own.actual, strict=True)) | known
    done = [{"milestone": one.id, "done": known[one.id]} for one in planned if one.id in known]
    return milestones(pd.DataFrame(plan), pd.DataFrame(done, columns=["milestone", "done"]), at=day)


def _versions(milestone: Milestone) -> list[tuple[str | None, str | None]]:
    """First plan, then each revision, as day of decision and planned day."""
    first = (None, milestone.plan.isoformat() if milestone.plan else None)
    later = [
        (one.decided.isoformat() if one.decided else None, one.date.isoformat()) for one in milestone.revised
    ]
    return [first, *later]


def municipalities(project: Project) -> pd.DataFrame:
    """Return the pilots of the ministry: facts of the reference table."""
    return pd.read_csv(project.root / MUNICIPALITIES)
