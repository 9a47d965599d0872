"""Operational records: what their seed says, called synthetic, with the starts of the panel."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from evaluation.errors import DataError
from evaluation.run.catalogue import read_catalogue
from evaluation.run.datafile import load
from evaluation.run.programme import read_programmes
from evaluation.run.project import open_project
from evaluation.simulate import operations
from evaluation.simulate.operations import TABLES
from tests.project import make_project
from tests.shared import ROOT


@pytest.fixture(scope="module")
def tools() -> tuple[str, ...]:
    programme = read_programmes(open_project(ROOT))[0].programme
    assert programme is not None
    return tuple(tool.id for tool in programme.tools)


@pytest.fixture(scope="module")
def tables(tools: tuple[str, ...]) -> dict[str, pd.DataFrame]:
    districts = pd.read_csv(ROOT / "data/reference/prague_districts.csv")
    municipalities = pd.read_csv(ROOT / "data/reference/mpsv_municipalities.csv")
    return operations(districts=districts, municipalities=municipalities, tools=tools)


@pytest.mark.parametrize("name", TABLES)
def test_the_committed_table_is_the_one_of_the_committed_seed(
    tables: dict[str, pd.DataFrame], name: str
) -> None:
    made = tables[name].to_csv(index=False, lineterminator="\n")
    committed = (ROOT / f"data/demo/{name}_synthetic.csv").read_bytes().decode("utf-8")
    pairs = zip(made.split("\n"), committed.split("\n"), strict=False)
    first = next((i for i, (ours, theirs) in enumerate(pairs, 1) if ours != theirs), None)
    assert made == committed, f"line {first} differs; write the file again as docs/data.md says"
    assert tables[name].synthetic.eq(True).all()


@pytest.mark.parametrize("name", TABLES)
def test_the_catalogue_declares_the_table_and_the_table_keeps_it(name: str) -> None:
    project = open_project(ROOT)
    dataset = read_catalogue(project).dataset(f"{name}_synthetic")
    frame, provenance = load(project, f"{name}_synthetic", dataset, "2024Q4")
    assert provenance["rows_used"] == len(frame) > 0
    columns = pd.read_csv(ROOT / f"data/demo/{name}_synthetic.csv", nrows=0).columns
    assert list(dataset.columns) == list(columns)


def test_the_starts_of_tools_are_those_of_the_panel(tables: dict[str, pd.DataFrame]) -> None:
    """Adoption and impact have one source: the first quarter with any tool in use is the panel's start."""
    starts = tables["tool_starts"]
    first = pd.PeriodIndex(starts.groupby("district_code").started.min(), freq="Q").astype(str)
    used = dict(zip(starts.groupby("district_code").started.min().index, first, strict=True))
    panel = pd.read_csv(ROOT / "data/demo/prague_synthetic.csv").drop_duplicates("district_code")
    assert used == panel.dropna(subset="pilot_start").set_index("district_code").pilot_start.to_dict()


def test_tools_are_those_of_the_registry_and_some_never_start(
    tables: dict[str, pd.DataFrame], tools: tuple[str, ...]
) -> None:
    started = set(tables["tool_starts"].tool)
    assert started < set(tools)
    assert len(started) == 6
    assert set(tables["tool_results"].tool) == set(tables["tool_assessments"].tool) == started


def test_counts_of_a_tool_are_parts_of_each_other(tables: dict[str, pd.DataFrame]) -> None:
    results = tables["tool_results"]
    assert (results.reached <= results.eligible).all()
    assert (results.cases <= results.reached).all()
    assert (results.good_outcomes <= results.cases).all()
    assert (results.fidelity_met <= results.fidelity_items).all()


def test_training_is_a_funnel_of_persons_within_the_project(tables: dict[str, pd.DataFrame]) -> None:
    training = tables["training"]
    assert not training.duplicated(["person", "course"]).any()
    assert training.groupby("person")[["employer_type", "region"]].nunique().eq(1).all(axis=None)
    done = training[training.completed != ""]
    assert (done.completed > done.enrolled).all()
    assert done.completed.max() <= "2022-10-31"
    assert not (training.passed != "")[training.completed == ""].any()
    assert done.person.nunique() < len(done)  # persons and completions are two numbers


def test_an_empty_date_is_no_zero(tables: dict[str, pd.DataFrame]) -> None:
    reports = tables["reports"]
    missing = reports.received == ""
    assert reports.items_missing[missing].isna().all()
    assert reports.items_missing[~missing].notna().all()


def test_another_seed_gives_other_records(tools: tuple[str, ...], tables: dict[str, pd.DataFrame]) -> None:
    districts = pd.read_csv(ROOT / "data/reference/prague_districts.csv")
    municipalities = pd.read_csv(ROOT / "data/reference/mpsv_municipalities.csv")
    other = operations(districts=districts, municipalities=municipalities, tools=tools, seed=1)
    same = {name for name in TABLES if other[name].equals(tables[name])}
    assert same <= {"staff_posts", "milestone_actuals"}  # these draw nothing


@pytest.mark.parametrize(("old", "new"), [("2020-04-01", "1. 4. 2020"), ("2020-04-01", "2020-02-30")])
def test_what_is_no_date_is_named(tmp_path: Path, old: str, new: str) -> None:

    project = make_project(tmp_path / "project")
    text = (ROOT / "data/demo/memoranda_synthetic.csv").read_text("utf-8")
    (project.root / "data/raw/memoranda_synthetic.csv").write_text(text.replace(old, new, 1), "utf-8")
    opened = open_project(project.root)
    dataset = read_catalogue(open_project(ROOT)).dataset("memoranda_synthetic")
    with pytest.raises(DataError) as found:
        load(opened, "memoranda_synthetic", dataset, "2024Q4")
    assert found.value.code == "bad-date"
    assert new in str(found.value)
