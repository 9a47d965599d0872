"""The store keeps what was accepted, knows what was known when, and destroys only what is purged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from evaluation.errors import DataError, EvaluationError, RequestError
from evaluation.intake.corrections import read_corrections
from evaluation.intake.delivery import Delivery, Table
from evaluation.intake.entries import Batch
from evaluation.intake.keys import Key
from evaluation.intake.vintages import Store

STORE_KEY = Key("store", bytes(range(32)))
Rows = dict[tuple[str, str], str | None]


def delivery(rows: Rows, *, unit: str = "1", quarter: str = "2024Q3", file: str = "one.xlsx") -> Delivery:
    """A delivery of households by (district, quarter)."""
    frame = pd.DataFrame(
        [(district, period, value) for (district, period), value in rows.items()],
        columns=["district", "quarter", "households"],
        dtype=object,
    )
    table = Table("need", ("district", "quarter"), "quarter", frame)
    return Delivery("housing_need", "1", quarter, unit, file, "0" * 64, (table,))


def known(store: Store, when: str | None = None) -> Rows:
    frame = store.as_of("housing_need", "need", when).frame
    return {(d, q): h for d, q, h in frame.itertuples(index=False, name=None)}


def corrections(text: str, quarter: str = "2024Q4") -> Batch:
    rows = read_corrections(f"sheet;district;quarter;column;old;new;reason\n{text}".encode(), "fix.csv")
    return Batch("housing_need", "1", quarter, "fix.csv", "1" * 64, rows, {"need": "quarter"})


@pytest.fixture(params=["plain", "encrypted"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store(tmp_path / "vintages", key=STORE_KEY if request.param == "encrypted" else None, wait=0.2)


@pytest.fixture
def filled(store: Store) -> Store:
    store.accept(delivery({("1", "2024Q2"): "3", ("1", "2024Q3"): "12"}), by="Jana")
    store.accept(delivery({("2", "2024Q3"): None}, unit="2", file="two.xlsx"), by="Jana")
    return store


def code(error: pytest.ExceptionInfo[EvaluationError]) -> str:
    return error.value.code


def test_the_last_accepted_row_holds_and_what_was_known_stays(filled: Store) -> None:
    before = known(filled)
    assert before == {("1", "2024Q2"): "3", ("1", "2024Q3"): "12", ("2", "2024Q3"): None}
    filled.correct(corrections("need;1;2024Q3;households;12;14;left out\n"), by="Petr")
    filled.accept(
        delivery({("2", "2024Q3"): "7"}, unit="2", quarter="2024Q4"), by="Eva", reason="it came later"
    )
    assert known(filled, "2024Q3") == before
    assert known(filled) == before | {("1", "2024Q3"): "14", ("2", "2024Q3"): "7"}
    history = filled.history("housing_need", "need", {"district": "1", "quarter": "2024Q3"}, "households")
    assert history.value.tolist() == ["12", "14"]
    assert history.accepted_by.tolist() == ["Jana", "Petr"]
    assert history.reason.tolist() == ["", "left out"]
    log = filled.log()
    assert log.kind.tolist() == ["delivery", "delivery", "correction", "replacement"]
    assert log.accepted_at.is_monotonic_increasing
    assert filled.verify() == 4


def test_a_moment_and_a_day_are_also_answered(filled: Store) -> None:
    first, second = filled.log().accepted_at
    assert len(known(filled, first)) == 2
    assert len(known(filled, second)) == 3
    assert len(known(filled, second[:10])) == 3
    assert known(filled, "2020-01-01") == {}
    with pytest.raises(RequestError, match="2024Q5") as error:
        known(filled, "2024Q5")
    assert code(error) == "bad-moment"


def test_the_same_delivery_again_changes_nothing(filled: Store) -> None:
    again = delivery({("1", "2024Q3"): "12", ("1", "2024Q2"): "3"}, file="again.csv")
    assert filled.accept(again, by="Jana") is None
    assert len(filled.log()) == 2


def test_a_row_that_a_replacement_no_longer_holds_is_withdrawn(filled: Store) -> None:
    two = {("1", "2024Q3"): "12", ("1b", "2024Q3"): "1"}
    filled.accept(delivery(two, quarter="2024Q3"), by="Jana")  # only adds: no reason needed
    with pytest.raises(DataError, match="1b") as error:
        filled.accept(delivery({("1", "2024Q3"): "12"}), by="Jana")
    assert code(error) == "already-accepted"
    filled.accept(delivery({("1", "2024Q3"): "12"}), by="Jana", reason="1b was merged into 1")
    assert ("1b", "2024Q3") not in known(filled)
    assert ("1", "2024Q2") in known(filled), "periods that are not in the delivery stay"
    filled.correct(corrections("need;2;2024Q3;*;;;closed\n"), by="Jana")
    assert ("2", "2024Q3") not in known(filled)


REFUSED_CORRECTIONS = [
    ("need;1;2024Q3;households;11;14;typo", "correction-old-value"),
    ("need;9;2024Q3;households;11;14;typo", "correction-unknown-row"),
    ("staff;1;2024Q3;households;12;14;typo", "correction-unknown-row"),
    ("need;1;2024Q3;houses;12;14;typo", "correction-unknown-column"),
    ("need;1;2024Q3;district;1;2;typo", "correction-unknown-column"),
    ("need;1;;households;12;14;typo", "correction-key"),
    ("need;1;2024Q3;households;12;14;", "correction-without-reason"),
    ("need;1;2024Q3;households;12", "corrections-unreadable"),
    ("", "no-rows"),
]


@pytest.mark.parametrize(("row", "expected"), REFUSED_CORRECTIONS)
def test_a_correction_that_fits_nothing_is_refused_whole(filled: Store, row: str, expected: str) -> None:
    with pytest.raises(DataError) as error:
        filled.correct(corrections(f"need;1;2024Q2;households;3;4;good\n{row}\n" if row else ""), by="Jana")
    assert code(error) == expected
    assert "fix.csv" in error.value.where
    assert len(filled.log()) == 2


def test_corrections_of_two_senders_are_two_vintages_of_one_file(filled: Store) -> None:
    both = "need;1;2024Q3;households;12;14;left out\nneed;2;2024Q3;households;;7;it came\n"
    made = filled.correct(corrections(both), by="Eva")
    assert [(one.seq, one.unit, one.reason) for one in made] == [(3, "1", "left out"), (4, "2", "it came")]
    assert made[0].source_sha256 == made[1].source_sha256
    assert known(filled)["1", "2024Q3"] == "14"
    assert known(filled)["2", "2024Q3"] == "7"
    again = delivery({("1", "2024Q2"): "3", ("1", "2024Q3"): "14"}, quarter="2024Q4")
    assert filled.accept(again, by="Jana") is None, "the sender's own file now agrees"


def test_a_corrected_row_is_checked_before_anything_is_kept(filled: Store) -> None:
    def refuse(table: Table) -> None:
        assert table.frame.households.tolist() == ["-1"]
        raise DataError("corrections-refused", count=1)

    with pytest.raises(DataError):
        filled.correct(corrections("need;1;2024Q2;households;3;-1;typo\n"), by="Jana", check=refuse)
    assert len(filled.log()) == 2


def test_rules_of_an_entry(filled: Store) -> None:
    later = delivery({("1", "2024Q4"): "1"}, quarter="2024Q4")
    filled.accept(later, by="Jana")
    for refused, expected in [
        ({"by": "Jana"}, "round-over"),
        ({"by": " "}, "nobody"),
    ]:
        with pytest.raises(RequestError) as error:
            filled.accept(delivery({("1", "2024Q1"): "1"}), **refused)
        assert code(error) == expected
    with pytest.raises(RequestError, match="2024Q1"):
        filled.purge(until="2024Q1", reason="expired", by="Jana")
    with pytest.raises(RequestError) as error:
        filled.purge(until="2024Q3", reason="", by="Jana")
    assert code(error) == "purge-without-reason"


def test_a_purge_destroys_keys_and_files_and_leaves_the_hash(filled: Store) -> None:
    filled.accept(
        delivery({("1", "2024Q3"): "13", ("1", "2024Q4"): "9"}, quarter="2024Q4"), by="J", reason="r"
    )
    before = filled.state("housing_need", "need").sha256
    hashes = filled.log().sha256.tolist()
    done = filled.purge(until="2024Q3", reason="retention of five years is over", by="Eva")
    assert [one.seq for one in done.destroyed] == [1, 2]
    assert [one.seq for one in done.kept] == [3], "it also holds 2024Q4"
    assert len(list((filled.folder / "files").iterdir())) == 1
    assert len(list((filled.folder / "keys").iterdir())) == (1 if filled._key else 0)
    log = filled.log()
    assert log.sha256.tolist() == hashes
    assert log.purged_by.fillna("").tolist() == ["Eva", "Eva", ""]
    assert log.purged_reason[0] == "retention of five years is over"
    after = filled.state("housing_need", "need")
    assert (after.vintages, after.purged) == (1, 2)
    assert after.sha256 != before
    assert known(filled) == {("1", "2024Q3"): "13", ("1", "2024Q4"): "9"}


# --- damage ------------------------------------------------------------------------------------------
def file_of(store: Store, seq: int) -> Path:
    entry = store.log().set_index("seq").loc[seq]
    return next((store.folder / "files").glob(f"{entry['id']}.*"))


def flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def test_a_changed_or_missing_file_is_refused_by_name(filled: Store) -> None:
    path = file_of(filled, 2)
    flip(path)
    with pytest.raises(DataError, match="Vintage 2 \\(from 2") as error:
        known(filled)
    assert code(error) == "vintage-changed"
    assert error.value.where == path.name
    path.unlink()
    with pytest.raises(DataError, match="Vintage 2") as error:
        filled.verify()
    assert code(error) == "vintage-missing"


def test_a_changed_register_is_noticed(filled: Store) -> None:
    import duckdb

    with duckdb.connect(str(filled.folder / "register.duckdb")) as connection:
        connection.execute("update vintages set accepted_by = 'nobody' where seq = 1")
    with pytest.raises(DataError, match="Entry 1") as error:
        known(filled)
    assert code(error) == "register-changed"
    (filled.folder / "register.duckdb").write_bytes(b"no database" * 1000)
    with pytest.raises(EvaluationError):
        known(filled)


def test_a_register_that_is_older_than_the_files_touches_none(filled: Store, tmp_path: Path) -> None:
    kept = tmp_path / "register"
    shutil.copy(filled.folder / "register.duckdb", kept)
    filled.accept(delivery({("3", "2024Q3"): "1"}, unit="3"), by="Jana")
    files = sorted(path.name for path in filled.folder.rglob("*") if path.is_file())
    for damage in (lambda p: shutil.copy(kept, p), lambda p: p.unlink()):
        damage(filled.folder / "register.duckdb")
        with pytest.raises(DataError) as error:
            filled.accept(delivery({("4", "2024Q3"): "1"}, unit="4"), by="Jana")
        assert code(error) == "register-older"
        left = {path.name for path in filled.folder.rglob("*") if path.is_file()}
        assert set(files) - left <= {"register.duckdb"}


def test_another_store_key_or_none_opens_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path, key=STORE_KEY)
    store.accept(delivery({("1", "2024Q3"): "secret-12"}), by="Jana")
    raw = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"secret-12" not in raw
    assert STORE_KEY.secret not in raw
    for key in (None, Key("store", bytes(32))):
        other = Store(tmp_path, key=key)
        for action in (known, lambda s: s.accept(delivery({("2", "2024Q3"): "1"}), by="J")):
            with pytest.raises(RequestError, match=STORE_KEY.id) as error:
                action(other)
            assert code(error) == "store-key"


def test_the_store_key_can_be_changed(tmp_path: Path) -> None:
    store, new = Store(tmp_path, key=STORE_KEY), Key("store", bytes(32))
    store.accept(delivery({("1", "2024Q3"): "12"}), by="Jana")
    assert store.change_key(new) == 1
    assert known(store) == known(Store(tmp_path, key=new)) == {("1", "2024Q3"): "12"}
    with pytest.raises(RequestError):
        known(Store(tmp_path, key=STORE_KEY))
    assert [path.suffix for path in (tmp_path / "keys").iterdir()] == [f".{new.id}"]


def test_files_and_keys_of_two_vintages_cannot_be_exchanged(tmp_path: Path) -> None:
    store = Store(tmp_path, key=STORE_KEY)
    for unit in ("1", "2"):
        store.accept(delivery({(unit, "2024Q3"): "1"}, unit=unit), by="Jana")
    one, two = sorted((tmp_path / "keys").iterdir())
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    with pytest.raises(DataError) as error:
        known(store)
    assert code(error) == "vintage-locked"


def test_nothing_is_read_before_anything_was_accepted(store: Store) -> None:
    with pytest.raises(RequestError) as error:
        store.log()
    assert code(error) == "no-vintages"
    assert not list(store.folder.parent.iterdir())
