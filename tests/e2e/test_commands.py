"""The commands around a run, through the real command line: one at a time, logs, comparison, removal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.project import QUARTER, SPEC, Project, make_project

EARLIER = "2024Q3"


@pytest.fixture(scope="module")
def two_quarters(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project in which two quarters were run; two counts of the last are too small to be shown."""
    project = make_project(tmp_path_factory.mktemp("two") / "project")
    project.spoil(_small_counts)
    for quarter in (EARLIER, QUARTER):
        done = project.evaluation("run", quarter)
        assert done.returncode == 0, done.stdout + done.stderr
    return project


def _small_counts(rows: list[dict[str, str]]) -> None:
    for row in rows:
        if row["quarter"] == QUARTER and row["district"] in {"Praha 2", "Praha 4"}:
            row["households"] = "3"


@pytest.fixture
def project(two_quarters: Project, tmp_path: Path) -> Project:
    return two_quarters.copy(tmp_path / "project")


# --- one at a time -------------------------------------------------------------------------------------
HOLD = """
import sys, time
from pathlib import Path
from evaluation.run.lock import only_one
from evaluation.run.project import open_project
with only_one(open_project(Path(sys.argv[1])), sys.argv[2], "evaluation run"):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def held(project: Project, quarter: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that works on the quarter."""
    command = [sys.executable, "-c", HOLD, str(project.root), quarter]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("command", ["run", "render", "clean"])
def test_a_second_command_on_a_quarter_is_refused(project: Project, command: str) -> None:
    with held(project, QUARTER) as other:
        done = project.evaluation(command, QUARTER, *(["--yes"] if command == "clean" else []), lang="cs")
        assert done.returncode == 2, done.stdout
        assert f"proces {other.pid} (evaluation run" in done.stderr
        assert "Traceback" not in done.stderr
        if command == "run":
            assert project.evaluation("run", EARLIER).returncode == 0, "another quarter is free"
    assert project.result("panel")["status"] == "ok"


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_lock_that_was_left_behind_does_not_stand_in_the_way(project: Project) -> None:
    with held(project, QUARTER) as other:
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert json.loads((project.build / "log" / "lock").read_text("utf-8"))["pid"] == other.pid
    assert project.evaluation("run", QUARTER).returncode == 0
    assert (project.build / "log" / "lock").read_text("utf-8") == ""
    found = [event for event in last_log(project) if event["event"] == "lock-left-behind"]
    assert [event["pid"] for event in found] == [other.pid]


# --- logs ----------------------------------------------------------------------------------------------
def logs(project: Project, command: str = "run") -> list[Path]:
    return sorted((project.build / "log").glob(f"{command}-*.jsonl"))


def last_log(project: Project) -> list[Any]:
    return [json.loads(line) for line in logs(project)[-1].read_text("utf-8").splitlines()]


def test_a_run_leaves_a_log_and_names_it(project: Project) -> None:
    project.edit(SPEC, "method: auto", "method: auto\n  draws: 500")
    done = project.evaluation("run", QUARTER)
    events = last_log(project)
    assert logs(project)[-1].relative_to(project.root).as_posix() in done.stdout
    assert [event["event"] for event in events] == ["start", *["planned"] * 2, *["done"] * 2, "end"]
    status = {event["id"]: event["status"] for event in events if event["event"] == "done"}
    assert status == {"organ-donations": "reused", "panel": "ok"}
    assert next(event for event in events if event.get("id") == "panel" and "seconds" in event)["seconds"] > 0
    counts = {"exit_code": 0, "ok": 1, "reused": 1, "failed": 0, "not_run": 0}
    assert {name: events[-1][name] for name in counts} == counts


def test_a_log_holds_no_data_of_units(project: Project) -> None:
    project.spoil(lambda rows: rows[20].__setitem__("district", "Praha 33"))
    done = project.evaluation("run", QUARTER)
    assert done.returncode == 2
    assert "Praha 33" in done.stderr
    errors = next(
        event["errors"] for event in last_log(project) if event.get("id") == "panel" and "errors" in event
    )
    assert errors == [{"code": "unknown-code", "file": "data/raw/panel.csv", "count": 1}]
    assert "Praha" not in logs(project)[-1].read_text("utf-8")


def test_old_logs_go(project: Project) -> None:
    for second in range(30):
        (project.build / "log" / f"run-20200101T0000{second:02}.000000Z.jsonl").write_text("{}\n", "utf-8")
    assert project.evaluation("run", QUARTER).returncode == 0
    kept = logs(project)
    assert len(kept) == 20
    assert "20200101T000029" in " ".join(path.name for path in kept)
    assert "20200101T000000" not in " ".join(path.name for path in kept)


# --- compare -------------------------------------------------------------------------------------------
def compared(project: Project, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = project.evaluation("compare", *arguments, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    return {one["id"]: one for one in json.loads(done.stdout)["analyses"]}


def test_two_quarters_differ_by_their_cutoff(two_quarters: Project) -> None:
    found = compared(two_quarters, EARLIER, QUARTER)
    assert (found["organ-donations"]["verdict"], found["organ-donations"]["changes"]) == ("same", [])
    panel = found["panel"]
    assert panel["verdict"] == "one_cause"
    assert panel["changes"] == [{"cause": "cutoff", "before": 56, "after": 64}]
    terms = {one["result"]: one for one in panel["terms"]}
    assert terms["clustered"]["before"]["std_error"] != terms["clustered"]["after"]["std_error"]
    # the panel's own effect is −2, its noise is at most 0.6 a cell
    assert terms["effect"]["after"]["estimate"] == pytest.approx(-2, abs=0.3)
    assert panel["counts"]["effect"]["n_obs"] == [56, 64]
    assert set(panel["cells"]["cells"]) == {"hidden_before", "hidden_after"}


def _other_estimator(project: Project) -> None:
    project.edit(SPEC, "name: twfe", "name: att_gt")


def _remark(project: Project) -> None:
    project.edit(SPEC, "schema_version: 1", "# remark\nschema_version: 1")


def _both(project: Project) -> None:
    project.spoil(_flip)
    _other_estimator(project)


def _flip(rows: list[dict[str, str]]) -> None:
    for row in rows:
        if row["start"] and row["quarter"] >= row["start"]:
            row["rate"] = f"{float(row['rate']) + 4:.2f}"


CAUSES: dict[str, tuple[Callable[[Project], None], str, list[str]]] = {
    "data": (lambda project: project.spoil(_flip), "one_cause", ["data"]),
    "specification": (_other_estimator, "one_cause", ["specification"]),
    "remark": (_remark, "same", []),
    "meaning": (
        lambda project: project.edit("data/catalogue.yml", "en: Rate}", "en: Rate per 1000}"),
        "same_despite",
        ["catalogue"],
    ),
    "both": (_both, "several_causes", ["data", "specification"]),
}


@pytest.mark.parametrize("case", CAUSES)
def test_the_cause_is_named(project: Project, two_quarters: Project, case: str) -> None:
    change, verdict, causes = CAUSES[case]
    change(project)
    assert project.evaluation("run", QUARTER).returncode == 0
    found = compared(project, str(two_quarters.build), QUARTER)["panel"]
    assert (found["verdict"], [one["cause"] for one in found["changes"]]) == (verdict, causes)
    if case == "data":
        assert found["flips"] > 0
        assert "sign" in found["terms"][0]["flips"], "flips come first"


def test_an_environment_that_changed_is_named(project: Project, two_quarters: Project) -> None:
    file = project.build / "manifest.json"
    manifest = json.loads(file.read_text("utf-8"))
    manifest["versions"]["numpy"] = "1.0"
    file.write_text(json.dumps(manifest), "utf-8")
    found = compared(project, str(two_quarters.build), QUARTER)["panel"]
    assert [one["cause"] for one in found["changes"]] == ["environment"]
    assert found["changes"][0]["after"] == {"numpy": "1.0"}
    assert found["verdict"] == "same_despite"


@pytest.mark.parametrize(
    ("factor", "verdict", "code"), [(1.001, "unexplained", 1), (1 + 1e-13, "rounding", 0)]
)
def test_equal_inputs_with_other_results_are_loud(
    project: Project, two_quarters: Project, factor: float, verdict: str, code: int
) -> None:
    file = project.build / "results/panel.json"
    result = json.loads(file.read_text("utf-8"))
    values = result["published"]["effect"]["tables"]["tidy"]["estimate"]["values"]
    values[0] *= factor
    file.write_text(json.dumps(result), "utf-8")
    found = compared(project, str(two_quarters.build), QUARTER, code=code)
    assert found["panel"]["verdict"] == verdict
    done = project.evaluation("compare", str(two_quarters.build), QUARTER, lang="cs")
    assert ("VSTUPY JSOU STEJNÉ, ALE VÝSLEDKY SE LIŠÍ" in done.stdout) == (code == 1)
    if code:
        assert done.stdout.index("panel") < done.stdout.index("organ-donations"), "the loud one comes first"


def test_hidden_counts_stay_hidden(two_quarters: Project) -> None:
    published = two_quarters.result("panel")["published"]["cells"]
    assert any(any(flags) for flags in published["suppressed"]["cells"].values())
    hidden = compared(two_quarters, EARLIER, QUARTER)["panel"]["cells"]["cells"]
    assert hidden["hidden_before"] == 0
    assert hidden["hidden_after"] >= 2
    done = two_quarters.evaluation("compare", EARLIER, QUARTER, "--json")
    assert "Praha" not in done.stdout
    assert "households" not in done.stdout


def test_a_quarter_that_was_not_run_cannot_be_compared(two_quarters: Project) -> None:
    done = two_quarters.evaluation("compare", "2024Q2", QUARTER)
    assert done.returncode == 2
    assert f"{EARLIER}, {QUARTER}" in done.stderr


# --- clean ---------------------------------------------------------------------------------------------
def test_clean_shows_and_asks_for_yes_where_nobody_can_be_asked(project: Project) -> None:
    done = project.evaluation("clean", QUARTER)
    assert done.returncode == 2
    assert "results and notebooks" in done.stdout
    assert "--yes" in done.stderr
    assert (project.build / "results/panel.json").is_file()


def test_clean_removes_what_was_made_and_nothing_else(project: Project, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious.json").write_text("{}", "utf-8")
    mine = project.build / "results" / "mine.txt"
    mine.write_text("mine", "utf-8")
    (project.build / "site").symlink_to(elsewhere)
    (project.build / "results" / "linked.json").symlink_to(elsewhere / "precious.json")
    done = project.evaluation("clean", QUARTER, "--yes")
    assert done.returncode == 0, done.stderr
    assert "mine.txt" in done.stdout
    left = sorted(path.relative_to(project.build).as_posix() for path in project.build.rglob("*"))
    assert left == ["results", "results/linked.json", "results/mine.txt", "site"]
    assert (elsewhere / "precious.json").is_file()
    assert (project.root / "reports/build" / EARLIER / "results/panel.json").is_file()
    assert (project.root / SPEC).is_file()


def test_clean_of_all_quarters_leaves_no_folder(project: Project) -> None:
    assert project.evaluation("clean", "--yes").returncode == 0
    assert list((project.root / "reports/build").iterdir()) == []
    assert project.evaluation("clean", "--yes", lang="cs").stdout == "Není co odstranit.\n"


@pytest.mark.parametrize("part", ["--results", "--site"])
def test_clean_of_one_part_keeps_the_other(project: Project, part: str) -> None:
    site = project.build / "site" / "index.html"
    site.parent.mkdir()
    site.write_text("", "utf-8")
    assert project.evaluation("clean", QUARTER, part, "--yes").returncode == 0
    assert site.exists() == (part == "--results")
    assert (project.build / "results").exists() == (part == "--site")
    assert logs(project)


# --- render --------------------------------------------------------------------------------------------
def test_a_quarter_without_results_is_not_rendered(two_quarters: Project, tmp_path: Path) -> None:
    project = make_project(tmp_path / "fresh")
    done = project.evaluation("render", QUARTER, lang="cs")
    assert done.returncode == 2
    assert f"evaluation run {QUARTER}" in done.stderr
    assert not (project.root / "reports/build").exists()


# --- time left -----------------------------------------------------------------------------------------
def test_the_time_left_comes_from_the_last_run(project: Project) -> None:
    from evaluation.run.journal import seconds_of
    from evaluation.run.progress import TimeLeft
    from evaluation.run.project import open_project

    known = seconds_of(open_project(project.root), "run")
    assert set(known) == {"organ-donations", "panel"}
    left = TimeLeft({"a": 10.0, "b": 30.0, "c": None}, workers=2)
    assert left.seconds() == pytest.approx((10 + 30 + 20) / 2, abs=1)  # the unknown counts as the mean
    time.sleep(0.2)
    assert left.seconds() < 30  # type: ignore[operator]
    left.done("b", 60.0)
    assert left.seconds() == pytest.approx((10 + (10 + 30 + 60) / 3) / 2, abs=1)
    assert TimeLeft({"a": None}).seconds() is None
