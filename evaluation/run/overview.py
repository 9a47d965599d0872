"""The fragments of the cover: what was found, what has no result, which program said so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from evaluation.locales import text
from evaluation.report import Column, Markup, html_table, number, say
from evaluation.run.kinds import DEFAULT, pages
from evaluation.run.markdown import callout, on_screen, plain, raw
from evaluation.run.navigation import title_of
from evaluation.run.origin import pairs
from evaluation.run.reason import in_words

Result = Mapping[str, Any]
COMPUTATIONS = {
    "id": "computations",
    "contents": ["*/notebook.ipynb"],
    "fields": ["title"],
    "sort": ["title"],
}
"""The listing of the executed notebooks, for the metadata of the cover."""


def cutoff(quarter: str, lang: str) -> str:
    """Return the data cut-off in words."""
    return text(lang, "page-cutoff", quarter=number(quarter, lang, "quarter"))


def files(quarter: str, results: Sequence[Result], manifest: Mapping[str, Any], lang: str) -> dict[str, str]:
    """Return the fragments of the cover by name."""
    done = [one for one in results if one["status"] == "ok"]
    missing = [one for one in results if one["status"] != "ok"]
    return {
        "_cover.qmd": _cover(quarter, done, lang),
        "_findings.qmd": _findings(quarter, done, lang) if done else "",
        "_not-run.qmd": _not_run(missing, lang) if missing else "",
        "_manifest.qmd": _manifest(manifest, lang),
    }


def computations(lang: str) -> str:
    """Return the place of the listing of the executed notebooks; on paper it has none."""
    said = plain(text(lang, "cover-computations"))
    return f'::: {{.content-visible when-format="html"}}\n{said}\n\n::: {{#computations}}\n:::\n:::\n'


def _cover(quarter: str, done: Sequence[Result], lang: str) -> str:
    when = number(quarter, lang, "quarter")
    if not done:
        return plain(text(lang, "cover-none", quarter=when)) + "\n"
    synthetic = sum(bool(one["spec"].get("synthetic")) for one in done)
    lead = plain(say(lang, "cover-ran", len(done), quarter=when)) + "\n"
    if not synthetic:
        return lead
    said = say(lang, "cover-synthetic", synthetic)
    return f"{lead}\n{callout('important', text(lang, 'page-synthetic-title'), plain(said))}"


def _findings(quarter: str, done: Sequence[Result], lang: str) -> str:
    heads = [
        Column(text(lang, "overview-question"), header=True),
        Column(text(lang, "overview-finding")),
        Column(text(lang, "overview-evidence")),
    ]
    rows = [_finding(one, lang) for one in done]
    caption = text(lang, "caption-overview", quarter=number(quarter, lang, "quarter"))
    return raw(html_table(heads, rows, caption=caption))


def _finding(result: Result, lang: str) -> list[str | Markup]:
    title, question = escape(title_of(result, lang)), escape(result["spec"]["question"][lang])
    link = f'<a href="{escape(str(result["id"]))}/index.html">{title}</a><br>'
    found = pages(str(result["spec"].get("kind", DEFAULT))).finding(result, lang)
    evidence = "<br>".join(escape(line) for line in found.evidence)
    return [Markup(f"{link}<small>{question}</small>"), found.said, Markup(evidence)]


def _not_run(missing: Sequence[Result], lang: str) -> str:
    names = ("analysis", "status", "reason", "fix")
    heads = [Column(text(lang, f"not-run-{name}"), header=name == "analysis") for name in names]
    rows = []
    for one in missing:
        what, fix = in_words(one.get("reason"), lang)
        title = title_of(one, lang) if one.get("spec") else str(one["id"])
        rows.append([title, text(lang, f"status-{one['status']}"), what, fix])
    table = raw(html_table(heads, rows, caption=text(lang, "caption-not-run")))
    return f"## {text(lang, 'not-run-heading')} {{#sec-not-run}}\n\n{text(lang, 'not-run-intro')}\n\n{table}"


def _manifest(manifest: Mapping[str, Any], lang: str) -> str:
    code = manifest.get("code") or {}
    values = {
        "version": code.get("version"),
        "commit": code.get("commit"),
        "dirty": None
        if code.get("dirty") is None
        else text(lang, f"label-{'yes' if code['dirty'] else 'no'}"),
        "tree": code.get("tree_sha256"),
        "python": (manifest.get("versions") or {}).get("python"),
        "seed": manifest.get("seed"),
    }
    rows = [
        (text(lang, f"provenance-{key}"), Markup(f"<code>{escape(str(value))}</code>"))
        for key, value in values.items()
        if value is not None
    ]
    link = on_screen(f"[{text(lang, 'link-manifest')}](manifest.json)")
    return f"{raw(pairs(rows, lang))}\n{link}"
