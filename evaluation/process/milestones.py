"""Milestones: what was planned, how the plan was revised, what was done, and by how much it slipped."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evaluation.design import Note
from evaluation.design.columns import read_columns, refuse_empty
from evaluation.design.note import Number
from evaluation.estimate import CheckResult
from evaluation.process._dates import dates, day, iso, months_between
from evaluation.process._listed import refuse_unlisted

STATES = ("met", "met_late", "due", "overdue", "no_data")


def plan_versions(
    plan: Any,
    *,
    milestone: str = "milestone",
    version: str = "version",
    decided: str = "decided",
    due: str = "due",
) -> CheckResult:
    """Compare every version of a plan with the first.

    Parameters
    ----------
    plan : pandas, polars or Arrow table
        One row per milestone and version. Versions are in the order of the days on which they were decided;
        an empty day (not public) keeps the order of the rows.
    milestone, version, decided, due : str
        Columns.

    Returns
    -------
    CheckResult
        ``plan_versions``, informational. Table: milestone, version, decided, due, shift_days, shift_months
        (both against the first version; whole months from one last day of a month to another). Numbers:
        milestones, versions, revised (milestones that were moved).

    Raises
    ------
    DataError
        If a column is missing, a milestone or a due date is empty, or a date cannot be read.

    Examples
    --------
    >>> plan = pd.DataFrame({"milestone": "end", "version": [1, 2], "decided": ["2015-12-01", None],
    ...                      "due": ["2020-12-31", "2022-10-31"]})
    >>> plan_versions(plan).table[["shift_days", "shift_months"]].to_numpy().tolist()
    [[0.0, 0.0], [669.0, 22.0]]
    """
    frame = _plan(plan, milestone, version, decided, due)
    first = frame.groupby("milestone", sort=False)["due"].transform("first")
    pairs = zip(first, frame["due"], strict=True)
    table = pd.DataFrame(
        {
            "milestone": frame["milestone"],
            "version": frame["version"].astype(str),
            "decided": frame["decided"].map(iso),
            "due": frame["due"].map(iso),
            "shift_days": (frame["due"] - first).dt.days.astype(np.float64),
            "shift_months": [months_between(planned, now) for planned, now in pairs],
        }
    )
    moved = table.groupby("milestone")["shift_days"].agg(lambda days: bool((days != 0).any()))
    numbers: dict[str, Number] = {
        "milestones": len(moved),
        "versions": int(table["version"].nunique()),
        "revised": int(moved.sum()),
    }
    return CheckResult("plan_versions", None, table, numbers)


def _plan(plan: Any, milestone: str, version: str, decided: str, due: str) -> pd.DataFrame:
    roles = {"milestone": milestone, "version": version, "decided": decided, "due": due}
    data = read_columns(plan, roles, ())
    refuse_empty(pd.isna(data[milestone]), milestone, "milestone")
    frame = pd.DataFrame({"milestone": data[milestone], "version": data[version]}).astype({"milestone": str})
    frame["decided"] = dates(pd.Series(data[decided]), decided)
    frame["due"] = dates(pd.Series(data[due]), due)
    refuse_empty(frame["due"].isna().to_numpy(), due, "due date")
    known = frame.groupby("milestone")["decided"].ffill().fillna(pd.Timestamp.min)
    order = frame.assign(known=known, row=np.arange(len(frame))).sort_values(["known", "row"])
    place = {name: i for i, name in enumerate(dict.fromkeys(frame["milestone"]))}
    return order.sort_values("milestone", key=lambda names: names.map(place), kind="stable")[frame.columns]


def milestones(plan: Any, actual: Any, *, at: Any, done: str = "done", **columns: str) -> CheckResult:
    """Say of every milestone whether it was met at a cut-off, and by how many days it slipped.

    The plan in force is the last version decided by the cut-off (the first where none was). What was done
    after the cut-off is not done yet.

    ``met``: done by the date of the first plan; ``met_late``: done after it, be the plan revised or not;
    ``due``: not done, and the date in force has not passed; ``overdue``: not done and it has; ``no_data``:
    the table of what was done has no row for it, so that nobody knows. A milestone that was not met slips
    until the cut-off once the first date has passed.

    Parameters
    ----------
    plan : pandas, polars or Arrow table
        See `plan_versions`.
    actual : pandas, polars or Arrow table
        One row per milestone of which it is known whether it was done; an empty date: not yet.
    at : date or quarter
        Cut-off.
    done : str
        Column of `actual`; its milestones are in the column of the same name as in the plan.
    **columns : str
        Columns of the plan, see `plan_versions`.

    Returns
    -------
    CheckResult
        ``milestones``, informational. Table: milestone, planned (first version), revised (in force; empty
        where it was not moved), n_versions, done, slippage_days (against the first plan, negative where
        early, NaN where not known or not yet due), slippage_revised_days (against the plan in force), state.
        Numbers: at, milestones, and the number in each state. Note ``overdue`` names those.

    Raises
    ------
    DataError
        If a column is missing, a date cannot be read, or something was done that no plan has.

    Examples
    --------
    >>> plan = pd.DataFrame({"milestone": ["team", "end", "end"], "version": [1, 1, 2],
    ...                      "decided": ["2019-12-01", "2015-12-01", "2020-06-01"],
    ...                      "due": ["2020-04-02", "2020-12-31", "2022-10-31"]})
    >>> found = milestones(plan, pd.DataFrame({"milestone": ["team", "end"], "done": ["2020-04-10", ""]}),
    ...                    at="2020Q4")
    >>> found.table[["milestone", "slippage_days", "state"]].to_numpy().tolist()
    [['team', 8.0, 'met_late'], ['end', nan, 'due']]
    """
    names = {"milestone": "milestone", "version": "version", "decided": "decided", "due": "due", **columns}
    frame, cut = _plan(plan, **names), day(at)
    data = read_columns(actual, {"milestone": names["milestone"], "done": done}, ())
    refuse_unlisted(data[names["milestone"]], frame["milestone"].unique(), "milestone")
    when = dates(pd.Series(data[done]), done).set_axis([str(name) for name in data[names["milestone"]]])
    rows = [_row(str(name), part, when, cut) for name, part in frame.groupby("milestone", sort=False)]
    table = pd.DataFrame(rows)
    numbers: dict[str, Number] = {"at": iso(cut), "milestones": len(table)}
    numbers |= {state: int((table["state"] == state).sum()) for state in STATES}
    late = tuple(table["milestone"][table["state"] == "overdue"])
    notes = (Note("overdue", {"milestones": len(late), "names": late}),) if late else ()
    return CheckResult("milestones", None, table, numbers, notes)


def _row(name: str, versions: pd.DataFrame, when: pd.Series, cut: pd.Timestamp) -> dict[str, object]:
    decided = versions["decided"].fillna(pd.Timestamp.min) <= cut
    decided.iloc[0] = True
    first, now = versions["due"].iloc[0], versions["due"][decided].iloc[-1]
    known = name in when.index
    done = when[when.index == name].min() if known else pd.NaT
    done = pd.NaT if pd.isna(done) or done > cut else done
    state = _state(known=known, done=done, first=first, now=now, cut=cut)
    return {
        "milestone": name,
        "planned": iso(first),
        "revised": iso(now) if now != first else "",
        "n_versions": int(decided.sum()),
        "done": iso(done),
        "slippage_days": _slip(state, first, done, cut),
        "slippage_revised_days": _slip(state, now, done, cut),
        "state": state,
    }


def _state(*, known: bool, done: Any, first: pd.Timestamp, now: pd.Timestamp, cut: pd.Timestamp) -> str:
    if not known:
        return "no_data"
    if not pd.isna(done):
        return "met" if done <= first else "met_late"
    return "due" if cut <= now else "overdue"


def _slip(state: str, due: pd.Timestamp, done: Any, cut: pd.Timestamp) -> float:
    """Days after the due date: of what was done, or so far where it has passed."""
    if state == "no_data":
        return np.nan
    if not pd.isna(done):
        return float((done - due).days)
    return float((cut - due).days) if cut > due else np.nan
