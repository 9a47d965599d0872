"""The quality of what districts send: small folders by hand, made-up returns, and the words of the page."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from evaluation.disclosure import publish
from evaluation.errors import DataError
from evaluation.run.project import Project, open_project
from evaluation.run.quality import page
from evaluation.run.quality.spec import QualityQuestion
from evaluation.run.quality.study import QualityStudy, check, make_study
from evaluation.run.spec import read_analyses
from tests.shared import ROOT

HEAD = "district;quarter;households_in_need;clients;housed;contacts;staff_fte"


def question(**changes: Any) -> QualityQuestion:
    found = next(one.analysis for one in read_analyses(open_project(ROOT)) if one.id == "prague-submissions")
    assert isinstance(found, QualityQuestion)
    return QualityQuestion.model_validate(found.model_dump() | changes)


def sent(folder: Path, quarter: str, returns: dict[str, tuple[str, str]]) -> None:
    """Write files: name -> row, and the day on which it came."""
    target = folder / quarter
    target.mkdir(parents=True)
    for name, (row, _) in returns.items():
        (target / name).write_text(f"{HEAD}\n{row}\n", encoding="utf-8")
    with (target / "received.csv").open("w", encoding="utf-8", newline="") as stream:
        days = [(name, day) for name, (_, day) in returns.items() if day]
        csv.writer(stream).writerows([("file", "received"), *days])


RETURNS = {
    "a-need.csv": ("Praha 1;2024Q4;310;150;20;400;6.5", "2025-01-15"),
    "b-need.csv": ("Praha 2;2024Q4;310;150;160;400;6.5", "2025-01-16"),
    "c-need.csv": ("Praha 3;2024Q4;310;;20;400;6.5", "2025-01-10"),
    "d-need.csv": ("Praha 3a;2024Q4;310;150;20;400;6.5", "2025-01-10"),
}


def folder_study(folder: Path, **changes: Any) -> QualityStudy:
    """Study of returns below data/raw, which a test keeps elsewhere: the folder is joined to the root."""
    real = open_project(ROOT)
    asked = question(returns={"kind": "folder", "folder": "data/raw/returns"}, **changes)
    made: QualityStudy = make_study(asked, "2024Q4", real)
    object.__setattr__(made, "project", Project(folder, real.settings))
    return made


def test_a_small_folder_by_hand(tmp_path: Path) -> None:
    sent(tmp_path / "data/raw/returns", "2024Q4", RETURNS)
    study = folder_study(tmp_path)
    table = study.quality().table.set_index("name_cs")
    assert table.loc["Praha 1", ["actual_reports", "actual_reports_on_time"]].tolist() == [1, 1]
    assert table.loc["Praha 2", ["actual_reports", "actual_reports_on_time"]].tolist() == [1, 0]
    assert table.loc["Praha 3", ["actual_reports", "items_missing", "received"]].tolist() == [
        1,
        3,
        "2025-01-10",
    ]
    rates = study.reporting()["reporting_rates"].table.iloc[0]
    assert rates[["EXPECTED_REPORTS", "ACTUAL_REPORTS", "ACTUAL_REPORTS_ON_TIME"]].tolist() == [57, 3, 2]
    matrix = study.reporting()["reporting_matrix"].table.state.value_counts()
    assert matrix.to_dict() == {"missing": 54, "on_time": 2, "late": 1}
    items = study.items().table.set_index("item").missing
    assert items[["clients", "evictions", "housed"]].tolist() == [1, 3, 0]
    found = study.defects()
    places = found.table.set_index("code")[["file", "cell"]]
    assert places.loc["rule"].tolist() == ["b-need.csv", "E2"]
    assert places.loc["required"].tolist() == ["c-need.csv", "D2"]
    assert places.loc["unknown_code"].tolist() == ["d-need.csv", "A2"]
    assert found.numbers["returns"] == 4
    assert "Praha 3a" not in found.table.to_csv()
    assert not study.notes


def test_days_and_quarters_that_are_not_known_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "data/raw/returns"
    sent(folder, "2025Q1", RETURNS)
    with pytest.raises(DataError, match="2024Q4") as caught:
        _ = folder_study(tmp_path).rounds
    assert caught.value.code == "no-rounds"
    sent(folder, "2024Q4", RETURNS | {"c-need.csv": (RETURNS["c-need.csv"][0], "")})
    with pytest.raises(DataError) as caught:
        _ = folder_study(tmp_path).rounds
    assert (caught.value.code, caught.value.example) == ("intake-days", "c-need.csv")


def result(study: QualityStudy) -> dict[str, Any]:
    shown = {
        "defects": study.defects(),
        "quality": study.quality(),
        **study.reporting(),
        "items": study.items(),
    }
    published = {name: json.loads(json.dumps(publish(one).to_json())) for name, one in shown.items()}
    spec = study.question.model_dump(mode="json") | {"synthetic": study.question.synthetic}
    return {
        "id": "q",
        "spec": spec,
        "quarter": "2024Q4",
        "published": published,
        "parameters": study.question.settings(),
        "provenance": {"data": {"parts": study.origin()}},
    }


def test_made_up_returns_are_the_same_each_time_and_called_synthetic() -> None:
    project, asked = open_project(ROOT), question(returns={"kind": "synthetic", "quarters": 2})
    first, second = (make_study(asked, "2024Q4", project) for _ in range(2))
    assert check(asked, "2024Q4", project, "") == check(asked, "2024Q4", project, "")
    found = result(first)
    assert found == result(second)
    other = question(returns={"kind": "synthetic", "quarters": 2, "seed": 109})
    assert check(other, "2024Q4", project, "")[0]["sha256"] != first.origin()[0]["sha256"]
    for lang, word in (("cs", "Syntetická data"), ("en", "Synthetic data")):
        made = page.files(found, {}, lang)
        said = page.finding(found, lang).said
        assert said.startswith(word)
        assert "57" in said
        last = first.reporting()["reporting_matrix"].table
        late = last[(last.period == "2024Q4") & (last.state == "late")].unit
        names = first.quality().table.drop_duplicates("unit").set_index("unit")[f"name_{lang}"]
        assert all(names[unit] in made["_reporting-said.qmd"] for unit in late)
        assert len(late) > 0
        assert "not_a_number" not in made["_tbl-defects.qmd"]
        assert "asi" not in made["_tbl-defects.qmd"]
