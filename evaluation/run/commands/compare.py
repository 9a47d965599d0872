"""Two runs side by side: what became of each published value, and which input can have done it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from evaluation.disclosure import Publishable
from evaluation.errors import RequestError, did_you_mean, listed
from evaluation.run.commands.inputs import Change, changes
from evaluation.run.files import read_json
from evaluation.run.project import Project

ROUNDING = 1e-9
"""Relative difference up to which numbers count as equal: other processors add in another order."""

Verdict = Literal[
    "same", "same_despite", "one_cause", "several_causes", "rounding", "unexplained", "one_side"
]
_NUMBERS = ("estimate", "std_error", "p_value", "conf_low", "conf_high")
Row = Mapping[str, float | None]
_KEYS = ("term", "cohort", "period", "event_time")
_COUNTS = ("n_units", "n_treated", "n_clusters", "n_treated_clusters", "n_obs")


@dataclass(frozen=True)
class Run:
    """A run that was read: its name, its manifest and its results by id."""

    name: str
    manifest: Mapping[str, Any]
    results: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Term:
    """One row of a result in both runs.

    Attributes
    ----------
    result : str
        Name under which the notebook published it.
    keys : Mapping
        term, cohort, period, event_time.
    before, after : Mapping or None
        estimate, std_error, p_value, conf_low, conf_high; None for a number that is not there or hidden, and
        None for the whole where the run has no such row.
    flips : tuple of {"sign", "significant", "not_significant"}
    """

    result: str
    keys: Mapping[str, Any]
    before: Row | None
    after: Row | None
    flips: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether any number differs by more than rounding."""
        return _difference(self.before, self.after) > ROUNDING


@dataclass(frozen=True)
class AnalysisComparison:
    """One analysis in both runs.

    Attributes
    ----------
    id : str
    status : pair of str
        ok, failed, not_run, or absent.
    verdict : str
        Whether the results are the same, and whether the inputs say why not.
    changes : tuple of Change
    terms : tuple of Term
        Flips first, then those that differ most.
    counts : Mapping
        Result -> count -> pair, where they differ.
    cells : Mapping
        Table of counts -> how many cells differ and how many are hidden in each run; never a hidden count.
    notes : Mapping
        Result -> notes that came and that went: their codes and numbers.
    """

    id: str
    status: tuple[str, str]
    verdict: Verdict
    changes: tuple[Change, ...]
    terms: tuple[Term, ...]
    counts: Mapping[str, Mapping[str, tuple[Any, Any]]]
    cells: Mapping[str, Mapping[str, int]]
    notes: Mapping[str, Mapping[str, list[dict[str, Any]]]]

    @property
    def flips(self) -> int:
        """Number of terms whose sign or significance changed."""
        return sum(bool(term.flips) for term in self.terms)


def read_run(project: Project, name: str) -> Run:
    """Read the run of a quarter, or of a folder that holds its manifest and results.

    Raises
    ------
    RequestError
        If there is none.
    """
    folder = Path(name) if (Path(name) / "manifest.json").is_file() else project.build(name)
    manifest = read_json(folder / "manifest.json")
    if manifest is None:
        present = sorted(one.parent.name for one in (project.root / "reports/build").glob("*/manifest.json"))
        raise RequestError(
            "no-run", quarter=name, available=listed(present), suggestion=did_you_mean(name, present)
        )
    results = {path.stem: read_json(path) or {} for path in sorted((folder / "results").glob("*.json"))}
    return Run(name, manifest, results)


def compare(before: Run, after: Run) -> tuple[AnalysisComparison, ...]:
    """Compare two runs, analysis by analysis; results that cannot be explained and flips come first."""
    ids = sorted({str(one["id"]) for run in (before, after) for one in run.manifest["analyses"]})
    found = [_analysis(before, after, name) for name in ids]
    return tuple(sorted(found, key=lambda one: (one.verdict != "unexplained", -one.flips, one.id)))


def _analysis(before: Run, after: Run, name: str) -> AnalysisComparison:
    status = (_status(before, name), _status(after, name))
    changed = changes(before.manifest, after.manifest, name) if "absent" not in status else ()
    if status != ("ok", "ok"):
        verdict: Verdict = "same" if status[0] == status[1] else "one_side"
        return AnalysisComparison(name, status, verdict, changed, (), {}, {}, {})
    one, two = _published(before, name), _published(after, name)
    results = [key for key in dict.fromkeys([*one, *two]) if _kind(one, two, key) == "result"]
    terms = [term for key in results for term in _terms(key, one.get(key), two.get(key))]
    return AnalysisComparison(
        name,
        status,
        _verdict(_distance(before.results[name]["published"], after.results[name]["published"]), changed),
        changed,
        tuple(sorted(terms, key=lambda one: (not one.flips, one.result != "effect", not one.differs))),
        {key: found for key in results if (found := _counts(one.get(key), two.get(key)))},
        {
            key: _cells(one[key], two[key])
            for key in one
            if key in two and one[key].kind == two[key].kind == "cells"
        },
        {key: notes for key in results if (notes := _notes(one.get(key), two.get(key)))},
    )


def _status(run: Run, name: str) -> str:
    entry = next((one for one in run.manifest["analyses"] if one["id"] == name), None)
    return str(entry["status"]) if entry else "absent"


def _published(run: Run, name: str) -> dict[str, Publishable]:
    return {key: Publishable.from_json(value) for key, value in run.results[name]["published"].items()}


def _kind(one: Mapping[str, Publishable], two: Mapping[str, Publishable], key: str) -> str:
    return (one.get(key) or two[key]).kind


def _verdict(distance: float, changed: tuple[Change, ...]) -> Verdict:
    """Say whether the inputs explain the difference of the results."""
    if distance == 0:
        return "same_despite" if changed else "same"
    if changed:
        return "one_cause" if len(changed) == 1 else "several_causes"
    return "rounding" if distance <= ROUNDING else "unexplained"


def _distance(one: Any, two: Any) -> float:
    """Return the largest relative difference of two nested values; infinite where they differ otherwise.

    Examples
    --------
    >>> _distance({"a": [1.0, None]}, {"a": [1.1, None]}), _distance({"a": 1}, {"b": 1}), _distance("x", "x")
    (0.09090909090909098, inf, 0.0)
    """
    if isinstance(one, Mapping) and isinstance(two, Mapping):
        if one.keys() != two.keys():
            return math.inf
        return max((_distance(one[key], two[key]) for key in one), default=0.0)
    if isinstance(one, list) and isinstance(two, list):
        if len(one) != len(two):
            return math.inf
        return max((_distance(a, b) for a, b in zip(one, two, strict=True)), default=0.0)
    if isinstance(one, float) and isinstance(two, float):
        return 0.0 if one == two else abs(one - two) / max(abs(one), abs(two))
    return 0.0 if one == two else math.inf


def _terms(key: str, one: Publishable | None, two: Publishable | None) -> list[Term]:
    old, new = _rows(one), _rows(two)
    level = next(float(p.numbers["conf_level"]) for p in (two, one) if p is not None)
    pairs = {keys: (old.get(keys), new.get(keys)) for keys in dict.fromkeys([*old, *new])}
    return [
        Term(key, dict(zip(_KEYS, keys, strict=True)), *pair, _flips(*pair, level))
        for keys, pair in pairs.items()
    ]


def _rows(published: Publishable | None) -> dict[tuple[Any, ...], Row]:
    """Return rows by their keys; a hidden number is NaN in the published table and becomes None."""
    if published is None:
        return {}
    table = published.tables["tidy"]
    return {
        tuple(_plain(row[key]) for key in _KEYS): {name: _number(row[name]) for name in _NUMBERS}
        for _, row in table.iterrows()
    }


def _plain(value: Any) -> Any:
    return None if value is None or value != value else value  # noqa: PLR0124 -- NaN is no key


def _number(value: Any) -> float | None:
    return float(value) if value is not None and math.isfinite(float(value)) else None


def _flips(one: Row | None, two: Row | None, level: float) -> tuple[str, ...]:
    if one is None or two is None:
        return ()
    flips = []
    old, new = one["estimate"], two["estimate"]
    if old is not None and new is not None and old * new < 0:
        flips.append("sign")
    p, q = one["p_value"], two["p_value"]
    critical = 1 - level
    if p is not None and q is not None and (p < critical) != (q < critical):
        flips.append("significant" if q < critical else "not_significant")
    return tuple(flips)


def _difference(one: Row | None, two: Row | None) -> float:
    return _distance(one, two) if one is not None and two is not None else math.inf


def _counts(one: Publishable | None, two: Publishable | None) -> dict[str, tuple[Any, Any]]:
    if one is None or two is None:
        return {}
    pairs = {name: (one.numbers.get(name), two.numbers.get(name)) for name in _COUNTS}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _cells(one: Publishable, two: Publishable) -> dict[str, int]:
    """Count the cells that are hidden in each run; what they hold is in neither file."""
    return {"hidden_before": _hidden(one), "hidden_after": _hidden(two)}


def _hidden(published: Publishable) -> int:
    return sum(int(mask.to_numpy().sum()) for mask in published.suppressed.values())


def _notes(one: Publishable | None, two: Publishable | None) -> dict[str, list[dict[str, Any]]]:
    """Return the notes that came and that went, by their code."""
    old, new = ({note.code: dict(note.numbers) for note in p.notes} if p else {} for p in (one, two))
    if one is None or two is None or old.keys() == new.keys():
        return {}
    return {
        "came": [{"code": code, "numbers": new[code]} for code in sorted(new.keys() - old.keys())],
        "went": [{"code": code, "numbers": old[code]} for code in sorted(old.keys() - new.keys())],
    }


def to_json(before: Run, after: Run, found: Iterable[AnalysisComparison]) -> dict[str, Any]:
    """Return a comparison as plain values."""
    analyses = [asdict(one) | {"flips": one.flips} for one in found]
    code = [
        {k: run.manifest["code"].get(k) for k in ("version", "commit", "dirty")} for run in (before, after)
    ]
    return {
        "schema_version": 1,
        "before": before.name,
        "after": after.name,
        "code": code,
        "analyses": analyses,
    }
