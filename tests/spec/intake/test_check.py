"""Checking returns: every defect with its cell, none hiding another."""

from __future__ import annotations

import datetime
from typing import Any

import openpyxl
import pandas as pd
import pytest

from evaluation.intake.check import Checked, check_files, check_rows
from evaluation.intake.codelist import Entry
from evaluation.intake.contract import Agreement
from evaluation.intake.typed import Words
from tests.spec.intake import files as f

WAYS = {
    "need.xlsx": lambda rows: f.xlsx({"Need": rows}),
    "need.ods": lambda rows: f.ods({"Need": rows}),
    "need.csv": f.delimited,
    "need.tsv": lambda rows: f.delimited(rows, "\t", "utf-16"),
    "praha_need.csv": lambda rows: f.delimited(rows, ",", "cp1250"),
}


def found(checked: Checked, *severities: str) -> list[tuple[str, str]]:
    wanted = severities or ("error", "warning", "repaired", "explained")
    return [(one.code, one.cell) for one in checked.defects if one.severity in wanted]


def checked(rows: Any, **options: Any) -> Checked:
    return check_files(
        {"need.xlsx": f.xlsx({"Need": rows})}, options.pop("contract", f.contract()), **options
    )


# --- the ten defects of the first trial ------------------------------------------------------------------
def ten() -> list[list[Any]]:
    """Rows 2 to 33 hold eight districts in four quarters; ten cells are spoilt, the last row is not there."""
    rows = f.rows()
    rows[2][2] = None  # C3: empty although required
    rows[4][2] = "asi 40"  # C5: text in a number
    rows[6][4] = "0,35"  # E7: decimal comma
    rows[8][2] = -4  # C9: negative
    rows[10][4] = 1.4  # E11: a share above one
    rows[12][0] = "Prha 3"  # A13: no district
    rows[14][1] = "2023Q5"  # B15: no quarter
    rows[16][:2] = rows[15][:2]  # A17: the key of row 16
    rows[18][3] = 999  # D19: more housed than clients
    return rows[:-1]  # Praha 8, 2023Q4


TEN = [
    ("required", "C3"),
    ("not_a_number", "C5"),
    ("below_minimum", "C9"),
    ("above_maximum", "E11"),
    ("unknown_code", "A13"),
    ("not_a_quarter", "B15"),
    ("duplicate_key", "A17"),
    ("rule", "D19"),
]


@pytest.mark.parametrize("name", WAYS)
def test_ten_of_ten_each_with_its_cell(name: str) -> None:
    result = check_files({name: WAYS[name](ten())}, f.contract())
    assert [pair for pair in found(result, "error") if pair[1]] == TEN
    comma = (
        [] if name.endswith("tsv") else [("decimal_comma", "E7")]
    )  # there it is the mark of the whole file
    assert found(result, "repaired") == comma
    share = result.tables["need"].set_index("row")["share"]
    assert share[7] == 0.35
    absent = [(one.numbers["unit"]["cs"], one.numbers["quarter"]) for one in result.defects if not one.cell]
    assert absent == [  # the last row, and those whose key the defects above have spoilt
        ("Praha 3", "2023Q4"), ("Praha 4", "2023Q2"), ("Praha 4", "2023Q4"), ("Praha 8", "2023Q4"),
    ]  # fmt: skip
    unknown = next(one for one in result.defects if one.code == "unknown_code")
    assert unknown.numbers["nearest"] == "Praha 3"
    assert result.accepted_files == ()


@pytest.mark.parametrize("name", WAYS)
def test_whole_rows_have_no_defect(name: str) -> None:
    result = check_files({name: WAYS[name](f.rows())}, f.contract())
    assert result.defects == ()
    assert result.accepted_files == (name,)
    table = result.tables["need"]
    assert table["district"].tolist()[:5] == ["500"] * 4 + ["501"]
    assert table["clients"].dtype == "Int64"
    assert table["clients"].sum() == sum(row[2] for row in f.rows()[1:])
    pd.testing.assert_frame_equal(result.rows(name)["need"], table.drop(columns=["file", "row"]))


# --- single cells ----------------------------------------------------------------------------------------
CELLS = [
    ("clients", "1 234", "thousands_separator", 1234),
    ("clients", "1\u00a0234", "thousands_separator", 1234),
    ("clients", "1.234", "thousands_separator", 1234),
    ("clients", "12", None, 12),
    ("clients", 12.5, "not_whole", None),
    ("clients", "nan", "not_a_number", None),
    ("clients", "1e3", "not_a_number", None),
    ("clients", "٣", "not_a_number", None),
    ("clients", datetime.date(2024, 1, 1), "date_for_number", None),
    ("share", "35 %", "percent", 0.35),
    ("share", "0.35", None, 0.35),
    ("share", -0.2, "below_minimum", -0.2),
    ("share", "−2", "below_minimum", -2),
    ("quarter", "Q1/2023", "quarter_rewritten", "2023Q1"),
    ("quarter", "1. čtvrtletí 2023", "quarter_rewritten", "2023Q1"),
    ("quarter", datetime.date(2023, 2, 1), "quarter_rewritten", "2023Q1"),
    ("quarter", 2023, "not_a_quarter", None),
    ("district", "praha 1", "code_rewritten", "500"),
    ("district", "500", None, "500"),
    ("district", 500, None, "500"),
    ("district", "Praha 99", "unknown_code", None),
]


@pytest.mark.parametrize(("column", "given", "code", "value"), CELLS, ids=[f"{c[0]}={c[1]}" for c in CELLS])
def test_a_cell_is_read_repaired_or_refused(column: str, given: Any, code: str | None, value: Any) -> None:
    rows = f.rows()
    place = f"{'ABCDE'[f.FIELDS.index(column)]}2"
    rows[1][f.FIELDS.index(column)] = given
    if column == "clients":
        rows[1][3] = None
    result = checked(rows)
    assert [one.code for one in result.defects if one.cell == place] == ([code] if code else [])
    read = result.round.filled[0].rows[0].value[column]
    assert read == value


def test_a_number_that_can_be_read_in_two_ways_is_not_guessed() -> None:
    free = [*f.agreement()["sheets"][0]["fields"][:4], f.field("share", "number")]
    rows = f.rows()
    rows[1][4] = "1,234"
    result = checked(rows, contract=f.contract(need={"fields": free}))
    (defect,) = result.defects
    assert (defect.code, defect.cell) == ("ambiguous_number", "E2")
    assert {defect.numbers["one"], defect.numbers["two"]} == {"1.234", "1234"}


# --- the form of a workbook ------------------------------------------------------------------------------
def workbook(change: Any) -> Checked:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Need"
    for row in f.rows():
        sheet.append(row)
    change(sheet)
    return check_files({"need.xlsx": f.saved(book)}, f.contract())


def hide_row(sheet: Any) -> None:
    sheet.row_dimensions[5].hidden = True


def hide_column(sheet: Any) -> None:
    sheet.column_dimensions["E"].hidden = True


def merge(sheet: Any) -> None:
    sheet.merge_cells("E4:E5")


def calculate(sheet: Any) -> None:
    sheet["C4"] = "=1+1"


def rename(sheet: Any) -> None:
    sheet["C1"] = "cliens"


def add(sheet: Any) -> None:
    sheet["G9"] = 5


def double(sheet: Any) -> None:
    sheet["F1"] = "share"


def header_below(sheet: Any) -> None:
    sheet.insert_rows(1, 3)
    sheet["A1"] = "Quarterly return"


FORMS = [
    (hide_row, [("hidden_row", "A5")]),
    (hide_column, [("hidden_column", "E1")]),
    (merge, [("merged_cells", "E4")]),
    (calculate, [("formula_without_value", "C4")]),
    (rename, [("column_missing", "A1"), ("column_unknown", "C1")]),
    (add, [("stray_value", "G9")]),
    (double, [("column_twice", "F1")]),
    (header_below, []),
]


@pytest.mark.parametrize(("change", "expected"), FORMS, ids=[one[0].__name__ for one in FORMS])
def test_the_form_of_a_sheet(change: Any, expected: list[tuple[str, str]]) -> None:
    assert found(workbook(change)) == expected


def test_the_value_of_a_formula_is_taken_and_said() -> None:
    cell = (
        '<table:table-cell table:formula="of:=[.A1]+1" office:value-type="float" office:value="41">'
        "<text:p>41</text:p></table:table-cell>"
    )
    plain = '<table:table-cell office:value-type="float" office:value="40"/>'
    content = f.ods_of(f.ods_tables({"Need": f.rows()}).replace(plain, cell, 1))
    result = check_files({"a.ods": content}, f.contract())
    assert found(result) == [("formula", "C2")]
    assert result.tables["need"]["clients"][0] == 41


# --- between rows, sheets, files, quarters ---------------------------------------------------------------
def test_the_same_key_in_two_files_names_the_first() -> None:
    rows = f.rows()
    result = check_files({"a.csv": f.delimited(rows), "b.csv": f.delimited(rows[:2])}, f.contract())
    (defect,) = result.defects
    assert (defect.code, defect.file, defect.cell) == ("duplicate_key", "b.csv", "A2")
    assert defect.numbers["first"] == "a.csv, a, A2"
    assert result.accepted_files == ("a.csv",)


def quarter_rows(district: str, quarter: str = "2023Q4", clients: int = 40) -> list[list[Any]]:
    return [list(f.FIELDS), [district, quarter, clients, 10, 0.3]]


def test_who_has_not_sent_and_who_sent_late() -> None:
    sent = {f"{name}.csv": f.delimited(quarter_rows(name)) for name in f.DISTRICTS[:6]}
    sent["Praha 6.csv"] = f.delimited(quarter_rows("Praha 6", "2023Q3"))
    days = {"Praha 1.csv": datetime.date(2024, 1, 15), "Praha 2.csv": datetime.date(2024, 1, 18)}
    result = check_files(sent, f.contract(), quarter="2023Q4", received=days)
    assert [(d.code, d.file, d.numbers.get("days")) for d in result.defects if d.code == "late"] == [
        ("late", "Praha 2.csv", 3)
    ]
    missing = [d.numbers["unit"]["en"] for d in result.defects if d.code == "not_sent"]
    assert missing == ["Praha 6", "Praha 7", "Praha 8"]
    assert ("other_quarter", "B2") in found(result)


def test_a_district_that_merged_is_known_by_quarter() -> None:
    names = {"1": "Praha A", "2": "Praha B", "3": "Praha AB"}
    entries = [
        Entry(code="1", name=Words(**f.both(names["1"])), valid_to="2023Q2", successors=("3",)),
        Entry(code="2", name=Words(**f.both(names["2"])), valid_to="2023Q2", successors=("3",)),
        Entry(code="3", name=Words(**f.both(names["3"])), valid_from="2023Q3"),
    ]
    rows = [list(f.FIELDS)]
    rows += [
        [n, q, 40, 10, 0.3] for n, q in [("Praha A", "2023Q1"), ("Praha A", "2023Q2"), ("Praha B", "2023Q1")]
    ]
    rows += [["Praha A", "2023Q3", 40, 10, 0.3], ["Praha AB", "2023Q4", 40, 10, 0.3]]
    result = checked(rows, contract=f.contract(entries))
    ended = next(one for one in result.defects if one.code == "code_ended")
    assert (ended.cell, ended.numbers["successors"]["cs"]) == ("A5", "Praha AB")
    absent = {
        (d.numbers["unit"]["cs"], d.numbers["quarter"]) for d in result.defects if d.code == "missing_quarter"
    }
    assert absent == {("Praha B", "2023Q2"), ("Praha AB", "2023Q3")}


STAFF = {
    "name": "staff",
    "title": f.both("Staff"),
    "primaryKey": ["district", "quarter", "role"],
    "foreignKeys": [
        {
            "fields": ["district", "quarter"],
            "reference": {"resource": "need", "fields": ["district", "quarter"]},
        }
    ],
    "fields": [
        f.field("district", "string", codes="districts"),
        f.field("quarter", "quarter"),
        f.field("role", "string", constraints={"enum": ["officer", "worker"]}),
        f.field("fte", "number"),
    ],
}
ADDS_UP = {"id": "fte", "check": "sum(staff.fte) * 10 == clients", "messages": f.both("does not add up")}


def test_rules_and_references_between_sheets() -> None:
    base = f.agreement()["sheets"][0]
    agreement = f.contract(sheets=[{**base, "rules": [ADDS_UP]}, STAFF])
    staff = [
        ["district", "quarter", "role", "fte"],
        ["Praha 1", "2023Q4", "officer", 1.5],
        ["Praha 1", "2023Q4", "workr", 2.5],
        ["Praha 2", "2023Q4", "officer", 3.5],
        ["Praha 3", "2023Q4", "officer", 3.5],
    ]
    need = [list(f.FIELDS), ["Praha 1", "2023Q4", 40, 1, 0.3], ["Praha 2", "2023Q4", 40, 1, 0.3]]
    result = check_files({"a.xlsx": f.xlsx({"Need": need, "Staff": staff})}, agreement, quarter="2023Q4")
    assert [(c, p) for c, p in found(result) if p] == [
        ("rule", "C3"), ("not_in_enum", "C3"), ("missing_reference", "A5"),
    ]  # fmt: skip
    assert [one.numbers["nearest"] for one in result.defects if one.code == "not_in_enum"] == ["worker"]


# --- jumps and swaps -------------------------------------------------------------------------------------
SOFT = {"soft": [{"field": "clients", "method": "counts"}, {"field": "share", "method": "robust_z"}]}
REASONS = {
    "name": "explanations",
    "title": f.both("Explanations"),
    "required": False,
    "primaryKey": ["district", "quarter", "item"],
    "fields": [
        f.field("district", "string", codes="districts"),
        f.field("quarter", "quarter"),
        f.field("item", "string", constraints={"enum": ["clients", "share"]}),
        f.field("reason", "string", constraints={"enum": ["checked"]}),
    ],
}


def history(quarter: str = "2022Q4") -> dict[str, pd.DataFrame]:
    rows = [
        {"district": str(500 + i), "quarter": quarter, "clients": 40 + 3 * i, "housed": 10 + i, "share": 0.3}
        for i in range(8)
    ]
    return {"need": pd.DataFrame(rows)}


def test_a_jump_is_named_and_a_coded_reason_explains_it() -> None:
    base = f.agreement(need=SOFT)["sheets"][0]
    agreement = f.contract(
        sheets=[base, REASONS], explanations={"sheet": "explanations", "field": "item", "reason": "reason"}
    )
    rows = [list(f.FIELDS)]
    rows += [[name, "2023Q1", 42 + 3 * i, 11 + i, 0.3 + 0.01 * (i % 3)] for i, name in enumerate(f.DISTRICTS)]
    rows[3][2] = 160
    rows[5][4] = 0.9
    reasons = [["district", "quarter", "item", "reason"], ["Praha 3", "2023Q1", "clients", "checked"]]
    given = {"a.xlsx": f.xlsx({"Need": rows, "Explanations": reasons})}
    result = check_files(given, agreement, quarter="2023Q1", history=history())
    assert [(d.code, d.cell, d.severity) for d in result.defects] == [
        ("jump", "C4", "explained"), ("jump", "E6", "warning"),
    ]  # fmt: skip
    assert result.defects[0].numbers["before"] == 46


def test_swapped_columns_by_kind_order_and_history() -> None:
    kinds = [[row[1], row[0], *row[2:]] if i else row for i, row in enumerate(f.rows())]
    assert ("swapped_columns", "B1") in found(checked(kinds), "error")
    order = [[*row[:2], row[3], row[2], row[4]] if i else row for i, row in enumerate(f.rows())]
    assert ("swapped_columns", "D1") in found(checked(order), "error")
    past = history()["need"].assign(clients=400.0)
    loose = f.contract(need={"rules": []})
    one = [list(f.FIELDS), ["Praha 1", "2023Q1", 11, 410, 0.3]]
    result = checked(one, contract=loose, quarter="2023Q1", history={"need": past})
    assert ("swapped_columns", "D1") in found(result, "warning")


# --- what may never be sent ------------------------------------------------------------------------------
PERSONAL = [
    ("780123/3540", "birth_number"),
    ("7801233540", "birth_number"),
    ("jana.novakova@example.org", "email"),
    ("+420 601 234 567", "phone"),
    ("601 234 567", "phone"),
    ("Jana Nováková", "personal_name"),
    ("Mgr. Jan Novák", "personal_name"),
    ("klientka žije s dětmi u sestry", "free_text"),
]


@pytest.mark.parametrize(("text", "code"), PERSONAL)
@pytest.mark.parametrize("where", ["own column", "own sheet", "coded column"])
def test_personal_data_are_refused_and_not_repeated(text: str, code: str, where: str) -> None:
    rows, sheets = f.rows(), {}
    if where == "own column":
        rows = [[*row, "other" if not i else text if i == 4 else None] for i, row in enumerate(rows)]
    elif where == "own sheet":
        sheets = {"Other": [["other"], [text]]}
    else:
        rows[4][0] = text
    place = {"own column": "F5", "own sheet": "A2", "coded column": "A5"}[where]
    result = check_files({"a.xlsx": f.xlsx({"Need": rows, **sheets})}, f.contract())
    assert (code, place) in found(result, "error")
    assert not [one for one in result.defects if text in (one.value, *map(str, one.numbers.values()))]
    assert result.accepted_files == ()


@pytest.mark.parametrize(
    "header", ["Jméno a příjmení", "rodné číslo", "E-mail", "Telefon", "surname", "Poznámka"]
)
def test_headers_of_personal_columns_are_refused(header: str) -> None:
    rows = [[*row, header if not i else None] for i, row in enumerate(f.rows())]
    assert ("personal_header", "F1") in found(checked(rows), "error")


def test_a_personal_value_in_the_header_is_not_repeated() -> None:
    rows = [[*row, "780123/3540" if not i else None] for i, row in enumerate(f.rows())]
    result = checked(rows)
    assert {("birth_number", "F1"), ("column_unknown", "F1")} <= set(found(result, "error"))
    assert not [one for one in result.defects if "780123" in one.value]


@pytest.mark.parametrize("value", [780123354, 7801233, "780123/3541", "781323/3540"])
def test_other_numbers_are_no_birth_numbers(value: Any) -> None:
    rows = f.rows()
    rows[1][2] = value
    assert "birth_number" not in [code for code, _ in found(checked(rows))]


# --- corrections -----------------------------------------------------------------------------------------
def test_rows_of_a_frame_are_checked_by_what_they_hold() -> None:
    frame = pd.DataFrame(f.rows()[1:4], columns=list(f.FIELDS))
    assert check_rows(f.contract(), "need", frame) == ()
    frame.loc[1, ["clients", "housed"]] = [3, 4]
    wrong = check_rows(f.contract(), "need", frame, file="corrections.csv")
    assert [(d.code, d.file, d.cell) for d in wrong] == [("rule", "corrections.csv", "D3")]


# --- contracts -------------------------------------------------------------------------------------------
WRONG = [
    {"panel": {"sheet": "nee", "unit": "district", "time": "quarter", "from": "2023Q1"}},
    {"need": {"primaryKey": ["distrct"]}},
    {"need": {"fields": [f.field("note", "string")]}},
    {"need": {"fields": [f.field("n", "integer", constraints={"minimum": 2, "maximum": 1})]}},
    {"need": {"soft": [{"field": "clients", "method": "mean"}]}},
    {"deadline": {"days": 0}},
]


@pytest.mark.parametrize("changes", WRONG)
def test_contracts_that_contradict_themselves_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"validation error"):
        Agreement.model_validate(f.agreement(**changes))
