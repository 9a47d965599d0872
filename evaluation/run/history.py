"""What a quarter found, as tables for researchers: written as Parquet by a run, read by `load_run`.

Version 1 of the folder of a quarter held JSON alone; version 2 has Parquet tables made of it. A folder of
version 1 is read as if it had them, so nothing that was run before has to be run again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from evaluation.disclosure import Publishable
from evaluation.errors import RequestError, did_you_mean, listed
from evaluation.intake.parquet import from_parquet, to_parquet
from evaluation.run.files import not_writable, read_json, to_json, write, write_bytes
from evaluation.run.project import Project, open_project
from evaluation.run.unchanged import INDEX, TABLES, results_digest

SCHEMA_VERSION = 2
_TEXT = ("term", "cohort", "period")
_NUMBERS = (
    "event_time", "estimate", "std_error", "statistic", "df", "p_value", "conf_low", "conf_high", "band_low",
    "band_high",
)  # fmt: skip
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "analyses": ("analysis", "kind", "title_cs", "title_en", "status", "reason", "synthetic", "data_sha256"),
    "estimates": ("analysis", "result", *_TEXT, *_NUMBERS),
    "numbers": ("analysis", "result", "name", "value", "text"),
    "notes": ("analysis", "result", "code", "numbers"),
}


@dataclass(frozen=True, eq=False)
class Run:
    """A quarter as it was run: published values only, so what is too small to be shown is missing here too.

    Attributes
    ----------
    quarter : str
    analyses : DataFrame
        analysis, kind, title_cs, title_en, status, reason (code), synthetic ("yes" or ""), data_sha256.
    estimates : DataFrame
        analysis, result, term, cohort, period, event_time, estimate, std_error, statistic, df, p_value,
        conf_low, conf_high, band_low, band_high; NaN where a method has no such number or it is hidden.
    numbers : DataFrame
        analysis, result, name, and value (numbers) or text (everything else).
    notes : DataFrame
        analysis, result, code, numbers (JSON).
    manifest : Mapping
        What determined the results.
    """

    quarter: str
    analyses: pd.DataFrame
    estimates: pd.DataFrame
    numbers: pd.DataFrame
    notes: pd.DataFrame
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Run({self.quarter}: {len(self.analyses)} analyses, {len(self.estimates)} estimates)"


def load_run(quarter: str, project: str | Path | Project | None = None) -> Run:
    """Load what a quarter found.

    Parameters
    ----------
    quarter : str
    project : path or Project, optional
        The folder that the current one lies in by default.

    Raises
    ------
    RequestError
        If the quarter was not run, or by a later version of the package.

    Examples
    --------
    >>> load_run("1999Q1")
    Traceback (most recent call last):
    ...
    evaluation.errors.RequestError: There is no run of 1999Q1...
    """
    if not isinstance(project, Project):
        project = open_project(None if project is None else Path(project))
    folder = project.build(quarter)
    manifest = read_json(folder / "manifest.json")
    if manifest is None:
        present = sorted(one.parent.name for one in folder.parent.glob("*/manifest.json"))
        suggestion = did_you_mean(quarter, present)
        raise RequestError("no-run", quarter=quarter, available=listed(present), suggestion=suggestion)
    found = _stored(folder) or make_tables(_results(folder))
    return Run(quarter, manifest=manifest, **found)


def write_tables(project: Project, quarter: str) -> None:
    """Write the tables of a quarter beside its results.

    Raises
    ------
    RunError
        If they cannot be written.
    """
    folder = project.build(quarter) / TABLES
    entries = {}
    try:
        for name, table in make_tables(_results(folder.parent)).items():
            content = to_parquet(table)
            digest = write_bytes(folder / f"{name}.parquet", content)
            entries[name] = {"sha256": digest, "rows": len(table), "columns": list(table.columns)}
        origin = {"quarter": quarter, "results_sha256": results_digest(project, quarter)}
        write(folder / INDEX, to_json({"schema_version": SCHEMA_VERSION, **origin, "tables": entries}))
    except OSError as error:
        raise not_writable(project, folder, error) from None


def make_tables(results: Mapping[str, Mapping[str, Any]]) -> dict[str, pd.DataFrame]:
    """Make the tables out of the results of analyses, by id."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _COLUMNS}
    for name, result in results.items():
        rows["analyses"].append(_analysis(name, result))
        for shown, payload in result["published"].items():
            published = Publishable.from_json(to_json(payload))
            key = {"analysis": name, "result": shown}
            rows["estimates"] += [key | row for row in _estimates(published)]
            rows["numbers"] += [key | row for row in _numbers(published)]
            rows["notes"] += [
                key | {"code": note["code"], "numbers": to_json(note["numbers"]).strip()}
                for note in payload["notes"]
            ]
    return {name: _table(found, _COLUMNS[name]) for name, found in rows.items()}


def _stored(folder: Path) -> dict[str, pd.DataFrame] | None:
    """Return the tables as they were written; None where there are none, or they are not what was written."""
    index = read_json(folder / TABLES / INDEX)
    if not isinstance(index, dict):
        return None
    if index["schema_version"] > SCHEMA_VERSION:
        raise RequestError("later-tables", found=index["schema_version"], known=SCHEMA_VERSION)
    found = {}
    for name, columns in _COLUMNS.items():
        path = folder / TABLES / f"{name}.parquet"
        content = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(content).hexdigest() != index["tables"][name]["sha256"]:
            return None
        found[name] = _typed(from_parquet([content]).drop(columns="part"), columns)
    return found


def _results(folder: Path) -> dict[str, dict[str, Any]]:
    paths = sorted((folder / "results").glob("*.json"))
    return {path.stem: found for path in paths if isinstance(found := read_json(path), dict)}


def _analysis(name: str, result: Mapping[str, Any]) -> dict[str, Any]:
    spec = result["spec"] or {}
    title = spec.get("title") or {}
    data = result["provenance"].get("data") or {}
    return {
        "analysis": name,
        "kind": spec.get("kind", "impact"),
        "title_cs": title.get("cs", ""),
        "title_en": title.get("en", ""),
        "status": result["status"],
        "reason": (result["reason"] or {}).get("code", ""),
        "synthetic": "yes" if spec.get("synthetic") else "",
        "data_sha256": str(data.get("sha256", "")),
    }


def _estimates(published: Publishable) -> Iterator[dict[str, Any]]:
    if published.kind == "result" and "tidy" in published.tables:
        known = published.tables["tidy"]
        for row in known[[one for one in (*_TEXT, *_NUMBERS) if one in known]].to_dict("records"):
            yield {str(name): value for name, value in row.items()}


def _numbers(published: Publishable) -> Iterator[dict[str, Any]]:
    for name, value in published.numbers.items():
        plain = isinstance(value, (int, float)) and not isinstance(value, bool)
        if value is not None:
            yield {
                "name": name,
                "value": float(value) if plain else None,
                "text": "" if plain else str(value),
            }


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    return _typed(pd.DataFrame(rows, columns=list(columns)), columns)


def _typed(table: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Give each column its type: floats with NaN, and text, which is empty where it is missing."""
    numeric = {*_NUMBERS, "value"}
    typed = {
        name: table[name].astype(float)
        if name in numeric
        else table[name].map(lambda one: "" if pd.isna(one) else str(one)).astype("str")
        for name in columns
    }
    return pd.DataFrame(typed)
