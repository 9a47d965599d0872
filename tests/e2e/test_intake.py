"""`evaluation intake` from outside: what it prints, what it writes, how it ends."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import openpyxl
import pytest

from tests.project import Project, make_project
from tests.shared import ROOT


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("intake") / "project")
    shutil.copytree(ROOT / "data/schema", made.root / "data/schema", dirs_exist_ok=True)
    done = made.evaluation("intake", "example", "2024Q4", "sent/2024Q4", "--mistakes")
    assert done.returncode == 0, done.stderr
    return made


def test_every_mistake_of_the_example_is_found(project: Project) -> None:
    done = project.evaluation("intake", "check", "sent/2024Q4", lang="cs")
    assert done.returncode == 2
    assert "Přišlo 54 z 57 výkazů, včas 53." in done.stdout
    assert "Praha-Štěrboholy: výkaz za 2024Q4 nepřišel." in done.stdout
    folder = project.root / "sent/2024Q4/checked"
    with (folder / "defects.csv").open(encoding="utf-8-sig", newline="") as stream:
        found = {
            (row["file"].removeprefix("synthetic-"), row["cell"]): row["code"]
            for row in csv.DictReader(stream)
        }
    assert {place: code for place, code in found.items() if place[0]} == {
        ("Praha-1.xlsx", "A4"): "unknown_code",
        ("Praha-2.xlsx", "B4"): "not_a_quarter",
        ("Praha-3.xlsx", "D4"): "required",
        ("Praha-4.xlsx", "D4"): "not_a_number",
        ("Praha-5.xlsx", "E4"): "rule",
        ("Praha-6.xlsx", "H4"): "above_maximum",
        ("Praha-7.xlsx", "H4"): "decimal_comma",
        ("Praha-8.xlsx", "C4"): "below_minimum",
        ("Praha-9.xlsx", "I4"): "rule",
        ("Praha-10.xlsx", "C4"): "unknown_code",
        ("Praha-Šeberov.xlsx", ""): "late",
    }
    assert len(list(folder.glob("*.xlsx"))) == 11
    marked = openpyxl.load_workbook(folder / "synthetic-Praha-5.xlsx")
    assert marked.sheetnames[0] == "Chyby"
    assert json.loads((folder / "defects.json").read_text("utf-8"))["quality"]["expected_reports"] == 57


def test_a_clerk_corrects_the_marked_workbook_and_sends_it_again(project: Project, tmp_path: Path) -> None:
    project.evaluation("intake", "check", "sent/2024Q4", "--out", str(tmp_path / "marked"))
    book = openpyxl.load_workbook(tmp_path / "marked/synthetic-Praha-6.xlsx")
    book["Housing need"]["H4"] = 0.4
    (tmp_path / "2024Q4").mkdir()
    book.save(tmp_path / "2024Q4/again.xlsx")
    done = project.evaluation("intake", "check", str(tmp_path / "2024Q4"), "--json")
    found = json.loads(done.stdout)
    assert [one["accepted"] for one in found["files"]] == [True]
    assert {one["code"] for one in found["defects"]} == {"not_sent"}


def test_the_template_is_written_for_a_district(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    done = project.evaluation(
        "intake", "template", "2024Q4", "--district", "praha 3", "--out", str(file), lang="cs"
    )
    assert done.returncode == 0, done.stderr
    sheet = openpyxl.load_workbook(file)["Bytová nouze"]
    assert [sheet["A4"].value, sheet["B4"].value] == ["Praha 3", "2024Q4"]


REFUSED = [
    (("template", "2024Q5"), "is not a quarter"),
    (("template", "2024Q4", "--district", "Prha 3"), "Did you mean 'Praha 3'?"),
    (("template", "2024Q4", "--contract", "housing"), "Did you mean 'housing_need'?"),
    (("check", "nowhere"), "holds no file"),
    (("example", "2024Q4", "sent/2024Q4"), "is not empty"),
    (("chek", "x"), "check"),
]


@pytest.mark.parametrize(("arguments", "said"), REFUSED)
def test_what_cannot_be_done_is_said(project: Project, arguments: tuple[str, ...], said: str) -> None:
    done = project.evaluation("intake", *arguments)
    assert done.returncode in {1, 2}
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_links_out_of_the_folder_and_odd_files_are_named(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "2024Q4"
    folder.mkdir()
    (tmp_path / "secret.csv").write_text("district\nPraha 1\n", "utf-8")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "letter.docx").write_bytes(b"PK")
    (folder / "~$open.xlsx").write_bytes(b"x")
    done = project.evaluation("intake", "check", str(folder), "--json")
    found = json.loads(done.stdout)
    assert [(d["file"], d["code"]) for d in found["defects"] if d["file"]] == [
        ("letter.docx", "intake-type"), ("link.csv", "intake-name"),
    ]  # fmt: skip
    assert done.returncode == 2
