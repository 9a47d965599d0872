"""Spoilt files and contracts by the thousand: no traceback, no hang, no accepted nonsense, a place for all.

A short part runs with the other tests; `make test-long` runs thousands. Each case is one seed, named where it
fails.
"""

from __future__ import annotations

import io
import random
import re
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyreadstat
import pytest

from evaluation.errors import EvaluationError
from evaluation.intake.check import Checked, check_files
from evaluation.run.annotate import annotated
from evaluation.run.contracts import read_contract
from evaluation.run.defect_words import in_words
from evaluation.run.project import Project, open_project
from tests.shared import ROOT
from tests.spec.intake import files as f

SECONDS = 20.0
"""One case may take this long on a busy machine; most take less than a tenth of a second."""

NASTY: tuple[Any, ...] = (
    "", " ", "=1+1", "=cmd|'/c calc'!A1", "-", "--5", "1e400", "1e308", "-0", "∞", "NaN", "0x10",
    "1_000", "1,2,3",
    "1.2.3", "1 2", "12 345 678", "９", "²", "\u202e123", "Praha 3\u200b", "praha-03",
    "Praha 3; DROP TABLE", "a" * 600,
    "{value}", "{0}", "%s", "2023Q0", "2023Q9", "Q", "2023-13-45", "31. 2. 2023", "2023q1", "#REF!",
    "TRUE", "ano",
    "<script>", "\ufeff", "\n", "a\nb", "'", '"', ";", "\t", "../../etc", "780123/3540",
    "jan@example.org", True,
    -1, 0, 5001, 10**18, 1.5, 1e-320, float("1e300"),
)  # fmt: skip
WORDS = (
    b"<row", b"<c ", b'r="', b"<v>", b"</v>", b'hidden="1"', b"mergeCell", b't="s"', b"<f>", b"xmlns",
    b"1", b"0", b"-",
    b"number-rows-repeated", b"&#0;", b"&x;", b"]]>", b"<![CDATA[", b"<!DOCTYPE a [<!ENTITY x 'y'>]>",
    b"\xff", b"",
)  # fmt: skip


ODD: dict[int, tuple[Any, ...]] = {
    2: ("55", "1 055", 4999, " 60 "),
    3: (0, None, "3", "02"),
    4: ("0,35", "35 %", 0, 1, None, "1.0", ".5", -0.0),
}
"""By column: what is odd, and mostly right."""


def cells(draw: random.Random) -> list[list[Any]]:
    """Rows with some cells, rows and columns replaced, moved, doubled or left out; or only odd ones."""
    rows = f.rows()
    if draw.random() < 0.4:
        for _ in range(draw.randint(1, 6)):
            column = draw.choice(list(ODD))
            rows[draw.randrange(1, len(rows))][column] = draw.choice(ODD[column])
        return rows
    for _ in range(draw.randint(1, 6)):
        row = draw.randrange(len(rows))
        kind = draw.random()
        if kind < 0.7 and rows[row]:
            rows[row][draw.randrange(len(rows[row]))] = draw.choice(NASTY)
        elif kind < 0.8:
            rows.insert(row, list(draw.choice(rows)))
        elif kind < 0.9:
            del rows[row]
        else:
            draw.shuffle(rows[row])
    return rows


def written(value: Any) -> Any:
    """A value that openpyxl and XML can hold."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", value) if isinstance(value, str) else value


def as_xlsx(draw: random.Random) -> tuple[str, bytes]:
    return "a.xlsx", f.xlsx(
        {draw.choice(["Need", "need", "List1"]): [[*map(written, r)] for r in cells(draw)]}
    )


def as_ods(draw: random.Random) -> tuple[str, bytes]:
    return "a.ods", f.ods({"Need": [[*map(written, row)] for row in cells(draw)]})


def as_csv(draw: random.Random) -> tuple[str, bytes]:
    encoding = draw.choice(["utf-8", "utf-8-sig", "cp1250", "utf-16"])
    values = [["" if v is None else str(v) for v in row] for row in cells(draw)]
    text = f.delimited(values, draw.choice(",;\t|"), "utf-8").decode()
    return "need.csv", text.encode(encoding, errors="replace")


def as_statistical(draw: random.Random, folder: Path) -> tuple[str, bytes]:
    frame = pd.DataFrame(f.rows()[1:], columns=list(f.FIELDS))
    suffix = draw.choice(["sav", "dta"])
    write = pyreadstat.write_sav if suffix == "sav" else pyreadstat.write_dta
    file = folder / f"a.{suffix}"
    write(frame, file)
    return file.name, file.read_bytes()


def bytes_spoilt(draw: random.Random, content: bytes) -> bytes:
    """Bytes flipped, cut, doubled or put in."""
    spoilt = bytearray(content)
    for _ in range(draw.randint(1, 8)):
        at = draw.randrange(len(spoilt) + 1)
        kind = draw.random()
        if kind < 0.5 and at < len(spoilt):
            spoilt[at] = draw.randrange(256)
        elif kind < 0.7:
            spoilt[at:at] = draw.choice(WORDS)
        elif kind < 0.85:
            del spoilt[at : at + draw.randint(1, 40)]
        else:
            spoilt[at:at] = spoilt[at : at + draw.randint(1, 200)]
    return bytes(spoilt)


def part_spoilt(draw: random.Random, content: bytes) -> bytes:
    """One part of an archive spoilt, renamed, doubled or left out; the archive itself is whole."""
    source = zipfile.ZipFile(io.BytesIO(content))
    names = source.namelist()
    chosen, kind = draw.choice(names), draw.random()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            part = source.read(name)
            if name != chosen:
                archive.writestr(name, part)
            elif kind < 0.75:
                archive.writestr(name, bytes_spoilt(draw, part))
            elif kind < 0.85:
                archive.writestr(
                    draw.choice(["../x.xml", "xl/vbaProject.bin", "x/externalLinks/1.xml", "C:\\a"]), part
                )
            elif kind < 0.95:
                archive.writestr(name, part.replace(b"1", draw.choice([b"1048576", b"-1", b"99999999999"])))
    return stream.getvalue()


def case(seed: int, folder: Path) -> tuple[str, bytes]:
    draw = random.Random(seed)
    kind = seed % 8
    if kind == 7:
        name, content = as_statistical(draw, folder)
        return name, bytes_spoilt(draw, content)
    name, content = draw.choice([as_xlsx, as_ods, as_csv])(draw)
    if kind in {3, 4}:
        return name, bytes_spoilt(draw, content)
    if kind in {5, 6} and name != "need.csv":
        return name, part_spoilt(draw, content)
    return name, content


def judge(result: Checked, name: str, content: bytes) -> None:
    """What holds whatever the file was."""
    for one in result.defects:
        what, fix = in_words(one, "cs")
        assert what, one
        assert fix, one
        assert one.file == name or one.code in {"missing_unit", "not_sent", "missing_quarter"}, one
        assert in_words(one, "en")
    if name in result.accepted_files:
        assert_sense(result)
    for book in result.round.books:
        sent = annotated(content if name.endswith("xlsx") else None, book, result.defects, "cs")
        again = openpyxl.load_workbook(io.BytesIO(sent))
        assert not any(
            c.data_type == "f" for sheet in again.worksheets for row in sheet.iter_rows() for c in row
        )


def assert_sense(result: Checked) -> None:
    """An accepted file holds nothing but what the contract allows, judged without the contract's own code."""
    table = result.tables["need"]
    assert len(table) > 0
    assert table["district"].isin([str(500 + i) for i in range(8)]).all()
    assert table["quarter"].str.fullmatch("2023Q[1-4]").all()
    assert not table.duplicated(["district", "quarter"]).any()
    assert table["clients"].between(0, 5000).all()
    assert (table["housed"].dropna() >= 0).all()
    both = table.dropna(subset=["housed"])
    assert (both["housed"] <= both["clients"]).all()
    assert table["share"].dropna().between(0, 1).all()


def run(seeds: range, folder: Path) -> dict[str, int]:
    counted = {"accepted": 0, "rejected": 0}
    for seed in seeds:
        name, content = case(seed, folder)
        start = time.perf_counter()
        try:
            result = check_files({name: content}, f.contract())
            judge(result, name, content)
        except Exception as error:
            raise AssertionError(f"seed {seed} ({name}): {type(error).__name__}: {error}") from error
        assert time.perf_counter() - start < SECONDS, f"seed {seed} ({name}) hangs"
        counted["accepted" if name in result.accepted_files else "rejected"] += 1
    return counted


def test_some_spoilt_files(tmp_path: Path) -> None:
    counted = run(range(64), tmp_path)
    assert min(counted.values()) > 3, counted


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("start", range(1000, 5000, 1000))
def test_thousands_of_spoilt_files(start: int, tmp_path: Path) -> None:
    counted = run(range(start, start + 1000), tmp_path)
    assert min(counted.values()) > 100, counted


# --- contracts -------------------------------------------------------------------------------------------
LINES = (
    "!!python/object/apply:os.system ['true']", "&a [*a, *a]", "? [1, 2]", "- {", "\tname: x",
    "minimum: .inf",
    "schema_version: 2", "primaryKey: []", "check: __import__('os').system('true')",
    "check: clients ** clients",
    "check: '(' ", "pattern: '('", "type: money", "codes: ../../districts", "codes: nothing", "name: Ä",
    "!!binary aaaa",
    "from: 2020-01-01", "<<: *district", "limit: -1", "days: 1e9", "---", "...", "%YAML 9.9", "\x00",
    "a: &x {b: *x}",
)  # fmt: skip


def contract_spoilt(draw: random.Random, text: str) -> str:
    lines = text.splitlines()
    for _ in range(draw.choice([1, 1, 2])):
        at, kind = draw.randrange(len(lines)), draw.random()
        indent = re.match(r"[ -]*", lines[at])
        space = " " * len(indent[0]) if indent else ""
        if kind < 0.3:
            del lines[at]
        elif kind < 0.5:
            lines.insert(at, lines[draw.randrange(len(lines))])
        elif kind < 0.8:
            lines.insert(at, space + draw.choice(LINES))
        else:
            cut = draw.randrange(len(lines[at]) + 1)
            lines[at] = (
                lines[at][:cut] + draw.choice(["", "x", ":", "{", "'", "*", "&"]) + lines[at][cut + 1 :]
            )
    return "\n".join(lines) + "\n"


def contracts(seeds: range, project: Project, text: str) -> dict[str, int]:
    counted = {"read": 0, "refused": 0}
    file = project.root / "data/schema/housing_need.yml"
    for seed in seeds:
        file.write_text(contract_spoilt(random.Random(seed), text), "utf-8")
        start = time.perf_counter()
        try:
            contract = read_contract(project, "housing_need")
            check_files({"need.csv": b"district,quarter\nPraha 1,2024Q4\n"}, contract, quarter="2024Q4")
            counted["read"] += 1
        except EvaluationError as error:
            named = "data/schema/" in f"{error.where} {error.values.get('file', '')}"
            counted["refused" if named else f"without a place: seed {seed}"] = counted["refused"] + 1
        except Exception as error:
            raise AssertionError(f"seed {seed}: {type(error).__name__}: {error}") from error
        assert time.perf_counter() - start < SECONDS, f"seed {seed} hangs"
    assert set(counted) == {"read", "refused"}
    return counted


@pytest.fixture
def copied(tmp_path: Path) -> tuple[Project, str]:
    import shutil

    for part in ("data/schema", "data/reference"):
        shutil.copytree(ROOT / part, tmp_path / part)
    shutil.copy(ROOT / "evaluation.toml", tmp_path)
    return open_project(tmp_path), (ROOT / "data/schema/housing_need.yml").read_text("utf-8")


def test_some_spoilt_contracts(copied: tuple[Project, str]) -> None:
    assert min(contracts(range(40), *copied).values()) > 0


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_thousands_of_spoilt_contracts(copied: tuple[Project, str]) -> None:
    assert min(contracts(range(1000, 4000), *copied).values()) > 100


def test_a_contradiction_between_sheets_names_the_file(copied: tuple[Project, str]) -> None:
    project, text = copied
    wrong = text.replace("{sheet: explanations, field: item", "{sheet: reasons, field: item")
    (project.root / "data/schema/housing_need.yml").write_text(wrong, "utf-8")
    with pytest.raises(EvaluationError, match=r"data/schema/housing_need.yml.*\n.*a sheet 'reasons'"):
        read_contract(project, "housing_need")


def test_an_alias_bomb_is_refused(copied: tuple[Project, str]) -> None:
    project, text = copied
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12))
    (project.root / "data/schema/housing_need.yml").write_text(text + bomb, "utf-8")
    with pytest.raises(EvaluationError, match="values"):
        read_contract(project, "housing_need")


# --- what is refused as a whole --------------------------------------------------------------------------
def archive(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return stream.getvalue()


def with_part(name: str, content: bytes = b"x") -> bytes:
    source = zipfile.ZipFile(io.BytesIO(f.xlsx({"Need": f.rows()})))
    return archive({**{one: source.read(one) for one in source.namelist()}, name: content})


def with_sheet(sheet: str) -> bytes:
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    return with_part("xl/worksheets/sheet1.xml", f"{head}{sheet}</sheetData></worksheet>".encode())


MILLION = "".join(f'<row r="{i}"><c r="A{i}"><v>1</v></c></row>' for i in range(1, 400_000))
REFUSED: list[tuple[str, Callable[[], bytes], str]] = [
    ("a.xlsx", lambda: with_part("xl/media/x.xml", b"0" * 60_000_000), "intake-bomb"),
    ("a.xlsx", lambda: with_part("xl/vbaProject.bin"), "intake-macros"),
    ("a.xlsm", lambda: with_part("xl/vbaProject.bin"), "intake-macros"),
    ("a.xlsx", lambda: with_part("xl/externalLinks/externalLink1.xml"), "intake-links"),
    ("a.xlsx", lambda: with_part("../../outside.xml"), "intake-parts"),
    ("a.xlsx", lambda: with_part("xl/x.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), "intake-parts"),
    ("a.xlsx", lambda: with_sheet(MILLION), "intake-rows"),
    ("a.xlsx", lambda: with_sheet('<row r="1048576"><c r="A1048576"><v>1</v></c></row>'), "intake-rows"),
    ("a.xlsx", lambda: with_sheet('<row r="1"><c r="XFD1"><v>1</v></c></row>'), "intake-columns"),
    ("a.ods", lambda: f.ods_of(
        '<table:table table:name="Need"><table:table-row table:number-rows-repeated="1048576">'
        '<table:table-cell office:value-type="float" office:value="1"/></table:table-row></table:table>'
    ), "intake-rows"),
    ("a.csv", lambda: b"1,2\n" * 1_000_000, "intake-rows"),
    ("a.csv", lambda: b"a," * 3_000_000, "intake-large"),
    ("a.csv", lambda: b"district\x00,quarter\n", "intake-encoding"),
    ("a.csv", lambda: b"", "intake-empty"),
    ("a.xlsx", lambda: b"\xd0\xcf\x11\xe0" + b"x" * 100, "intake-encrypted"),
    ("a.xlsx", lambda: b"PK\x03\x04", "intake-damaged"),
    ("a.sav", lambda: b"$FL2" + b"x" * 200, "intake-damaged"),
    ("a.exe", lambda: b"MZ", "intake-type"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "make", "code"), REFUSED, ids=[f"{n}-{c}-{i}" for i, (n, _, c) in enumerate(REFUSED)]
)
def test_what_is_refused_as_a_whole(name: str, make: Callable[[], bytes], code: str) -> None:
    start = time.perf_counter()
    result = check_files({name: make()}, f.contract())
    assert [one.code for one in result.defects if one.file] == [code]
    assert result.accepted_files == ()
    assert time.perf_counter() - start < SECONDS


def test_many_wrong_cells_take_no_longer_than_they_may() -> None:
    """The dearest defect (the nearest of all names is looked for) in every row that is read."""
    rows = [list(f.FIELDS), *([f"Pragg {i} Xyz{i}", "2023Q1", "Jan Novák", i, 0.5] for i in range(4_000))]
    start = time.perf_counter()
    result = check_files({"need.csv": f.delimited(rows)}, f.contract())
    assert sum(one.code == "unknown_code" for one in result.defects) == 4_000
    assert time.perf_counter() - start < SECONDS
