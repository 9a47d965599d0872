"""The fragments of the page about what districts sent: everything on it that depends on the results."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evaluation import report
from evaluation.locales import text
from evaluation.report import Column, Markup, html_table, number, say
from evaluation.run.content import Content, caveats, common, drawn, led, links, paragraphs, warned
from evaluation.run.defect_words import severity_in_words
from evaluation.run.files import to_json
from evaluation.run.kinds import Finding
from evaluation.run.markdown import numbered, on_screen, raw

Cell = str | Markup


def sections(result: Mapping[str, Any]) -> dict[str, bool]:
    """Return which sections of the page have something to show: every page has all."""
    del result
    return {}


def files(result: Mapping[str, Any], manifest: Mapping[str, Any], lang: str) -> dict[str, str]:
    """Return the files of the page by name."""
    content = _content(result, lang)
    known = content.published
    made = common(content, manifest) | {
        "_warnings.qmd": warned(content, [*caveats(content), *_said(content)]),
        "_lead.qmd": led(_lead(content), _rest(content)),
        "_reporting-said.qmd": paragraphs(_who(content)),
        "_tbl-defects.qmd": _table(content, "defects", _defects(content)),
        "_defects-said.qmd": paragraphs([_severities(content)]),
        "_tbl-items.qmd": _table(content, "items", _items(content)),
        "_quality-said.qmd": paragraphs([_validity(content)])
        + on_screen(f"[{text(lang, 'quality-download')}](quality.csv)"),
        "_links.qmd": links(lang),
        "results.json": to_json(result),
    }
    made |= {
        f"{name}.csv": report.csv([known[name]], "table", labels=content.labels)
        for name in ("defects", "items", "quality")
    }
    for name in ("reporting_matrix", "reporting_rates"):
        made |= drawn(content, name, report.figure(known[name], lang, labels=content.labels))
    return made


def finding(result: Mapping[str, Any], lang: str) -> Finding:
    """Return what the cover says: who reported in time, and how many returns had errors."""
    content = _content(result, lang)
    return Finding(_lead(content), (_validity(content),))


def _content(result: Mapping[str, Any], lang: str) -> Content:
    content = Content.of(result, lang)
    table = content.published["quality"].tables["table"]
    names = dict(zip(table.unit, table[f"name_{lang}"], strict=True))
    return dataclasses.replace(content, labels=dataclasses.replace(content.labels, names=names))


def _said(content: Content) -> list[str]:
    """Return what was noticed in the data, but for those who never reported: they are named below."""
    lines = [
        line
        for name in ("quality", "defects", "items")
        for line in report.warnings(content.published[name], content.lang)
    ]
    return list(dict.fromkeys(lines))


def _last(content: Content) -> pd.DataFrame:
    """Rows of the matrix for the last quarter."""
    table = content.published["reporting_matrix"].tables["table"]
    last: pd.DataFrame = table[table.period == table.period.max()]
    return last


def _lead(content: Content) -> str:
    """Say who reported in time, and how many returns had errors; synthetic returns are called so."""
    lang, last, found = content.lang, _last(content), content.published["defects"].numbers
    said = say(
        lang,
        "quality-lead",
        int((last.state == "on_time").sum()),
        units=len(last),
        period=number(found["quarter"], lang, "quarter"),
    )
    wrong = say(lang, "quality-wrong", found["returns_with_errors"], returns=found["returns"])
    whole = f"{said} {wrong}"
    return text(lang, "quality-lead-synthetic", said=whole) if content.labels.synthetic else whole


def _rest(content: Content) -> str:
    lang, last = content.lang, _last(content)
    counts = {state: int((last.state == state).sum()) for state in ("late", "missing")}
    return say(lang, "quality-rest", None, **counts)


def _who(content: Content) -> list[str]:
    """Name who was late and who is missing in the last quarter, and say what counts as a return."""
    lang, last = content.lang, _last(content)
    lines = []
    for state in ("late", "missing"):
        rows = last[last.state == state].sort_values("days", ascending=False, kind="stable")
        names = [_named(content, row) for row in rows.to_dict("records")]
        if names:
            lines.append(say(lang, f"quality-{state}", len(names), names=tuple(names)))
    never = [note for note in content.published["reporting_rates"].notes if note.code == "never_reported"]
    lines += [report.note_words(note.code, _with_names(content, note.numbers), lang) for note in never]
    due = content.published["reporting_matrix"].numbers["due_days"]
    return [*lines, say(lang, "quality-rule", due)]


def _with_names(content: Content, numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Put the names of districts in the place of their codes."""
    names = content.labels.names
    known = {
        key: tuple(names.get(one, one) for one in value) if isinstance(value, tuple) else value
        for key, value in numbers.items()
    }
    return dict(known)


def _named(content: Content, row: Mapping[Any, Any]) -> str:
    """Name a district; of a late one with the days after the end of the quarter."""
    name = content.labels.names[str(row["unit"])]
    if row["state"] != "late":
        return name
    late = int(row["days"]) - int(content.published["reporting_matrix"].numbers["due_days"])
    return say(content.lang, "quality-late-by", late, name=name)


def _severities(content: Content) -> str:
    found, lang = content.published["defects"].numbers, content.lang
    counts = {name: int(found[name]) for name in ("error", "warning", "repaired", "explained")}
    period = number(found["quarter"], lang, "quarter")
    return say(lang, "quality-severities", None, period=period, **counts)


def _validity(content: Content) -> str:
    found, lang = content.published["quality"].numbers, content.lang
    names = ("reporting_rate", "reporting_rate_on_time", "item_missing_rate", "validity_rate")
    rates = {name: number(float(found[name]), lang, "percent") for name in names}
    return say(lang, "quality-rates", int(found["expected_reports"]), **rates)


def _defects(content: Content) -> str:
    lang, table = content.lang, content.published["defects"].tables["table"]
    rows: list[list[Cell]] = [
        [
            text(lang, f"quality-defect-{row['code']}"),
            severity_in_words(row["severity"], lang),
            number(row["defects"], lang, "count"),
            number(row["returns"], lang, "count"),
            ", ".join(str(row[name]) for name in ("file", "sheet", "cell") if row[name]),
            number(row["quarter"], lang, "quarter"),
        ]
        for row in table.to_dict("records")
    ]
    return html_table(_heads(content, "defect", "severity", "#defects", "#returns", "place", "quarter"), rows)


def _items(content: Content) -> str:
    lang, table = content.lang, content.published["items"].tables["table"]
    rows: list[list[Cell]] = [
        [
            str(row[f"title_{lang}"]),
            *(number(row[name], lang, "count") for name in ("cells", "missing")),
            number(float(row["share"]), lang, "percent"),
            number(row["invalid"], lang, "count"),
        ]
        for row in table.to_dict("records")
    ]
    return html_table(_heads(content, "item", "#cells", "#missing", "#share", "#invalid"), rows)


def _heads(content: Content, first: str, *names: str) -> Sequence[Column]:
    """Return heads; a name that begins with # is of numbers."""
    heads = [Column(text(content.lang, f"quality-label-{first}"), header=True)]
    for name in names:
        label = text(content.lang, f"quality-label-{name.removeprefix('#')}")
        heads.append(Column(label, numeric=name.startswith("#")))
    return heads


def _table(content: Content, name: str, html: str) -> str:
    words = report.caption(content.lang, f"caption-quality-{name}", content.lead, content.labels)
    link = on_screen(f"[{text(content.lang, 'download-csv')}]({name}.csv)")
    return f"{numbered(f'tbl-{name}', raw(html), words)}\n{link}"
