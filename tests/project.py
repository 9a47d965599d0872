"""A small project folder for tests of the run: real organ donations, and a panel that tests may spoil."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.shared import ROOT

QUARTER = "2024Q4"
DISTRICTS = ("Praha 1", "Praha 2", "Praha 3", "Praha 4", "Praha 5", "Praha 6", "Praha 7", "Praha 8")
QUARTERS = tuple(f"{year}Q{quarter}" for year in (2023, 2024) for quarter in (1, 2, 3, 4))
PANEL = "data/raw/panel.csv"
SPEC = "analyses/panel.yml"

_CATALOGUE = """
  panel:
    title: {cs: Zkušební panel, en: Test panel}
    publisher: Test office
    address: https://example.org/panel
    licence: none
    source: tests/project.py
    synthetic: true
    found: {kind: file, file: panel.csv}
    time: quarter
    key: [district, quarter]
    columns:
      district:
        type: text
        meaning: {cs: Městská část, en: District}
        codes: {file: data/reference/prague_districts.csv, column: name}
      quarter: {type: quarter, meaning: {cs: Čtvrtletí, en: Quarter}}
      start: {type: quarter, required: false, meaning: {cs: Začátek, en: Start}}
      households: {type: count, meaning: {cs: Domácnosti, en: Households}}
      rate: {type: number, meaning: {cs: Míra, en: Rate}}
"""
_SPEC = """schema_version: 1
id: panel
title: {cs: Zkušební panel, en: Test panel}
question: {cs: Pomohlo to?, en: Did it help?}
outcome_label: {cs: Míra, en: Rate}
unit_label: {cs: městská část, en: district}
data: panel
design:
  outcome: rate
  unit: district
  time: quarter
  cohort: start
estimator:
  name: twfe
inference:
  method: auto
cells:
  keys: [district]
  counts: [households]
  depends: {rate: households}
notebook: panel
"""


def panel_rows() -> list[dict[str, str]]:
    """Eight districts in eight quarters; two are treated from 2024Q1 on, and it lowers their rate by two."""
    rows = []
    for i, district in enumerate(DISTRICTS):
        for t, quarter in enumerate(QUARTERS):
            treated = district in {"Praha 1", "Praha 3"}
            rate = 10 + i + 0.5 * t + 0.1 * ((3 * i + 5 * t) % 7) - 2 * (treated and quarter >= "2024Q1")
            rows.append(
                {
                    "district": district,
                    "quarter": quarter,
                    "start": "2024Q1" if treated else "",
                    "households": str(i + t),
                    "rate": f"{rate:.2f}",
                }
            )
    return rows


def csv_text(rows: list[dict[str, str]]) -> str:
    """CSV of the rows, with the columns of the first."""
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Project:
    """A project folder and the command line in it."""

    root: Path

    def evaluation(
        self, *arguments: str, lang: str = "en", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the real command line in the folder."""
        env = {k: v for k, v in os.environ.items() if k not in {"EVALUATION_DATA", "LC_ALL", "LANG"}}
        return subprocess.run(
            [sys.executable, "-m", "evaluation", "--lang", lang, *arguments],
            cwd=self.root,
            env=env | {"MPLCONFIGDIR": str(ROOT / ".cache/matplotlib")} | environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace a piece of a file; it must be there."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def spoil(self, change: Any) -> None:
        """Change the rows of the panel: `change` gets the list and may return another."""
        with (self.root / PANEL).open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        (self.root / PANEL).write_text(csv_text(change(rows) or rows), encoding="utf-8")

    @property
    def build(self) -> Path:
        """Build folder of the quarter."""
        return self.root / "reports" / "build" / QUARTER

    def result(self, name: str) -> Any:
        """Result of an analysis."""
        return json.loads((self.build / "results" / f"{name}.json").read_text(encoding="utf-8"))

    def copy(self, to: Path) -> Project:
        """Copy the folder with everything that was made in it."""
        shutil.copytree(self.root, to)
        return Project(to)


def make_project(root: Path) -> Project:
    """Make the folder: the checkout's own files, and the panel beside organ donations."""
    for folder in ("analyses", "notebooks", "data/reference", "data/raw"):
        (root / folder).mkdir(parents=True)
    for file in ("evaluation.toml", "notebooks/impact.ipynb", "analyses/organ-donations.yml"):
        shutil.copy(ROOT / file, root / file)
    shutil.copy(ROOT / "notebooks/impact.ipynb", root / "notebooks/panel.ipynb")
    shutil.copy(ROOT / "data/reference/prague_districts.csv", root / "data/reference/prague_districts.csv")
    catalogue = (ROOT / "data/catalogue.yml").read_text(encoding="utf-8")
    start = catalogue.index("  prague_synthetic:")
    (root / "data/catalogue.yml").write_text(catalogue[:start].rstrip() + "\n" + _CATALOGUE, encoding="utf-8")
    (root / SPEC).write_text(_SPEC, encoding="utf-8")
    (root / PANEL).write_text(csv_text(panel_rows()), encoding="utf-8")
    return Project(root)
