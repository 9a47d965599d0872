"""From files to the store: what passed the check, protected as the contract asks."""

from __future__ import annotations

import re
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from evaluation.errors import DataError, RequestError
from evaluation.intake.check import Checked, check_files
from evaluation.intake.contract import Agreement, Contract
from evaluation.intake.keys import Key, find_key, new_key_file, read_key
from evaluation.intake.pseudonyms import links, pseudonym
from evaluation.intake.vintages import Store
from evaluation.run.acceptance import accept_checked, checking, read_batch

OLD, NEW = Key("pseudonym", bytes(range(32))), Key("pseudonym", bytes(32))
HEAD = "district;quarter;client;age;since;status"


def field(name: str, type_: str, **rest: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, "title": {"cs": name, "en": name}, **rest}


@pytest.fixture(scope="module")
def contract() -> Contract:
    fields = [
        field("district", "string", constraints={"required": True, "enum": ["Praha 1", "Praha 2"]}),
        field("quarter", "quarter", constraints={"required": True}),
        field("client", "string", pseudonym="client", constraints={"required": True}),
        field("age", "integer", bands=[0, 18, 25, 65], constraints={"minimum": 0, "maximum": 120}),
        field("since", "date", to_quarter=True),
        field("status", "string", constraints={"enum": ["housed", "waiting"]}),
    ]
    sheet = {"name": "clients", "title": {"cs": "Klienti", "en": "Clients"}, "fields": fields,
             "primaryKey": ["district", "quarter", "client"]}  # fmt: skip
    agreement = {
        "schema_version": 1,
        "name": "clients",
        "title": {"cs": "Klienti", "en": "Clients"},
        "panel": {"sheet": "clients", "unit": "district", "time": "quarter", "from": "2024Q1"},
        "deadline": {"days": 15},
        "sheets": [sheet],
    }
    return Contract(Agreement.model_validate(agreement), {})


def checked(contract: Contract, quarter: str, **files: str) -> Checked:
    raw = {f"{name}.csv": f"{HEAD}\n{rows}".encode() for name, rows in files.items()}
    return check_files(raw, contract, quarter=quarter)


def take(store: Store, found: Checked, key: Key = OLD, **options: Any) -> dict[str, str]:
    answers = accept_checked(store, found, key, by="J", round_=options.pop("round_", "2024Q3"), **options)
    return {one.file: one.state for one in answers}


ONE = "Praha 1;2024Q3;A-17;31;2024-05-02;housed\nPraha 1;2024Q3;A-18;;;\n"
TWO = "Praha 2;2024Q3;A-17;17;2024-09-30;waiting\n"


@pytest.fixture
def store(tmp_path: Path, contract: Contract) -> Store:
    store = Store(tmp_path / "vintages")
    found = checked(contract, "2024Q3", one=ONE, two=TWO, wrong="Praha 2;2024Q3;A-19;-4;;lost\n")
    assert take(store, found) == {"one.csv": "accepted", "two.csv": "accepted", "wrong.csv": "refused"}
    return store


def test_what_is_stored_is_protected(store: Store, tmp_path: Path) -> None:
    frame = store.as_of("clients", "clients").frame.set_index(["district", "client"])
    same = pseudonym("A-17", kind="client", key=OLD)
    one, two = frame.loc[("Praha 1", same)], frame.loc[("Praha 2", same)]
    assert (one.age, one.since, one.status) == ("25-64", "2024Q2", "housed")
    assert (two.age, two.since) == ("0-17", "2024Q3")
    assert frame.loc[("Praha 1", pseudonym("A-18", kind="client", key=OLD))].age is None
    raw = b"".join(path.read_bytes() for path in (tmp_path / "vintages").rglob("*") if path.is_file())
    assert b"A-17" not in raw
    assert OLD.secret not in raw
    assert OLD.secret.hex().encode() not in raw
    assert store.log().pseudonym_key.unique().tolist() == [OLD.id]


def test_the_same_files_again_and_a_changed_one(store: Store, contract: Contract) -> None:
    assert take(store, checked(contract, "2024Q3", one=ONE)) == {"one.csv": "known"}
    changed = checked(contract, "2024Q3", one=ONE.replace("housed", "waiting"))
    assert take(store, changed) == {"one.csv": "refused"}
    assert take(store, changed, reason="moved out") == {"one.csv": "accepted"}


def test_a_correction_names_what_was_sent_and_is_checked(
    store: Store, contract: Contract, tmp_path: Path
) -> None:
    file = tmp_path / "fix.csv"

    def correct(row: str) -> int:
        file.write_text(f"sheet;district;quarter;client;column;old;new;reason\n{row}\n", encoding="utf-8")
        batch = read_batch(file, contract, OLD, "2024Q3")
        return len(store.correct(batch, by="J", check=checking(contract, file.name)))

    assert correct("clients;Praha 1;2024Q3;A-17;age;31;13;typo") == 1
    with pytest.raises(DataError, match="lost") as error:
        correct("clients;Praha 1;2024Q3;A-17;status;housed;lost;typo")
    assert error.value.code == "corrections-refused"
    with pytest.raises(DataError) as error:
        correct("clients;Praha 1;2024Q3;A-17;age;13;young;typo")
    assert error.value.code == "not-protected"
    frame = store.as_of("clients", "clients").frame
    mine = frame[frame.client.eq(pseudonym("A-17", kind="client", key=OLD)) & frame.district.eq("Praha 1")]
    assert mine.age.tolist() == ["0-17"]


def test_persons_are_followed_through_a_new_key_as_far_as_they_are_linked(
    store: Store, contract: Contract
) -> None:
    later = "Praha 1;2024Q4;A-17;31;2024-05-02;housed\nPraha 1;2024Q4;A-18;40;;housed\n"
    found = checked(contract, "2024Q4", one=later)
    with pytest.raises(RequestError, match=OLD.id) as error:
        take(store, found, NEW, round_="2024Q4")
    assert error.value.code == "pseudonym-key"
    assert store.link(links(["A-17", "never sent"], kind="client", old=OLD, new=NEW), new_key=NEW.id) == 1
    assert take(store, found, NEW, round_="2024Q4") == {"one.csv": "accepted"}
    frame = store.as_of("clients", "clients").frame
    quarters = frame[frame.district == "Praha 1"].groupby("client").quarter.agg(sorted)
    assert quarters[pseudonym("A-17", kind="client", key=NEW)] == ["2024Q3", "2024Q4"]
    assert quarters[pseudonym("A-18", kind="client", key=NEW)] == ["2024Q4"], (
        "not linked: followed no further"
    )
    with pytest.raises(RequestError):
        take(store, checked(contract, "2024Q4", one=later.replace("40", "41")), OLD, round_="2024Q4")


def test_a_lost_key_begins_a_new_series(store: Store, contract: Contract) -> None:
    nobody = links((), kind="", old=NEW, new=NEW)
    assert store.link(nobody, new_key=NEW.id) == 2, "pseudonyms of A-17 and A-18 end"
    later = checked(contract, "2024Q4", one="Praha 1;2024Q4;A-17;31;2024-05-02;housed\n")
    assert take(store, later, NEW, round_="2024Q4") == {"one.csv": "accepted"}
    assert store.as_of("clients", "clients").frame.client.nunique() == 3


# --- keys --------------------------------------------------------------------------------------------
def test_a_key_shows_only_its_name_and_is_written_nowhere() -> None:
    import pickle

    for shown in (repr(OLD), str(OLD), f"{OLD}"):
        assert OLD.secret.hex() not in shown
        assert OLD.id in shown
    with pytest.raises(TypeError):
        pickle.dumps(OLD)
    assert OLD.id != Key("store", OLD.secret).id, "the names of keys say nothing of one another"


def test_a_key_file_is_private_and_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, outside = tmp_path / "project", tmp_path / "key"
    root.mkdir()
    new_key_file(outside, root)
    assert stat.S_IMODE(outside.stat().st_mode) == 0o600 or sys.platform == "win32"
    assert re.fullmatch(r"[0-9a-f]{64}\n", outside.read_text())
    monkeypatch.delenv("EVALUATION_STORE_KEY", raising=False)
    monkeypatch.setenv("EVALUATION_STORE_KEY_FILE", str(outside))
    assert find_key("store", root) == read_key("store", outside, root)
    monkeypatch.setenv("EVALUATION_STORE_KEY", "00" * 32)
    assert find_key("store", root) == Key("store", bytes(32)), "the variable comes first"
    (root / "link").symlink_to(outside)
    inside = root / "key"
    inside.write_text("00" * 32)
    outside.chmod(0o640)
    short = tmp_path / "short"
    short.write_text("abc")
    short.chmod(0o600)
    for path, code in [
        (outside, "key-readable-by-others"),
        (inside, "key-inside-project"),
        (short, "key-unreadable"),
        (tmp_path / "none", "key-unreadable"),
    ]:
        with pytest.raises(RequestError) as error:
            read_key("store", path, root)
        assert error.value.code == code
    with pytest.raises(RequestError) as error:
        new_key_file(outside, root)
    assert error.value.code == "key-not-written"


def test_pseudonyms_do_not_depend_on_how_an_identifier_is_typed() -> None:
    one = pseudonym("Žižkov-3", kind="client", key=OLD)
    assert one == pseudonym("  Z\u030ciz\u030ckov-3\n", kind="client", key=OLD)
    others = {
        pseudonym("Žižkov-4", kind="client", key=OLD),
        pseudonym("Žižkov-3", kind="household", key=OLD),
        pseudonym("Žižkov-3", kind="client", key=NEW),
    }
    assert len({one, *others}) == 4
    for value, kind in (("", "client"), (" ", "client"), ("a", "")):
        with pytest.raises(ValueError, match="identifier"):
            pseudonym(value, kind=kind, key=OLD)
