"""The template and the marked workbook, as Excel would open them."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import openpyxl
import pytest

from evaluation.intake.check import check_files
from evaluation.intake.contract import Contract
from evaluation.run.annotate import COLOURS, annotated
from evaluation.run.commands.intake import _as_csv
from evaluation.run.contracts import read_contract
from evaluation.run.defect_words import in_words
from evaluation.run.project import open_project
from evaluation.run.workbook import HEADER, template
from evaluation.simulate.returns import synthetic_returns
from tests.shared import ROOT
from tests.spec.intake import files as f


@pytest.fixture(scope="module")
def contract() -> Contract:
    return read_contract(open_project(ROOT), "housing_need")


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def rows(contract: Contract) -> dict[str, Any]:
    return synthetic_returns({"Praha 3": 71769}, "2024Q4", tools=["contact_point", "social_fund"])["Praha 3"]


@pytest.mark.parametrize("lang", ["cs", "en"])
def test_a_filled_in_template_has_no_defect(lang: str, contract: Contract) -> None:
    content = template(contract, "2024Q4", lang, rows=rows(contract))
    result = check_files({"a.xlsx": content}, contract, quarter="2024Q4")
    assert [one for one in result.defects if one.file] == []
    assert len(result.rows("a.xlsx")["need"]) == 1


@pytest.mark.parametrize("lang", ["cs", "en"])
def test_the_template_says_what_may_be_written(lang: str, contract: Contract) -> None:
    book = opened(template(contract, "2024Q4", lang))
    names = {"cs": ["Pokyny", "Bytová nouze", "Nástroje", "Pracovníci", "Vysvětlení", "Číselníky"]}
    names["en"] = ["Instructions", "Housing need", "Tools", "Staff", "Explanations", "Code lists"]
    assert book.sheetnames == names[lang]
    sheet = book.worksheets[1]
    assert sheet.protection.sheet
    assert all(cell.protection.locked and cell.comment for cell in sheet[HEADER])
    rules = {str(one.sqref).split(":")[0]: one for one in sheet.data_validations.dataValidation}
    assert rules["A4"].type == "list"
    area = rules["A4"].formula1.split("!")[1].replace("$", "")
    listed = [row[0].value for row in book.worksheets[-1][area]]
    assert len(listed) == 57
    assert {"Praha 1", "Praha-Ďáblice"} <= set(listed)
    assert (rules["B4"].formula1, rules["C4"].type, rules["H4"].type) == ('"2024Q4"', "whole", "decimal")
    assert not any(
        cell.data_type == "f" for one in book.worksheets for row in one.iter_rows() for cell in row
    )


def test_a_locked_sheet_can_be_filled_in_below_its_header(contract: Contract) -> None:
    sheet = opened(template(contract, "2024Q4", "en")).worksheets[1]
    assert not any(sheet.column_dimensions[letter].protection.locked for letter in "ABCDEFGHI")


def test_marked_cells_are_coloured_commented_and_linked() -> None:
    values = f.rows()
    values[2][2], values[6][4] = -5, "0,35"
    content = f.xlsx({"Need": values})
    result = check_files({"a.xlsx": content}, f.contract())
    book = opened(annotated(content, result.round.books[0], result.defects, "cs"))
    assert book.sheetnames == ["Chyby", "Need"]
    need, errors = book["Need"], book["Chyby"]
    assert need["C3"].fill.fgColor.rgb == COLOURS["error"]
    assert need["E7"].fill.fgColor.rgb == COLOURS["repaired"]
    assert "méně než 0" in need["C3"].comment.text
    assert need["C4"].comment is None
    assert [cell.value for cell in errors[2]][:4] == ["chyba", "Need", "C3", "-5"]
    assert errors["C2"].hyperlink.location == "'Need'!C3"
    again = check_files(
        {"a.xlsx": annotated(content, result.round.books[0], result.defects, "cs")}, f.contract()
    )
    assert [(d.code, d.cell) for d in again.defects] == [(d.code, d.cell) for d in result.defects]


def test_a_rule_is_said_with_the_titles_of_its_fields(contract: Contract) -> None:
    filled = rows(contract)
    filled["need"][0] |= {"staff_fte": 99.0, "contacts": 1}
    result = check_files(
        {"a.xlsx": template(contract, "2024Q4", "cs", rows=filled)}, contract, quarter="2024Q4"
    )
    said = {one.code: in_words(one, "cs") for one in result.defects if one.file}
    assert "Úvazky pracovníků = 99" in said["rule"][0]
    assert "Pracovníci: Úvazek = " in said["rule"][0]
    assert "Vysvětlení" in said["rule_unusual"][1]


ATTACKS = [
    "=1+1",
    "=cmd|'/c calc'!A1",
    "+1+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1+1",
    '=HYPERLINK("x")',
]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("kind", ["xlsx", "ods", "csv"])
def test_nothing_that_is_sent_back_is_a_formula(attack: str, kind: str) -> None:
    values = [[*row] for row in f.rows()]
    values[1][0] = values[2][2] = attack
    values[0] = [*values[0], attack]
    make = {"xlsx": lambda: f.xlsx({"Need": values}), "ods": lambda: f.ods({"Need": values})}
    content = make.get(kind, lambda: f.delimited(values))()
    name = f"need.{kind}"
    result = check_files({name: content}, f.contract())
    original = content if kind == "xlsx" else None
    sent = annotated(original, result.round.books[0], result.defects, "en")
    parts = zipfile.ZipFile(io.BytesIO(sent))
    assert not any(b"<f>" in parts.read(one) or b"<f " in parts.read(one) for one in parts.namelist())
    assert all(
        cell.data_type != "f"
        for sheet in opened(sent).worksheets
        for row in sheet.iter_rows()
        for cell in row
    )
    table = _as_csv([{"value": one.value or "", "what": one.place} for one in result.defects])
    assert not [line for line in table.splitlines() if line.lstrip('\ufeff"')[:1] in set("=+-@\t")]


def test_validations_and_names_that_hold_formulas_do_not_come_back() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Need"
    for row in f.rows():
        sheet.append(row)
    rule = openpyxl.worksheet.datavalidation.DataValidation("custom", formula1='WEBSERVICE("http://x")')
    rule.add("A1:A9")
    sheet.add_data_validation(rule)
    book.defined_names["Bad"] = openpyxl.workbook.defined_name.DefinedName("Bad", attr_text="cmd!A1")
    content = f.saved(book)
    result = check_files({"a.xlsx": content}, f.contract())
    sent = zipfile.ZipFile(io.BytesIO(annotated(content, result.round.books[0], result.defects, "en")))
    text = b"".join(sent.read(one) for one in sent.namelist())
    assert b"WEBSERVICE" not in text
    assert b"cmd!A1" not in text
