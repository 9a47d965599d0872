"""The warm engine gives what the stock kernel gives, and lets go of its notebooks as it does."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest

from evaluation.run.engines import can_fork
from evaluation.run.notebook import without_times
from evaluation.run.processes import ENVIRONMENT, Processes
from evaluation.run.warm import Warm
from tests.project import QUARTER, Project, make_project
from tests.shared import ROOT

pytestmark = pytest.mark.skipif(not can_fork(), reason="the warm engine forks: Linux only")

CELLS = {
    "streams": 'import sys\nprint("out", x)\nprint("err", file=sys.stderr)\nprint("again")',
    "many lines": 'for i in range(500):\n    print(i, flush=i % 50 == 0)',
    "figure": "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3]);",
    "figure shown": 'plt.figure(figsize=(2, 2)); plt.bar([1], [2]); plt.show(); print("shown")',
    "table": 'import pandas as pd\npd.DataFrame({"a": [1.5, 2.25]})',
    "input": 'input("?")',
    "update": 'from IPython.display import HTML, clear_output, display, update_display\n'
    'display("first", display_id="k"); display(HTML("<b>x</b>")); update_display("second", display_id="k")',
    "bundle": 'display({"text/plain": "p", "application/x+json": {"a": (1, 2), 3: 4}}, raw=True)',
    "cleared": "for i in range(3):\n    clear_output(wait=True); print(i)",
    "shell": "!echo shell",
    "descriptor": 'import subprocess, time; _ = subprocess.run(["echo", "not by Python"]); time.sleep(0.5)',
    "capture": '%%capture cap\nprint("hidden")',
    "captured": "cap.stdout",
    "environment": "%env EVALUATION_TEST=1",
    "await": "import asyncio\nawait asyncio.sleep(0.01)\n'awaited'",
    "last": "_",
    "folder": "from pathlib import Path\nPath.cwd().name",
    "kernel": "get_ipython().kernel.implementation, type(get_ipython()).__name__",
    "long repr": "list(range(2000))",
    "wrong syntax": "1 +",
    "raised": "def inner(a):\n    return 1 / a\n\ninner(0)",
    "never": '"not reached"',
}  # fmt: skip
ALLOWED = {"input", "wrong syntax"}


def write_notebook(path: Path, cells: dict[str, str]) -> Path:
    """Write a notebook whose first cell is that of parameters."""
    made = [nbformat.v4.new_code_cell("x = 1", metadata={"tags": ["parameters"]})]
    for name, code in cells.items():
        tags = ["raises-exception"] if name in ALLOWED else []
        made.append(nbformat.v4.new_code_cell(code, metadata={"tags": tags}))
    spec = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata=spec), path)
    return path


def write_job(folder: Path, cells: dict[str, str]) -> Path:
    """Write what the worker is told."""
    folder.mkdir(parents=True)
    job = {
        "notebook": str(write_notebook(folder / "in.ipynb", cells)),
        "output": str(folder / "out.ipynb"),
        "outcome": str(folder / "outcome.json"),
        "parameters": {"x": 7},
        "root": str(folder),
        "scratch": str(folder),
    }
    (folder / "job.json").write_text(json.dumps(job), "utf-8")
    return folder / "job.json"


def environment(folder: Path) -> dict[str, str]:
    return {"IPYTHONDIR": str(folder / "ipython"), "JUPYTER_RUNTIME_DIR": str(folder)}


def run(engine: Any, folder: Path, cells: dict[str, str]) -> tuple[dict[str, Any], Any, str]:
    """Run a notebook; return its outcome, the executed notebook and what its process said last."""
    try:
        said = engine.run(write_job(folder, cells), environment(folder))
    finally:
        engine.stop()
    outcome, made = (
        json.loads(path.read_text("utf-8")) if path.is_file() else None
        for path in (folder / "outcome.json", folder / "out.ipynb")
    )
    return outcome, made, said


def test_outputs_are_those_of_the_stock_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # a kernel that sees it does not watch the descriptors
    found = {}
    for name, start in (("kernel", Processes), ("warm", lambda: Warm(["matplotlib.pyplot"]))):
        outcome, made, _ = run(start(), tmp_path / name / "same", CELLS)
        assert outcome["status"] == "failed", outcome
        assert outcome["reason"] == "ZeroDivisionError: division by zero"
        assert outcome["memory_mib"] > 20
        found[name] = made
    stock, warm = (
        {cell["id"]: cell for cell in without_times(found[name])["cells"]} for name in ("kernel", "warm")
    )
    assert list(stock) == list(warm)
    for key in stock:
        assert warm[key] == stock[key], stock[key]["source"]
    assert found["kernel"]["metadata"]["language_info"] == found["warm"]["metadata"]["language_info"]
    errors = [
        ["".join(o["text"]) for cell in found[name]["cells"] for o in cell.get("outputs", ())
         if o.get("name") == "stderr"]
        for name in ("kernel", "warm")
    ]  # fmt: skip
    assert errors[0] == errors[1] == ["err\n"]
    kinds = [list(o["data"]) for cell in stock.values() for o in cell.get("outputs", ()) if "data" in o]
    assert sum("image/png" in one for one in kinds) == 2


def test_a_stream_keeps_the_order_of_python_and_of_others(tmp_path: Path) -> None:
    """The stock kernel reads the descriptor in a thread of its own; here the order is that of the writing."""
    code = 'import os\nprint("one")\n_ = os.system("echo two")\nprint("three")\n_ = os.system("echo four")'
    outcome, made, _ = run(Warm(), tmp_path / "job", {"mixed": code})
    assert outcome["status"] == "ok"
    assert "".join(made["cells"][2]["outputs"][0]["text"]) == "one\ntwo\nthree\nfour\n"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Project]:
    """The demonstration project, run by each engine in a folder of its own."""
    found = {}
    for engine in ("warm", "kernel"):
        root = tmp_path_factory.mktemp(engine) / "project"
        ignored = shutil.ignore_patterns("raw", "vintages", "derived")
        for part in ("analyses", "data", "notebooks"):
            shutil.copytree(ROOT / part, root / part, ignore=ignored)
        shutil.copy(ROOT / "evaluation.toml", root / "evaluation.toml")
        found[engine] = Project(root)
        real = {key: os.environ[key] for key in ("EVALUATION_DATA",) if key in os.environ}
        done = found[engine].evaluation("run", QUARTER, "--engine", engine, **real)
        assert done.returncode == 0, done.stdout + done.stderr
        log = json.loads((found[engine].build / "run.log.json").read_text("utf-8"))
        assert log["engine"] == engine
    return found


@pytest.mark.parametrize("part", ["notebooks", "results", "cache", "manifest.json"])
def test_demonstration_analyses_are_byte_equal(both: dict[str, Project], part: str) -> None:
    made = []
    for project in both.values():
        top = project.build / part
        files = sorted(top.iterdir()) if top.is_dir() else [top]
        made.append({path.name: path.read_bytes() for path in files})
    assert made[0] == made[1]
    assert made[0]


# --- ends ----------------------------------------------------------------------------------------------
def test_a_notebook_whose_process_dies_is_named_and_the_next_one_runs(tmp_path: Path) -> None:
    engine = Warm()
    job = write_job(tmp_path / "dies", {"dies": "import os; os.kill(os.getpid(), 9)"})
    assert engine.run(job, environment(tmp_path / "dies")) == "exit code -9"
    assert not (tmp_path / "dies/outcome.json").exists()
    outcome, _, _ = run(engine, tmp_path / "lives", {"lives": "x"})
    assert outcome["status"] == "ok"


def test_where_threads_run_the_stock_kernel_takes_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "threaded.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    engine = Warm(["threaded"])
    outcome, made, _ = run(engine, tmp_path / "job", {"forked": "x"})
    assert engine.name == "kernel"
    assert outcome["status"] == "ok"
    assert made["cells"][2]["outputs"][0]["data"]["text/plain"] == ["7"]


def test_where_the_server_is_killed_the_stock_kernel_takes_over(tmp_path: Path) -> None:
    engine = Warm()
    began = tmp_path / "began"
    cells = {"slow": f"import os, time\nopen({str(began)!r}, 'a').write(f'{{os.getpid()}} ')\ntime.sleep(1)"}
    threading.Thread(target=lambda: (_until(began.exists), engine._server.kill()), daemon=True).start()
    outcome, _, _ = run(engine, tmp_path / "job", cells)
    assert outcome["status"] == "ok"
    pids = began.read_text().split()
    assert len(pids) == 2, "begun twice: by the warm engine and by the stock kernel"
    assert not Path(f"/proc/{pids[0]}").exists()


@pytest.mark.parametrize("engine", ["warm", "kernel"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays_behind_when_the_command_ends(tmp_path: Path, engine: str, how: signal.Signals) -> None:
    project = make_project(tmp_path / "project")
    began = tmp_path / "began"
    line = f"import os, time; open({str(began)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    project.edit("notebooks/panel.ipynb", '"import evaluation as ev"', json.dumps(line))
    command = [sys.executable, "-m", "evaluation", "run", QUARTER, "--only", "panel", "--engine", engine]
    with subprocess.Popen(
        command, cwd=project.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as it:
        _until(lambda: began.exists() and began.read_text() != "")
        pid = int(began.read_text())
        assert Path(f"/proc/{pid}").exists()
        it.send_signal(how)
        it.wait(30)
    _until(lambda: not _alive(pid))


def _alive(pid: int) -> bool:
    """Whether a process runs: one that ended and that nobody has asked about yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _until(true: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_what_starts_threads_is_loaded_after_the_fork() -> None:
    """Threads of DuckDB and polars would not survive; statsmodels loads polars where that is installed."""
    code = (
        "import sys; from evaluation.run import server\n"
        "server._load(['matplotlib.pyplot', 'statsmodels.formula.api', 'evaluation.run.impact.study'])\n"
        "print('duckdb' in sys.modules, 'matplotlib.pyplot' in sys.modules, server.threads())\n"
        "import statsmodels.formula.api; print(server.threads() == 1 or 'polars' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True", "1", "True"]


def test_a_notebook_finds_everything_loaded(tmp_path: Path) -> None:
    """What the demonstration notebooks need was there before the fork: nothing of weight is loaded twice."""
    code = (
        "import sys; before = set(sys.modules)\n"
        "import evaluation as ev; ev.open_study, ev.show, ev.infer, ev.aggregate, ev.att_gt\n"
        "sorted(name for name in set(sys.modules) - before)"
    )
    outcome, made, _ = run(Warm(["evaluation.run.impact.study"]), tmp_path / "job", {"loaded": code})
    assert outcome["status"] == "ok"
    assert made["cells"][2]["outputs"][0]["data"]["text/plain"] == ["[]"]
