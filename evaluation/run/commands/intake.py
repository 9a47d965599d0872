"""`evaluation intake`: the workbooks that districts fill in, and the check of what they send."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evaluation.errors import SpecError, did_you_mean, listed
from evaluation.locales import text
from evaluation.run.asked import asked_language, asked_project

if TYPE_CHECKING:
    from evaluation.intake.check import Checked
    from evaluation.intake.contract import Contract
    from evaluation.run.project import Project

Part = tuple[str, Callable[..., int], list[click.Parameter]]

OUT = "checked"
"""Folder, beside the returns, into which the marked workbooks go unless ``--out`` names another."""


def parts(lang: str) -> list[Part]:
    """Return the commands of the group: name, function, parameters."""
    quarter = click.Argument(["quarter"], metavar=text(lang, "cli-quarter"))
    contract = click.Option(["--contract"], metavar="ID", help=text(lang, "cli-option-contract"))
    district = click.Option(["--district"], metavar="NAME", help=text(lang, "cli-option-district"))
    check_options = [
        click.Option(["--quarter"], metavar=text(lang, "cli-quarter"), help=text(lang, "cli-option-quarter")),
        _folder_option("out", "cli-option-checked", lang),
        _folder_option("previous", "cli-option-previous", lang),
        click.Option(["--json", "as_json"], is_flag=True, help=text(lang, "cli-option-json")),
    ]
    mistakes = click.Option(["--mistakes"], is_flag=True, help=text(lang, "cli-option-mistakes"))
    return [
        ("template", template, [quarter, district, _folder_option("out", "cli-option-file", lang), contract]),
        ("check", check, [_folder(lang), *check_options, contract]),
        ("example", example, [quarter, _folder(lang), mistakes]),
    ]


def _folder(lang: str) -> click.Argument:
    return click.Argument(["folder"], type=click.Path(path_type=Path), metavar=text(lang, "cli-folder"))


def _folder_option(name: str, key: str, lang: str) -> click.Option:
    return click.Option([f"--{name}"], type=click.Path(path_type=Path), metavar="PATH", help=text(lang, key))


def template(quarter: str, district: str | None, out: Path | None, contract: str | None, **_: Any) -> int:
    """Write the workbook that a district fills in."""
    from evaluation.run.files import write_bytes  # noqa: PLC0415
    from evaluation.run.workbook import template as make  # noqa: PLC0415

    project, lang = asked_project(), asked_language()
    agreed = asked_contract(project, contract)
    _require_quarter(quarter)
    rows = {agreed.panel.sheet: [_first_row(agreed, quarter, district)]} if district else None
    file = out or Path(f"{agreed.name}-{quarter}.xlsx")
    write_bytes(file, make(agreed, quarter, lang, rows=rows))
    click.echo(text(lang, "intake-written", file=file))
    return 0


def check(
    folder: Path,
    quarter: str | None,
    out: Path | None,
    previous: Path | None,
    as_json: bool,
    contract: str | None,
    **_: Any,
) -> int:
    """Check every return in a folder; 2 where there is an error, 1 where only something needs a look."""
    from evaluation.run.commands.intake_words import in_words  # noqa: PLC0415

    project, lang = asked_project(), asked_language()
    agreed = asked_contract(project, contract)
    checked = check_folder(project, folder, agreed, quarter=quarter, previous=previous)
    target = out or folder / OUT
    plain = to_json(checked, lang)
    _write_results(target, folder, checked, plain, lang)
    click.echo(
        json.dumps(plain, ensure_ascii=False, indent=2) if as_json else in_words(checked, target, lang)
    )
    return 2 if checked.count("error") else int(checked.count("warning") > 0)


def example(quarter: str, folder: Path, mistakes: bool, **_: Any) -> int:
    """Write synthetic returns of all districts, to try the check on."""
    from evaluation.run.commands.intake_example import write_example  # noqa: PLC0415

    project, lang = asked_project(), asked_language()
    _require_quarter(quarter)
    files = write_example(
        asked_contract(project, "housing_need"), project, quarter, folder, mistakes=mistakes, lang=lang
    )
    click.echo(text(lang, "intake-example-written", len(files), folder=folder))
    return 0


def check_folder(
    project: Project,
    folder: Path,
    contract: Contract,
    *,
    quarter: str | None = None,
    previous: Path | None = None,
) -> Checked:
    """Check the files of a folder against a contract.

    Parameters
    ----------
    project : Project
    folder : Path
        Its files are read, not its folders.
    contract : Contract
    quarter : str, optional
        By default the folder's name if that is a quarter, else the last quarter of the project.
    previous : Path, optional
        Folder with the returns of the quarter before; by default what the store of vintages has.

    Raises
    ------
    SpecError, DataError
        If the quarter is none, or the folder holds nothing to check.
    """
    from evaluation.intake.check import check_files  # noqa: PLC0415
    from evaluation.intake.quarters import is_quarter  # noqa: PLC0415
    from evaluation.run.returns import history_of, read_returns  # noqa: PLC0415

    named = folder.resolve().name
    asked = quarter or (named if is_quarter(named) else max(project.settings.quarters))
    _require_quarter(asked)
    returns = read_returns(folder)
    past = check_folder(project, previous, contract).tables if previous else history_of(project, contract)
    return check_files(
        returns.files,
        contract,
        quarter=asked,
        received=returns.received,
        history=past,
        refused=returns.refused,
    )


def to_json(checked: Checked, lang: str) -> dict[str, Any]:
    """Return what a check found as plain values, each defect also in words."""
    from evaluation.intake.quality import quality  # noqa: PLC0415
    from evaluation.run.defect_words import in_words  # noqa: PLC0415

    files = [
        {
            "name": one.name,
            "sha256": one.sha256,
            "received": one.received.isoformat() if one.received else None,
            "units": list(one.units),
            "accepted": one.name in checked.accepted_files,
        }
        for one in checked.files
    ]
    defects = []
    for one in checked.defects:
        what, fix = in_words(one, lang)
        place = {"severity": one.severity, "file": one.file, "sheet": one.sheet, "cell": one.cell}
        defects.append({"code": one.code, **place, "value": one.value, "what": what, "fix": fix})
    return {
        "schema_version": 1,
        "contract": checked.contract.name,
        "contract_version": checked.contract.version,
        "quarter": checked.quarter,
        "quality": dict(quality(checked).numbers),
        "files": files,
        "defects": defects,
    }


def _write_results(target: Path, folder: Path, checked: Checked, plain: Mapping[str, Any], lang: str) -> None:
    """Write the marked workbooks of files with defects, and all defects as CSV and JSON."""
    from evaluation.run.annotate import annotated  # noqa: PLC0415
    from evaluation.run.files import to_json as as_text  # noqa: PLC0415
    from evaluation.run.files import write, write_bytes  # noqa: PLC0415

    for book in checked.round.books:
        mine = [one for one in checked.defects if one.file == book.name]
        if mine:
            original = (folder / book.name).read_bytes() if book.name.lower().endswith(".xlsx") else None
            name = book.name if original is not None else f"{book.name}.xlsx"
            write_bytes(target / name, annotated(original, book, mine, lang))
    write(target / "defects.csv", _as_csv(plain["defects"]))
    write(target / "defects.json", as_text(plain))


def _as_csv(defects: Sequence[Mapping[str, str]]) -> str:
    r"""Write defects as CSV for Excel: text that begins like a formula gets an apostrophe.

    Examples
    --------
    >>> _as_csv([{"value": "=1+1", "what": "not a number"}])
    "\ufeffvalue,what\n'=1+1,not a number\n"
    """
    stream = io.StringIO()
    names = (
        list(defects[0]) if defects else ["code", "severity", "file", "sheet", "cell", "value", "what", "fix"]
    )
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    for one in defects:
        cells = [" ".join(one[name].split()) for name in names]
        writer.writerow([f"'{cell}" if cell[:1] in set("=+-@\t\r|%") else cell for cell in cells])
    return "\ufeff" + stream.getvalue()


def asked_contract(project: Project, name: str | None) -> Contract:
    """Read the contract that was named, else the only one.

    Raises
    ------
    SpecError
        If it is not there or wrong, or none is named where there are several.
    """
    from evaluation.run.contracts import contracts, read_contract  # noqa: PLC0415

    known = contracts(project)
    if name is None and len(known) != 1:
        raise SpecError("missing-file", file="data/schema/….yml", available=listed(known), suggestion="")
    return read_contract(project, name or known[0])


def _require_quarter(quarter: str) -> None:
    from evaluation.intake.quarters import is_quarter, read_quarter  # noqa: PLC0415

    if not is_quarter(quarter):
        meant = read_quarter(quarter) or ""
        suggestion = did_you_mean(meant, [meant]) if meant else ""
        raise SpecError("unknown-quarter", quarter=quarter, available="2024Q4, …", suggestion=suggestion)


def _first_row(contract: Contract, quarter: str, district: str) -> dict[str, str]:
    codes = contract.units(quarter)
    entry = codes.find(district) if codes else None
    if codes is not None and entry is None:
        names = [one.name.cs for one in codes.entries]
        raise SpecError(
            "bad-value",
            key="--district",
            value=district,
            expected=f"one of: {listed(names)}",
            where=did_you_mean(district, names),
        )
    name = entry.name.cs if entry else district
    return {contract.panel.unit: name, contract.panel.time: quarter}
