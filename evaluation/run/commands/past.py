"""`evaluation status` and `evaluation log`: where each quarter stands, and what was done on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.locales import text
from evaluation.run.files import read_json
from evaluation.run.journal import events
from evaluation.run.project import Project
from evaluation.run.unchanged import is_unchanged

_STATUSES = ("ok", "failed", "not_run")


def states(project: Project, quarters: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return where each quarter stands.

    Parameters
    ----------
    project : Project
    quarters : sequence of str
        All that the project declares by default.

    Returns
    -------
    list of dict
        quarter; run (time of the last run that ended, or None); current (whether no input changed since; None
        where the quarter was not run); ok, failed, not_run (numbers of analyses).

    Raises
    ------
    SpecError
        If a quarter, a specification's place or the catalogue is wrong.
    """
    return [_state(project, project.require_quarter(one)) for one in quarters or project.settings.quarters]


def _state(project: Project, quarter: str) -> dict[str, Any]:
    manifest = read_json(project.build(quarter) / "manifest.json")
    if not isinstance(manifest, dict):
        return {"quarter": quarter, "run": None, "current": None, **dict.fromkeys(_STATUSES, 0)}
    found = [one["status"] for one in manifest["analyses"]]
    ended = [one["ended"] for one in history(project, quarter) if one["command"] == "run" and one["ended"]]
    return {
        "quarter": quarter,
        "run": ended[0] if ended else None,
        "current": is_unchanged(project, quarter),
        **{status: found.count(status) for status in _STATUSES},
    }


def history(project: Project, quarter: str) -> list[dict[str, Any]]:
    """Return what was done on a quarter, the latest first.

    Returns
    -------
    list of dict
        command, started, ended (None where it was cut short), seconds, exit_code, ok, reused, failed,
        not_run, log (file in the project).
    """
    paths = (project.build(project.require_quarter(quarter)) / "log").glob("*.jsonl")
    found = [entry for path in paths if (entry := _entry(project, path)) is not None]
    return sorted(found, key=lambda one: str(one["started"]), reverse=True)


def _entry(project: Project, path: Path) -> dict[str, Any] | None:
    known = list(events(path))
    first = next((one for one in known if one.get("event") == "start"), None)
    if first is None:
        return None
    last: Mapping[str, Any] = next((one for one in known if one.get("event") in {"end", "stopped"}), {})
    counts = {name: last.get(name) for name in ("seconds", "exit_code", "ok", "reused", "failed", "not_run")}
    ended = last.get("time") if last.get("event") == "end" else None
    told = {"command": first.get("command"), "started": first.get("time"), "ended": ended}
    return told | counts | {"log": project.shown(path)}


def states_in_words(found: Iterable[Mapping[str, Any]], lang: str) -> str:
    """Write one line per quarter."""
    return "\n".join(_state_line(one, lang) for one in found)


def _state_line(state: Mapping[str, Any], lang: str) -> str:
    if state["current"] is None:
        return text(lang, "past-never", quarter=state["quarter"])
    said = text(lang, "past-current" if state["current"] else "past-changed")
    counts = {status: state[status] for status in _STATUSES}
    return text(
        lang, "past-state", quarter=state["quarter"], run=_time(state["run"], lang), said=said, **counts
    )


def history_in_words(found: Sequence[Mapping[str, Any]], quarter: str, lang: str) -> str:
    """Write one line per command."""
    if not found:
        return text(lang, "past-never", quarter=quarter)
    return "\n".join(_line(one, lang) for one in found)


def _line(entry: Mapping[str, Any], lang: str) -> str:
    head = f"{_time(entry['started'], lang)}  {entry['command']:<7}"
    if entry["ended"] is None:
        return f"{head} {text(lang, 'past-cut-short')}"
    if entry["ok"] is None:
        return f"{head} {text(lang, 'past-done')}"
    numbers = {name: entry[name] for name in ("ok", "reused", "failed", "not_run")}
    seconds = f"{entry['seconds']:.0f}"
    return f"{head} {text(lang, 'cli-summary', seconds=seconds, **numbers)}"


def _time(moment: str | None, lang: str) -> str:
    return f"{moment[:16].replace('T', ' ')} UTC" if moment else text(lang, "past-unknown")
