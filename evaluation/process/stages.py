"""`stage_progress`: how far each item has come through ordered stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluation.design import Note
from evaluation.design.columns import read_columns, refuse_empty
from evaluation.design.note import Number
from evaluation.errors import DataError, did_you_mean, listed
from evaluation.estimate import CheckResult
from evaluation.process._dates import dates, day, iso

STAGES = ("designed", "piloted", "evaluated", "adopted")


def stage_progress(
    records: Any,
    *,
    at: Any,
    item: str = "tool",
    stage: str = "stage",
    date: str = "date",
    stages: Sequence[str] = STAGES,
    items: Sequence[str] = (),
) -> CheckResult:
    """Return the furthest stage of each item at a cut-off.

    A stage counts where its date is known and not after the cut-off. An item that is adopted without having
    been evaluated has reached ``adopted``; the stages that it left out, and dates in another order than the
    stages, are noted by name.

    Parameters
    ----------
    records : pandas, polars or Arrow table
        One row per item and stage reached.
    at : date or quarter
        Cut-off.
    item, stage, date : str
        Columns. A record without a date says that the stage is planned, not reached.
    stages : sequence of str
        In their order.
    items : sequence of str
        Items that are known without any record; they have reached none.

    Returns
    -------
    CheckResult
        ``stages``, informational. Table: item, stage (the furthest, "none"), step (0 to the number of
        stages), of, since (date of the furthest stage), skipped (stages left out, as text with spaces).
        Numbers: items, and ``reached_<stage>`` for each stage. Notes ``stages_skipped``,
        ``stages_out_of_order``.

    Raises
    ------
    DataError
        If a stage is not in the list, an item is empty, or a date cannot be read.

    Examples
    --------
    >>> records = pd.DataFrame({"tool": ["a", "a", "b"], "stage": ["designed", "piloted", "designed"],
    ...                         "date": ["2020-02-01", "2020-09-01", "2021-01-15"]})
    >>> stage_progress(records, at="2020Q4").table[["item", "stage", "step"]].to_numpy().tolist()
    [['a', 'piloted', 2], ['b', 'none', 0]]
    """
    data = read_columns(records, {"item": item, "stage": stage, "date": date}, ())
    refuse_empty(pd.isna(data[item]), item, "item")
    frame = pd.DataFrame({"item": data[item], "date": dates(pd.Series(data[date]), date)})
    frame["step"] = _steps(data[stage], stage, tuple(stages))
    reached = frame[frame["date"] <= day(at)]
    names = sorted({*map(str, frame["item"]), *items})
    grid = reached.pivot_table(index="item", columns="step", values="date", aggfunc="min")
    grid = grid.reindex(index=names, columns=range(1, len(stages) + 1)).astype("datetime64[ns]")
    known = grid.notna().to_numpy()
    table = pd.DataFrame([_row(str(name), when, tuple(stages)) for name, when in grid.iterrows()])
    numbers: dict[str, Number] = {"items": len(names)}
    numbers |= {f"reached_{one}": int(count) for one, count in zip(stages, known.sum(axis=0), strict=True)}
    return CheckResult("stages", None, table, numbers, _notes(table, grid))


def _steps(values: Any, column: str, stages: tuple[str, ...]) -> list[int]:
    unknown = [i for i, value in enumerate(values) if value not in stages]
    if unknown:
        raise DataError(
            "unknown-stage",
            column=column,
            count=len(unknown),
            example=f"row {unknown[0] + 1}: {values[unknown[0]]!r}",
            available=listed(stages),
            suggestion=did_you_mean(str(values[unknown[0]]), stages),
        )
    return [stages.index(value) + 1 for value in values]


def _row(name: str, when: pd.Series, stages: tuple[str, ...]) -> dict[str, object]:
    steps = np.flatnonzero(when.notna().to_numpy()) + 1
    furthest = int(steps.max(initial=0))
    return {
        "item": name,
        "stage": stages[furthest - 1] if furthest else "none",
        "step": furthest,
        "of": len(stages),
        "since": iso(when[furthest]) if furthest else "",
        "skipped": " ".join(stages[step - 1] for step in range(1, furthest) if step not in steps),
    }


def _notes(table: pd.DataFrame, grid: pd.DataFrame) -> tuple[Note, ...]:
    skipped = tuple(table["item"][table["skipped"] != ""])
    order = [bool(when.dropna().is_monotonic_increasing) for _, when in grid.iterrows()]
    disordered = tuple(str(name) for name, ordered in zip(grid.index, order, strict=True) if not ordered)
    wanted = {"stages_skipped": skipped, "stages_out_of_order": disordered}
    return tuple(Note(code, {"items": len(n), "names": n}) for code, n in wanted.items() if n)
