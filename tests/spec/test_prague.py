"""Facts of the two programmes, and the traps that lie in their data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from evaluation.disclosure import Cells, publish

PILOTS = {"Praha 1", "Praha 3", "Praha 7", "Praha 10", "Praha 22"}
WORDS = {"cs": "syntetick", "en": "synthetic"}


@pytest.fixture(scope="module")
def districts(root: Path) -> pd.DataFrame:
    return pd.read_csv(root / "data/reference/prague_districts.csv", dtype={"code": str})


@pytest.fixture(scope="module")
def pilots(root: Path) -> pd.DataFrame:
    return pd.read_csv(root / "data/reference/mpsv_municipalities.csv", dtype={"code": str})


@pytest.fixture(scope="module")
def demo(root: Path) -> pd.DataFrame:
    return pd.read_csv(root / "data/demo/prague_synthetic.csv", dtype={"district_code": str})


@pytest.fixture(scope="module")
def catalogue(root: Path) -> dict[str, Any]:
    return yaml.safe_load((root / "data/catalogue.yml").read_text("utf-8"))["datasets"]


def test_sums_of_the_districts(districts: pd.DataFrame) -> None:
    assert len(districts) == districts.code.nunique() == districts.name.nunique() == 57
    assert districts.admin_district.nunique() == districts.admin_district_code.nunique() == 22
    assert districts.groupby("admin_district").admin_district_code.nunique().eq(1).all()
    assert districts.obvod.nunique() == 10
    assert districts.population.sum() == 1_268_796
    assert districts.population.min() == districts.set_index("name").population["Praha-Královice"] == 318
    assert districts.population.max() == districts.set_index("name").population["Praha 4"] == 131_793


def test_every_administrative_district_has_one_office(districts: pd.DataFrame) -> None:
    offices = districts[districts.name == districts.admin_district]
    assert sorted(offices.admin_district) == sorted(districts.admin_district.unique())


def test_the_five_pilots_of_the_city(districts: pd.DataFrame) -> None:
    chosen = districts[districts.mhmp_pilot_2020 == 1]
    assert set(chosen.name) == PILOTS
    assert chosen.population.sum() == 266_445
    assert (chosen.name == chosen.admin_district).all()  # each could have been chosen


def test_the_sixteen_pilots_of_the_ministry(pilots: pd.DataFrame, districts: pd.DataFrame) -> None:
    assert pilots.kind.value_counts().to_dict() == {"municipality": 14, "city_district": 2}
    assert pilots.population.sum() == 1_207_172
    assert pilots.population.sum() / 10_649_800 == pytest.approx(0.1134, abs=5e-5)
    in_prague = pilots[pilots.kind == "city_district"].set_index("code").population
    theirs = districts[districts.mpsv_pilot_2016 == 1].set_index("code").population
    assert in_prague.to_dict() == theirs.to_dict() == {"500186": 41_429, "547361": 47_025}


@pytest.mark.parametrize("table", ["districts", "pilots"])
def test_every_fact_has_a_source_and_a_year(table: str, request: pytest.FixtureRequest) -> None:
    facts = request.getfixturevalue(table)
    assert facts.source.notna().all()
    assert facts.population_year.isin([2011, 2019]).all()


def test_a_date_says_what_it_is_and_where_it_stands(districts: pd.DataFrame, root: Path) -> None:
    dated = districts[["kmb_date", "kmb_date_means", "kmb_source"]].notna()
    assert (dated.sum(axis=1).isin([0, 3])).all()
    described = (root / "data/reference/README.md").read_text("utf-8")
    for meaning in districts.kmb_date_means.dropna().unique():
        assert f"| `{meaning}` |" in described


def test_two_pilots_were_treated_before_the_programme(
    districts: pd.DataFrame, demo: pd.DataFrame, root: Path
) -> None:
    """Trap 5: Praha 7 and 10 are no clean pilots of 2020; the table and the page of the data say so."""
    dates = districts.set_index("name").kmb_date
    early = {name for name in PILOTS if dates[name] < "2020-01"}
    assert early == {"Praha 7", "Praha 10"}
    starts = demo.drop_duplicates("district").set_index("district").pilot_start.dropna()
    assert {name for name, start in starts.items() if start < "2020Q1"} == early
    for page in ("docs/data.md", "data/reference/README.md"):
        assert "Praha 7 and Praha 10 had contact points before the programme" in (root / page).read_text(
            "utf-8"
        )


def test_every_demonstration_table_is_flagged_in_every_row(root: Path) -> None:
    tables = sorted((root / "data/demo").glob("*.csv"))
    assert tables
    for path in tables:
        assert pd.read_csv(path).synthetic.eq(True).all(), path.name


def test_the_catalogue_says_synthetic_where_the_table_is(root: Path, catalogue: dict[str, Any]) -> None:
    demo = {path.name for path in (root / "data/demo").glob("*.csv")}
    by_file = {item["found"]["file"]: item for item in catalogue.values()}
    assert demo <= set(by_file)
    for file, item in by_file.items():
        assert item["synthetic"] == (file in demo), file
    for item in (by_file[file] for file in demo):
        texts = [
            item["title"],
            *(c["meaning"] for c in item["columns"].values() if c["type"] in {"count", "number"}),
        ]
        for lang, word in WORDS.items():
            assert all(word in text[lang].lower() for text in texts)


def sources(spec: dict[str, Any]) -> list[str]:
    """Data sets of a specification: the one of an impact analysis, or all tables of records."""
    return [*spec.get("tables", {}).values(), *([spec["data"]] if "data" in spec else [])]


def test_analyses_of_synthetic_data_say_so_in_title_question_and_outcome(
    root: Path, catalogue: dict[str, Any]
) -> None:
    specs = [yaml.safe_load(path.read_text("utf-8")) for path in sorted((root / "analyses").glob("*.yml"))]
    synthetic = [spec for spec in specs if any(catalogue[name]["synthetic"] for name in sources(spec))]
    assert len(synthetic) > 2
    for spec in synthetic:
        for field in {"title", "question", "outcome_label"} & set(spec):
            for lang, word in WORDS.items():
                assert word in spec[field][lang].lower(), f"{spec['id']}: {field}.{lang}"


def test_the_demonstration_agrees_with_the_reference_table(
    demo: pd.DataFrame, districts: pd.DataFrame
) -> None:
    once = demo.drop_duplicates("district_code").set_index("district_code")
    facts = districts.set_index("code").loc[once.index]
    assert (once.district == facts.name).all()
    assert (once.admin_district == facts.admin_district).all()
    assert set(once.district[once.pilot_start.notna()]) == PILOTS


def test_cells_of_a_few_families_are_hidden(demo: pd.DataFrame) -> None:
    """Trap 12, on the last quarter as the report shows it."""
    last = demo[demo.quarter == "2024Q4"].reset_index(drop=True)
    few = last.households_in_need < 5
    assert few.any()
    keys = ("admin_district", "district")
    counts = ("population", "households_in_need")
    rate = "households_in_need_per_1000"
    cells = Cells(last[[*keys, *counts, rate]], keys, counts, {rate: "households_in_need"})
    (shown,) = publish(cells).tables.values()
    hidden = shown.set_index("district").loc[last.district[few]]
    assert hidden[["households_in_need", rate]].isna().all(axis=None)
    assert (shown.households_in_need.dropna() >= 5).all()
