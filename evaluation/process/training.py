"""Training: persons who enrolled, completed and passed; new persons by period; hours of support."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design import Note
from evaluation.design.columns import numeric, read_columns, refuse_empty, refuse_rows
from evaluation.design.note import Number
from evaluation.estimate import CheckResult
from evaluation.process._dates import dates, day, first_day, iso, quarter

Floats = NDArray[np.float64]
HOURS_PER_MONTH = 15.0
"""Hours for which a month of tenancy counts in call 108 of the Operational Programme Employment."""
THRESHOLD = 40.0
"""Hours below which support is too small for the person to count as a participant."""
STEPS = ("enrolled", "completed", "passed")


def training_funnel(
    records: Any,
    *,
    at: Any,
    person: str = "person",
    enrolled: str = "enrolled",
    completed: str = "completed",
    passed: str = "passed",
    by: str | None = None,
) -> CheckResult:
    """Count persons, each once, who enrolled in, completed and passed a course by the cut-off.

    A target of 500 trained *persons* is about `persons_completed` of the total, not about
    `course_completions`, in which a person with three courses counts three times. A person who changed
    employer is in several groups; the groups then add up to more than the total, and a note says so.

    Parameters
    ----------
    records : pandas, polars or Arrow table
        One row per person (a pseudonym) and course.
    at : date or quarter
        Cut-off.
    person : str
        Column.
    enrolled, completed, passed : str
        Columns with days, empty where it has not happened.
    by : str, optional
        Column of a group, e.g. the type of employer or the region.

    Returns
    -------
    CheckResult
        ``training``, informational. Table: group (``total`` first), persons_enrolled, persons_completed,
        persons_passed, course_completions, share_completed (of those enrolled), share_passed (of those who
        completed). Numbers: at, persons, courses (enrolments). Notes ``persons_in_several_groups``,
        ``step_without_earlier`` (rows with a later step but not the earlier one; they count for the steps
        that they have).

    Raises
    ------
    DataError
        If a column is missing, a person is empty or a date cannot be read.

    Examples
    --------
    >>> records = pd.DataFrame({"person": ["x", "x", "y"], "enrolled": "2020-01-10", "passed": "",
    ...                         "completed": ["2020-02-01", "2020-03-01", ""]})
    >>> found = training_funnel(records, at="2020Q1").table
    >>> found[["persons_enrolled", "persons_completed", "course_completions"]].to_numpy().tolist()
    [[2, 1, 2]]
    """
    columns = {"enrolled": enrolled, "completed": completed, "passed": passed}
    data = read_columns(records, {"person": person, **columns, "group": by}, ())
    refuse_empty(pd.isna(data[person]), person, "person")
    cut = day(at)
    frame = pd.DataFrame({"person": data[person]})
    for step, column in columns.items():
        frame[step] = dates(pd.Series(data[column]), column) <= cut
    groups = {"total": frame}
    if by:
        frame["group"] = pd.Series(data[by], dtype=object).fillna("").astype(str)
        groups |= {str(name): part for name, part in frame.groupby("group", sort=True)}
    table = pd.DataFrame([_funnel(name, part) for name, part in groups.items()])
    numbers: dict[str, Number] = {
        "at": iso(cut),
        "persons": int(frame["person"][frame["enrolled"]].nunique()),
        "courses": int(frame["enrolled"].sum()),
    }
    return CheckResult("training", None, table, numbers, _funnel_notes(frame, grouped=by is not None))


def _funnel(name: str, rows: pd.DataFrame) -> dict[str, object]:
    persons = {step: int(rows["person"][rows[step]].nunique()) for step in STEPS}
    enrolled, completed, passed = (persons[step] for step in STEPS)
    return {
        "group": name,
        **{f"persons_{step}": count for step, count in persons.items()},
        "course_completions": int(rows["completed"].sum()),
        "share_completed": completed / enrolled if enrolled else np.nan,
        "share_passed": passed / completed if completed else np.nan,
    }


def _funnel_notes(frame: pd.DataFrame, *, grouped: bool) -> tuple[Note, ...]:
    notes = []
    if grouped:
        pairs = frame.loc[frame["enrolled"], ["person", "group"]].drop_duplicates()
        several = int((pairs["person"].value_counts() > 1).sum())
        if several:
            notes.append(Note("persons_in_several_groups", {"persons": several}))
    odd = (frame["completed"] & ~frame["enrolled"]) | (frame["passed"] & ~frame["completed"])
    if odd.any():
        notes.append(Note("step_without_earlier", {"rows": int(odd.sum())}))
    return tuple(notes)


def training_increments(
    records: Any, *, periods: Sequence[str], person: str = "person", completed: str = "completed"
) -> CheckResult:
    """Count the persons who completed their first course, by period: what `forecast` takes.

    Parameters
    ----------
    records : pandas, polars or Arrow table
        See `training_funnel`.
    periods : sequence of str
        Successive quarters. Persons from before the first are in its total and in ``before``.
    person, completed : str
        Columns.

    Returns
    -------
    CheckResult
        ``training_increments``, informational. Table: period, new_persons, total. Numbers: before, total.

    Raises
    ------
    DataError
        If a column is missing, a person is empty or a date cannot be read.

    Examples
    --------
    >>> records = pd.DataFrame({"person": ["x", "x", "y"],
    ...                         "completed": ["2020-02-01", "2020-05-01", "2020-06-01"]})
    >>> training_increments(records, periods=["2020Q1", "2020Q2"]).table.new_persons.tolist()
    [1, 1]
    """
    data = read_columns(records, {"person": person, "completed": completed}, ())
    refuse_empty(pd.isna(data[person]), person, "person")
    first = dates(pd.Series(data[completed]), completed).groupby(data[person]).min()
    counts = first.map(quarter).value_counts()
    before = int((first < first_day(periods[0])).sum())
    new = np.array([int(counts.get(period, 0)) for period in periods])
    table = pd.DataFrame({"period": list(periods), "new_persons": new, "total": before + new.cumsum()})
    return CheckResult(
        "training_increments", None, table, {"before": before, "total": int(before + new.sum())}
    )


def counted_hours(hours: Floats, tenancy_months: Floats | float = 0.0) -> Floats:
    """Hours of support of a person: hours of training or work with them, and 15 for a month of tenancy.

    So a lease of twelve months counts for 180 hours, and one of two months does not yet reach 40. The rule
    stands in the questions and answers to call 108 of the Operational Programme Employment (esfcr.cz).

    Examples
    --------
    >>> counted_hours(np.array([0.0, 0.0, 10.0]), np.array([12.0, 2.0, 2.0])).tolist()
    [180.0, 30.0, 40.0]
    """
    return np.asarray(hours + HOURS_PER_MONTH * np.asarray(tenancy_months), dtype=np.float64)


def support_hours(
    records: Any,
    *,
    person: str = "person",
    hours: str = "hours",
    tenancy_months: str | None = None,
    threshold: float = THRESHOLD,
) -> CheckResult:
    """Count the persons whose support reached the hours from which a person counts as a participant.

    All support of one person is added up, whatever it was; below 40 hours it is too small to count
    ("bagatelní podpora" of the European Social Fund).

    Parameters
    ----------
    records : pandas, polars or Arrow table
        One or more rows per person.
    person, hours : str
        Columns. Empty hours are none.
    tenancy_months : str, optional
        Column with months of tenancy, 15 hours each.
    threshold : float

    Returns
    -------
    CheckResult
        ``support_hours``, informational. Table: band (``below``, ``counted``), persons, hours. Numbers:
        persons, counted, threshold.

    Raises
    ------
    DataError
        If a column is missing, a person is empty, or hours are negative or no number.

    Examples
    --------
    >>> records = pd.DataFrame({"person": ["x", "x", "y"], "hours": [30, 10, 39.5]})
    >>> support_hours(records).table.persons.tolist()
    [1, 1]
    """
    data = read_columns(records, {"person": person, "hours": hours, "months": tenancy_months}, ())
    refuse_empty(pd.isna(data[person]), person, "person")
    amounts = {name: np.nan_to_num(numeric(data, name)) for name in (hours, tenancy_months) if name}
    for name, values in amounts.items():
        refuse_rows(values < 0, data[name], name, "negative-count")
    months = amounts[tenancy_months] if tenancy_months else 0.0
    total = pd.Series(counted_hours(amounts[hours], months)).groupby(data[person]).sum()
    bands = {"below": total[total < threshold], "counted": total[total >= threshold]}
    rows = [{"band": name, "persons": len(own), "hours": float(own.sum())} for name, own in bands.items()]
    numbers: dict[str, Number] = {"persons": len(total), "counted": len(bands["counted"])}
    numbers["threshold"] = float(threshold)
    return CheckResult("support_hours", None, pd.DataFrame(rows), numbers)
