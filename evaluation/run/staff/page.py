"""The fragments of the page about staff: everything on it that depends on the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evaluation import report
from evaluation.disclosure import Publishable
from evaluation.locales import text
from evaluation.report import Column, html_table, number, say
from evaluation.report.html import HIDDEN
from evaluation.run.content import Content, caption, caveats, common, drawn, led, links, paragraphs, warned
from evaluation.run.files import to_json
from evaluation.run.kinds import Finding
from evaluation.run.markdown import numbered, on_screen, raw

_COUNTS = ("asked", "answered", "share", "from_first", "new")
_ESTIMATES = ("effect", "clustered")
ENOUGH = 0.7
"""Reliability from which groups are compared by convention (Nunnally and Bernstein 1994)."""


def sections(result: Mapping[str, Any]) -> dict[str, bool]:
    """Return which sections of the page have something to show."""
    return {"staff_attrition": "attrition" in result["published"]}


def files(result: Mapping[str, Any], manifest: Mapping[str, Any], lang: str) -> dict[str, str]:
    """Return the files of the page by name."""
    content = Content.of(result, lang)
    known, estimates = content.published, _estimates(content)
    html = report.table(estimates, lang, labels=content.labels, captioned=False)
    made = common(content, manifest) | {
        "_warnings.qmd": warned(content, [*caveats(content), *_said(content)]),
        "_lead.qmd": led(*_lead(content)),
        "_tbl-response.qmd": _table(content, "response", _response(content)),
        "_response-said.qmd": paragraphs([*_linked(content), *_hidden(content)]),
        "_tbl-reliability.qmd": _table(content, "reliability", _reliability(content)),
        "_reliability-said.qmd": paragraphs([_scale(content)]),
        "_tbl-estimates.qmd": numbered("tbl-estimates", raw(html), caption(content, "estimates")),
        "_inference.qmd": paragraphs(report.explanations(known["effect"], lang)),
        "_paired-said.qmd": paragraphs([_paired(content)]),
        "_links.qmd": links(lang, estimates="estimates.csv"),
        "results.json": to_json(result),
        "estimates.csv": report.csv(estimates, "tidy", labels=content.labels),
        "response.csv": report.csv([known["response"]], "cells", labels=content.labels),
        "reliability.csv": report.csv([known["reliability"]], "table", labels=content.labels),
    }
    made |= drawn(content, "trends", report.figure(known["trends"], lang, labels=content.labels))
    if "attrition" in known:
        made["_tbl-attrition.qmd"] = _table(content, "attrition", _attrition(content))
        made["_attrition-said.qmd"] = paragraphs([_lost(content)])
        made["attrition.csv"] = report.csv([known["attrition"]], "table", labels=content.labels)
    return made


def finding(result: Mapping[str, Any], lang: str) -> Finding:
    """Return what the cover says: the effect, how strong its evidence is, p-value and method."""
    content = Content.of(result, lang)
    effect = content.published["effect"]
    p_value = float(effect.tables["tidy"]["p_value"].iloc[0])
    evidence = (
        text(lang, f"overview-{report.strength(effect)}"),
        report.p_words(effect, p_value, lang),
        report.named(lang, "method", str(effect.numbers["inference"])),
    )
    return Finding(report.finding(effect, lang, labels=content.labels), evidence)


def _estimates(content: Content) -> list[Publishable]:
    return [content.published[name] for name in _ESTIMATES if name in content.published]


def _said(content: Content) -> list[str]:
    """Return what was noticed of the estimates."""
    return [line for one in _estimates(content) for line in report.warnings(one, content.lang)]


def _lead(content: Content) -> tuple[str, str]:
    effect = content.published["effect"]
    lead = report.finding(effect, content.lang, labels=content.labels)
    whole = report.sentence(effect, content.lang, labels=content.labels)
    return lead, whole.removeprefix(lead).strip()


def _hidden(content: Content) -> list[str]:
    found = content.published["response"]
    return list(report.warnings(found, content.lang)) if found.numbers["primary"] else []


def _linked(content: Content) -> list[str]:
    """Say how many persons were linked."""
    numbers = next(
        note.numbers for note in content.published["paired"].notes if note.code == "persons_linked"
    )
    written = {key: number(numbers[key], content.lang, "count") for key in ("persons", "linked", "waves")}
    return [say(content.lang, "staff-linked", None, **written)]


def _paired(content: Content) -> str:
    """Say how much the linked persons changed, whatever the reason."""
    found, lang = content.published["paired"], content.lang
    row = found.tables["table"].iloc[0]
    values = {key: _points(float(row[key]), lang) for key in ("estimate", "conf_low", "conf_high")}
    when = {key: number(str(found.numbers[key]), lang, "period") for key in ("before", "after")}
    return say(lang, "staff-paired", None, persons=number(row["n"], lang, "count"), **when, **values)


def _scale(content: Content) -> str:
    """Say whether the lowest reliability is enough to compare groups."""
    found, lang = content.published["reliability"], content.lang
    lowest = float(found.tables["table"].estimate.min())
    key = "staff-reliable" if lowest >= ENOUGH else "staff-unreliable"
    return say(lang, key, None, lowest=_points(lowest, lang))


def _lost(content: Content) -> str:
    """Say whether more were lost in one group."""
    found, lang = content.published["attrition"], content.lang
    row = found.tables["table"].iloc[-1]
    sure = "alike" if row["conf_low"] <= 0 <= row["conf_high"] else "differs"
    values = {key: _points(float(row[key]), lang) for key in ("score_lost", "score_stayed")}
    return say(lang, f"staff-attrition-{sure}", None, **values)


def _points(value: float, lang: str) -> str:
    return number(value, lang, "estimate", decimals=2)


def _hundredths(value: float, lang: str) -> str:
    return number(value, lang, "estimate", decimals=1)


def _range(one: Mapping[str, Any], lang: str) -> str:
    low, high = (_points(float(one[key]), lang) for key in ("conf_low", "conf_high"))
    return say(lang, "interval-range", low=low, high=high)


def _table(content: Content, name: str, html: str) -> str:
    about = content.published["effect"]
    said = report.caption(content.lang, f"caption-staff-{name}", about, content.labels)
    link = on_screen(f"[{text(content.lang, 'download-csv')}]({name}.csv)")
    return f"{numbered(f'tbl-{name}', raw(html), said)}\n{link}"


def _heads(content: Content, words: Sequence[str], *names: str) -> list[Column]:
    lang = content.lang
    heads = [Column(text(lang, f"staff-label-{name}"), header=True) for name in words]
    return heads + [Column(text(lang, f"staff-label-{name}"), numeric=True) for name in names]


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _response(content: Content) -> str:
    lang, published = content.lang, content.published["response"]
    hidden = _records(published.suppressed["cells"])
    rows = []
    for one, dots in zip(_records(published.tables["cells"]), hidden, strict=True):
        cells = [
            HIDDEN if dots[name] else number(one[name], lang, "percent" if name == "share" else "count")
            for name in _COUNTS
        ]
        rows.append([number(one["wave"], lang, "period"), text(lang, f"staff-{one['group']}"), *cells])
    return html_table(_heads(content, ("wave", "group"), *_COUNTS), rows)


def _reliability(content: Content) -> str:
    lang = content.lang
    rows = [
        [
            number(one["wave"], lang, "period"),
            text(lang, f"staff-{one['measure']}"),
            _points(float(one["estimate"]), lang),
            _range(one, lang),
            number(one["n"], lang, "count"),
            number(one["offices"], lang, "count"),
        ]
        for one in _records(content.published["reliability"].tables["table"])
    ]
    return html_table(_heads(content, ("wave", "measure"), "estimate", "interval", "n", "offices"), rows)


def _attrition(content: Content) -> str:
    lang = content.lang
    rows = [
        [
            number(one["wave"], lang, "period"),
            *(number(float(one[key]), lang, "percent") for key in ("treated", "comparison")),
            _hundredths(100 * float(one["difference"]), lang),
            say(
                lang,
                "interval-range",
                low=_hundredths(100 * float(one["conf_low"]), lang),
                high=_hundredths(100 * float(one["conf_high"]), lang),
            ),
            _points(float(one["score_lost"]), lang),
            _points(float(one["score_stayed"]), lang),
        ]
        for one in _records(content.published["attrition"].tables["table"])
    ]
    names = ("lost-pilot", "lost-other", "lost-difference", "interval", "score_lost", "score_stayed")
    return html_table(_heads(content, ("wave",), *names), rows)
