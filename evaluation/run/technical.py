"""The fragments of the technical notes: how long each analysis took, what it said, with which packages."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from evaluation.locales import text
from evaluation.report import Column, Markup, html_table, number
from evaluation.run.markdown import numbered, plain, raw


def files(manifest: Mapping[str, Any], log: Mapping[str, Any], lang: str) -> dict[str, str]:
    """Return the fragments by name.

    Parameters
    ----------
    manifest : Mapping
        ``manifest.json`` of the quarter.
    log : Mapping
        ``run.log.json`` of the last run; empty where there is none.
    lang : {"cs", "en"}
    """
    return {
        "_tbl-runs.qmd": _runs(manifest, log, lang),
        "_messages.qmd": _messages(log, lang),
        "_tbl-packages.qmd": _packages(manifest, lang),
    }


def _heads(lang: str, *names: str) -> list[Column]:
    numeric = {"seconds", "memory"}
    return [
        Column(text(lang, f"technical-{name}"), numeric=name in numeric, header=not k)
        for k, name in enumerate(names)
    ]


def _runs(manifest: Mapping[str, Any], log: Mapping[str, Any], lang: str) -> str:
    """One row for each analysis: what became of it, seconds, memory, and the fingerprint of its result."""
    known = {str(one["id"]): one for one in manifest.get("analyses", ())}
    took = {str(one["id"]): one for one in log.get("analyses", ())}
    rows: list[list[str | Markup]] = []
    for name in dict.fromkeys([*known, *took]):
        run, made = took.get(name, {}), known.get(name, {})
        digest = str(made.get("result_sha256") or "")[:12]
        rows.append(
            [
                name,
                text(lang, f"status-{made.get('status') or run['status']}"),
                number(run.get("seconds"), lang, "significant"),
                number(run.get("memory_mib"), lang, "count"),
                Markup(f"<code>{escape(digest)}</code>") if digest else number(None, lang, "count"),
            ]
        )
    table = html_table(_heads(lang, "analysis", "status", "seconds", "memory", "digest"), rows)
    return numbered("tbl-runs", raw(table), text(lang, "technical-caption-runs"))


def _messages(log: Mapping[str, Any], lang: str) -> str:
    """Return what the analyses wrote to standard error, word for word."""
    said = [(one["id"], one["stderr"]) for one in log.get("analyses", ()) if one.get("stderr")]
    if not said:
        return f"{plain(text(lang, 'technical-no-messages'))}\n"
    return "\n".join(
        f"**{plain(str(name))}**\n\n{raw(f'<pre>{escape(_lines(rows))}</pre>')}" for name, rows in said
    )


def _lines(rows: Any) -> str:
    return rows if isinstance(rows, str) else "\n".join(map(str, rows))


def _packages(manifest: Mapping[str, Any], lang: str) -> str:
    """Return the packages that were installed, with their versions."""
    rows = [(name, str(version)) for name, version in (manifest.get("versions") or {}).items()]
    table = html_table(_heads(lang, "package", "version"), [list(row) for row in rows])
    return numbered("tbl-packages", raw(table), text(lang, "technical-caption-packages"))
