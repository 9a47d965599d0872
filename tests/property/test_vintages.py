"""What the store says was known then is what a naive replay of its log says."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.errors import DataError, RequestError
from evaluation.intake.cells import to_cells
from evaluation.intake.corrections import WHOLE_ROW, Correction
from evaluation.intake.delivery import Delivery, Table
from evaluation.intake.entries import Batch
from evaluation.intake.replay import latest
from evaluation.intake.vintages import Store

Rows = dict[tuple[str, str], tuple[str | None, str | None]]
QUARTERS = ["2024Q1", "2024Q2", "2024Q3", "2024Q4"]
UNITS = ["1", "2"]
values = st.sampled_from([None, "1", "2", "ž"])
keys = st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(QUARTERS[:2]))
tables = st.dictionaries(keys, st.tuples(values, values), max_size=4)


def table(unit: str, rows: Rows) -> Table:
    data = [(f"{unit}{place}", quarter, *pair) for (place, quarter), pair in rows.items()]
    frame = pd.DataFrame(data, columns=["place", "quarter", "x", "y"], dtype=object)
    return Table("need", ("place", "quarter"), "quarter", frame)


def rows_of(frame: pd.DataFrame) -> Rows:
    return {(row[0], row[1]): (row[2], row[3]) for row in frame.itertuples(index=False, name=None)}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(tables, st.sets(keys)), min_size=1, max_size=6))
def test_the_last_row_of_each_key_holds_unless_it_was_withdrawn(log: list[tuple[Rows, set[Any]]]) -> None:
    naive: Rows = {}
    parts = []
    for i, (rows, drawn) in enumerate(log):
        gone = drawn - rows.keys()
        naive = {key: value for key, value in naive.items() if key not in gone} | rows
        withdrawn = [{"place": place, "quarter": quarter} for place, quarter in sorted(gone)]
        parts.append(to_cells([table("", rows)], {"need": withdrawn}).assign(part=i))
    assert rows_of(latest(pd.concat(parts, ignore_index=True), "need")) == naive


step = st.one_of(
    st.tuples(st.just("accept"), st.sampled_from(UNITS), tables.filter(bool), st.sampled_from(["", "why"])),
    st.tuples(st.just("correct"), st.integers(0, 9), st.sampled_from(["x", "y", WHOLE_ROW]), values),
    st.tuples(st.just("purge"), st.sampled_from(QUARTERS[:2])),
    st.tuples(st.just("next quarter")),
)


class Naive:
    """The log as a list of what each entry wrote, replayed from the beginning each time."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.quarter = 0

    def known(self, length: int | None = None) -> dict[tuple[str, str], tuple[str, tuple[Any, Any]]]:
        found: dict[tuple[str, str], tuple[str, tuple[Any, Any]]] = {}
        for entry in self.entries[:length]:
            if not entry["purged"]:
                for key in entry["gone"]:
                    found.pop(key, None)
                found |= {key: (entry["unit"], pair) for key, pair in entry["rows"].items()}
        return found

    def add(self, unit: str, rows: Rows, gone: set[tuple[str, str]]) -> None:
        last = max(period for _, period in {*rows, *gone})
        self.entries.append({"unit": unit, "rows": rows, "gone": gone, "last": last, "purged": False})


def accepted(store: Store, naive: Naive, unit: str, rows: Rows, reason: str) -> None:
    quarter = QUARTERS[naive.quarter]
    made = table(unit, rows)
    new = rows_of(made.frame)
    sent = Delivery("need", "1", quarter, unit, "x.xlsx", "0" * 64, (made,))
    before = {key: pair for key, (owner, pair) in naive.known().items() if owner == unit}
    gone = {key for key in before if key[1] in {period for _, period in new} and key not in new}
    differs = gone or any(key in before and before[key] != pair for key, pair in new.items())
    if differs and not reason:
        with pytest.raises(DataError) as error:
            store.accept(sent, by="J")
        assert error.value.code == "already-accepted"
        return
    done = store.accept(sent, by="J", reason=reason)
    assert (done is None) == (not differs and set(new) <= set(before))
    if done is not None:
        assert done.kind == ("replacement" if differs else "delivery")
        naive.add(unit, new, gone)


def corrected(store: Store, naive: Naive, i: int, column: str, value: str | None) -> None:
    known = naive.known()
    if not known:
        return
    key = sorted(known)[i % len(known)]
    unit, (x, y) = known[key]
    said = {"place": key[0], "quarter": key[1]}
    old = {"x": x, "y": y, WHOLE_ROW: None}[column]
    one = Correction(2, "need", said, column, old, value, "recounted")
    quarter = QUARTERS[naive.quarter]
    store.correct(Batch("need", "1", quarter, "f", "0" * 64, (one,), {"need": "quarter"}), by="J")
    if column == WHOLE_ROW:
        naive.add(unit, {}, {key})
    else:
        naive.add(unit, {key: (value, y) if column == "x" else (x, value)}, set())


def purged(store: Store, naive: Naive, until: str) -> None:
    gone = [entry for entry in naive.entries if not entry["purged"] and entry["last"] <= until]
    if gone:
        store.purge(until=until, reason="retention", by="J")
    else:
        with pytest.raises(RequestError, match="No vintage ends"):
            store.purge(until=until, reason="retention", by="J")
    for entry in gone:
        entry["purged"] = True


@settings(max_examples=12, deadline=None)
@given(st.lists(step, min_size=2, max_size=8))
def test_as_of_equals_a_naive_replay_of_the_log(steps: list[tuple[Any, ...]]) -> None:
    with TemporaryDirectory() as folder:
        store, naive = Store(Path(folder)), Naive()
        for kind, *rest in steps:
            if kind == "accept":
                accepted(store, naive, *rest)
            elif kind == "correct":
                corrected(store, naive, *rest)
            elif kind == "purge":
                purged(store, naive, *rest)
            else:
                naive.quarter = min(naive.quarter + 1, 3)
        if naive.entries:
            compare(store, naive)


def compare(store: Store, naive: Naive) -> None:
    log = store.log()
    assert len(log) == len(naive.entries)
    for quarter in QUARTERS:
        length = int((log.quarter <= quarter).sum())
        same(store, naive, quarter, length)
    for position, moment in enumerate(log.accepted_at, 1):
        same(store, naive, moment, max(position, int((log.accepted_at <= moment).sum())))


def same(store: Store, naive: Naive, when: str, length: int) -> None:
    found = store.as_of("need", "need", when)
    assert rows_of(found.frame) == {key: pair for key, (_, pair) in naive.known(length).items()}
    assert found.state.vintages + found.state.purged == length
