"""Small returns for the tests of intake: a contract of eight districts, and files that hold its rows."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

import openpyxl

from evaluation.intake.codelist import CodeList, Entry
from evaluation.intake.contract import Agreement, Contract
from evaluation.intake.typed import Words

Rows = Sequence[Sequence[Any]]
DISTRICTS = tuple(f"Praha {i}" for i in range(1, 9))
QUARTERS = tuple(f"2023Q{i}" for i in range(1, 5))
FIELDS = ("district", "quarter", "clients", "housed", "share")


def both(text: str) -> dict[str, str]:
    return {"cs": text, "en": text}


def field(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "title": both(name), **more}


def agreement(**changes: Any) -> dict[str, Any]:
    """The contract as plain values; sheet need only."""
    need = {
        "name": "need",
        "title": both("Need"),
        "primaryKey": ["district", "quarter"],
        "fields": [
            field("district", "string", codes="districts", constraints={"required": True}),
            field("quarter", "quarter", constraints={"required": True}),
            field("clients", "integer", constraints={"required": True, "minimum": 0, "maximum": 5000}),
            field("housed", "integer", constraints={"minimum": 0}),
            field("share", "number", constraints={"minimum": 0, "maximum": 1}),
        ],
        "rules": [{"id": "housed", "check": "housed <= clients", "messages": both("more than clients")}],
        **changes.pop("need", {}),
    }
    panel = {"sheet": "need", "unit": "district", "time": "quarter", "from": "2023Q1", "to": "2023Q4"}
    plain = {"schema_version": 1, "name": "toy", "title": both("Toy"), "deadline": {"days": 15}}
    return {**plain, "panel": panel, "sheets": [need], **changes}


def contract(entries: Sequence[Entry] = (), **changes: Any) -> Contract:
    own = [Entry(code=str(500 + i), name=Words(**both(name))) for i, name in enumerate(DISTRICTS)]
    codes = CodeList("districts", Words(**both("Districts")), tuple(entries or own))
    return Contract(Agreement.model_validate(agreement(**changes)), {"districts": codes})


def rows() -> list[list[Any]]:
    """Header, then eight districts in four quarters (rows 2 to 33), all in order."""
    found: list[list[Any]] = [list(FIELDS)]
    for i, district in enumerate(DISTRICTS):
        for t, quarter in enumerate(QUARTERS):
            found.append([district, quarter, 40 + 3 * i + t, 10 + i + t, round(0.3 + 0.01 * i, 2)])
    return found


def xlsx(sheets: Mapping[str, Rows]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, values in sheets.items():
        sheet = book.create_sheet(name)
        for row in values:
            sheet.append(list(row))
    return saved(book)


def saved(book: Any) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def delimited(values: Rows, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter).writerows(values)
    return stream.getvalue().encode(encoding)


_ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>{}'
    "</office:spreadsheet></office:body></office:document-content>"
)


def ods(sheets: Mapping[str, Rows]) -> bytes:
    """An OpenDocument workbook with nothing but its content."""
    return ods_of(ods_tables(sheets))


def ods_tables(sheets: Mapping[str, Rows]) -> str:
    tables = ""
    for name, values in sheets.items():
        lines = "".join(
            f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in values
        )
        tables += f'<table:table table:name="{escape(name)}">{lines}</table:table>'
    return tables


def ods_of(tables: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", _ODS.format(tables))
    return stream.getvalue()


def _ods_cell(value: Any) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, (int, float)):
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
    text = f"<text:p>{escape(str(value))}</text:p>"
    return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'
