"""Ten notebooks by papermill as shipped and by the warm engine, in one run.

Each notebook is what an evaluator writes: a panel, two regressions with clustered standard errors, an effect
by the package and a figure. Papermill as shipped is its command, once per notebook; beside it its function,
called ten times in one process that has loaded it before.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nbformat
import papermill

from evaluation.run.processes import ENVIRONMENT
from evaluation.run.warm import Warm

N = 10
SHIPPED = "papermill as shipped"
CELLS = (
    "import matplotlib.pyplot as plt\nimport numpy as np\nimport pandas as pd\n"
    "import statsmodels.formula.api as smf\nfrom linearmodels.panel import PanelOLS\nimport evaluation as ev",
    "rng = np.random.default_rng(seed)\n"
    "unit, time = (one.ravel() for one in np.meshgrid(np.arange(40), np.arange(12), indexing='ij'))\n"
    "start = np.where(unit < 15, 6, 0)\n"
    "treated = ((start > 0) & (time >= start)).astype(float)\n"
    "y = unit / 10 + time / 5 + 0.5 * treated + rng.normal(size=len(unit))\n"
    "panel = pd.DataFrame({'unit': unit, 'time': time, 'start': start, 'treated': treated, 'y': y})",
    "ols = smf.ols('y ~ treated + C(unit) + C(time)', panel)\n"
    "ols.fit(cov_type='cluster', cov_kwds={'groups': panel['unit']}).params['treated']",
    "index = panel.set_index(['unit', 'time'])\n"
    "formula = 'y ~ treated + EntityEffects + TimeEffects'\n"
    "PanelOLS.from_formula(formula, index).fit(cov_type='clustered').params",
    "design = ev.StudyDesign.from_frame(panel, outcome='y', unit='unit', time='time', cohort='start')\n"
    "ev.aggregate(ev.att_gt(design), by='event_time').infer(ev.inference.clustered).tidy()",
    "panel.groupby(['time', 'start'])['y'].mean().unstack().plot();",
)


@dataclass(frozen=True)
class Job:
    """A notebook and where its outputs go."""

    notebook: Path
    output: Path
    seed: int


def main() -> None:
    """Measure and write a table."""
    found = measure()
    for name, one in found.items():
        passed, worked = found[SHIPPED].passed / one.passed, found[SHIPPED].processor / one.processor
        line = f"{name:26s} {one.passed:7.1f} s {passed:5.1f} x  cpu {one.processor:7.1f} s {worked:5.1f} x"
        sys.stdout.write(f"{line}\n")


@dataclass(frozen=True)
class Seconds:
    """Seconds that passed, and seconds that this process and all its children worked."""

    passed: float
    processor: float


def measure() -> dict[str, Seconds]:
    """Measure papermill as shipped and the warm engine with its start, on ten notebooks."""
    with tempfile.TemporaryDirectory(prefix="ev") as folder:
        _without_polars(Path(folder))
        job = _notebook(Path(folder))
        stock, called = ([_job(Path(folder), job, name, i) for i in range(N)] for name in ("stock", "called"))
        found = {
            SHIPPED: _seconds(lambda: [_by_command(one) for one in stock]),
            "papermill, one process": _seconds(lambda: [_by_papermill(one) for one in called]),
        }
        for workers in (1, 2):
            warm = [_job(Path(folder), job, f"warm-{workers}", i) for i in range(N)]
            found[f"warm engine, {workers} worker{'s' * (workers > 1)}"] = _seconds(
                lambda warm=warm, workers=workers: _by_warm(warm, workers)
            )
            assert [_figure(one) for one in warm] == [_figure(one) for one in stock], "the figures differ"
    return found


def _without_polars(folder: Path) -> None:
    """Hide polars from the notebooks of both: it is here for tests only, and statsmodels would load it."""
    (folder / "polars.py").write_text("raise ImportError('not installed')\n", encoding="utf-8")
    os.environ.update(ENVIRONMENT | {"PYTHONPATH": str(folder)})


def _seconds(what: Callable[[], object]) -> Seconds:
    before = os.times()
    what()
    after = os.times()
    return Seconds(after.elapsed - before.elapsed, sum(after[:4]) - sum(before[:4]))


def _by_command(job: Job) -> None:
    command = ["papermill", str(job.notebook), str(job.output), "-p", "seed", str(job.seed)]
    subprocess.run([*command, "--no-progress-bar"], check=True, capture_output=True)


def _by_papermill(job: Job) -> None:
    papermill.execute_notebook(
        job.notebook, job.output, parameters={"seed": job.seed}, kernel_name="python3", progress_bar=False
    )


def _by_warm(jobs: list[Job], workers: int) -> None:
    engine = Warm(["linearmodels.panel", "matplotlib.pyplot", "numpy", "pandas", "statsmodels.formula.api"])
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda one: engine.run(_written(one), {"IPYTHONDIR": str(one.output.parent)}), jobs))
    engine.stop()


def _written(job: Job) -> Path:
    path = job.output.with_suffix(".job")
    path.write_text(
        json.dumps(
            {
                "notebook": str(job.notebook),
                "output": str(job.output),
                "outcome": str(job.output.with_suffix(".outcome")),
                "parameters": {"seed": job.seed},
                "root": str(job.notebook.parent),
                "scratch": str(job.output.parent),
            }
        ),
        encoding="utf-8",
    )
    return path


def _job(folder: Path, notebook: Path, engine: str, seed: int) -> Job:
    (folder / engine).mkdir(exist_ok=True)
    return Job(notebook, folder / engine / f"{seed}.ipynb", seed)


def _notebook(folder: Path) -> Path:
    first = nbformat.v4.new_code_cell("seed = 0", metadata={"tags": ["parameters"]})
    cells = [first, *(nbformat.v4.new_code_cell(code) for code in CELLS)]
    spec = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=spec), folder / "in.ipynb")
    return folder / "in.ipynb"


def _figure(job: Job) -> str:
    last = json.loads(job.output.read_text("utf-8"))["cells"][-1]
    return next(
        str(one["data"]["image/png"]) for one in last["outputs"] if "image/png" in one.get("data", ())
    )


if __name__ == "__main__":
    main()
