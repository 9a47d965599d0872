"""The fragments of the page about people: everything on it that depends on the results."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pandas as pd

from evaluation import report
from evaluation.locales import text
from evaluation.report import Column, html_table, number, say
from evaluation.report.html import HIDDEN
from evaluation.run.content import Content, caveats, common, drawn, led, links, paragraphs, warned
from evaluation.run.files import to_json
from evaluation.run.kinds import Finding
from evaluation.run.markdown import numbered, on_screen, raw

_CODES = ("kept", "lost", "died", "institution", "moved_on", "unknown", "outreach", "shelter", "transitional",
          "housing", "advice", "support", "waiting_list", "difference", "standard", "1", "2", "3", "4", "5",
          "6", "moved_in", "left", "accommodation", "other_need", "gone")  # fmt: skip
_WINDOWS = ("exits", "returned_0_6", "returned_6_12", "returned_12_24", "returned")


def sections(result: Mapping[str, Any]) -> dict[str, bool]:
    """Return which sections of the page have something to show."""
    return {"individuals_transitions": "transitions" in result["published"]}


def files(result: Mapping[str, Any], manifest: Mapping[str, Any], lang: str) -> dict[str, str]:
    """Return the files of the page by name."""
    content = _content(result, lang)
    known = content.published
    made = common(content, manifest) | {
        "_warnings.qmd": warned(content, [*caveats(content), *_said(content)]),
        "_lead.qmd": led(*_lead(content)),
        "_tbl-waits.qmd": _table(content, "waits", _waits(content)),
        "_waits-said.qmd": paragraphs([_test(content)]),
        "_retention-said.qmd": paragraphs([_kept(content), text(lang, "individuals-no-effect")]),
        "_tbl-tenancy_ends.qmd": _table(content, "tenancy_ends", _ends(content)),
        "_tbl-returns.qmd": _table(content, "returns", _returns(content)),
        "_returns-said.qmd": _hidden(content, "returns"),
        "_transitions-said.qmd": _hidden(content, "transitions"),
        "_need-said.qmd": paragraphs([_need(content)]),
        "_links.qmd": links(lang),
        "results.json": to_json(result),
        "waits.csv": report.csv([known["waits"]], "table", labels=content.labels),
        "tenancy_ends.csv": report.csv([known["tenancy_ends"]], "table", labels=content.labels),
        "returns.csv": report.csv([known["returns"]], "cells", labels=content.labels),
    }
    for name in ("retention", "transitions"):
        if name in known:
            made |= drawn(content, name, report.figure(known[name], lang, labels=content.labels))
    return made


def finding(result: Mapping[str, Any], lang: str) -> Finding:
    """Return what the cover says: how much shorter the wait was, and how sure that is."""
    content = _content(result, lang)
    lead, _ = _lead(content)
    return Finding(lead, (text(lang, "individuals-lottery"), _test(content)))


def _content(result: Mapping[str, Any], lang: str) -> Content:
    content = Content.of(result, lang)
    names = {code: text(lang, f"person-{code}") for code in _CODES}
    return dataclasses.replace(content, labels=dataclasses.replace(content.labels, names=names))


def _said(content: Content) -> list[str]:
    """Return what was noticed of the data; hidden counts are said beside their tables."""
    found = [one for one in content.published.values() if "cells" not in one.tables]
    return list(dict.fromkeys(line for one in found for line in report.warnings(one, content.lang)))


def _hidden(content: Content, name: str) -> str:
    known = content.published.get(name)
    return paragraphs(report.warnings(known, content.lang)) if known and known.numbers["primary"] else ""


def _lead(content: Content) -> tuple[str, str]:
    """Return the finding: months without a home less than on the waiting list; and what was kept."""
    waits, lang = content.published["waits"], content.lang
    row = waits.tables["table"].iloc[2]
    low, high = float(row.conf_low), float(row.conf_high)
    sure = "shorter" if high < 0 else "longer" if low > 0 else "unclear"
    said = say(
        lang,
        f"individuals-wait-{sure}",
        months=_months(abs(float(row.months)), lang),
        horizon=number(waits.numbers["horizon"], lang, "count"),
        low=_months(low, lang),
        high=_months(high, lang),
    )
    return said, _kept(content)


def _months(value: float, lang: str) -> str:
    return number(value, lang, "estimate", decimals=1)


def _kept(content: Content) -> str:
    """Say how many homes had been lost to need within a year."""
    lang, table = content.lang, content.published["tenancy_ends"].tables["table"]
    row = table[(table.cause == "lost") & (table.month == 12)]
    if not len(row):
        return text(lang, "individuals-kept-unknown")
    one = row.iloc[0]
    values = {"share": 1 - one.share, "low": 1 - one.conf_high, "high": 1 - one.conf_low}
    written = {key: number(float(value), lang, "percent") for key, value in values.items()}
    return say(lang, "individuals-kept", None, **written)


def _test(content: Content) -> str:
    numbers, lang = content.published["waits"].numbers, content.lang
    p, q = (number(float(numbers[name]), lang, "p_value") for name in ("p_value", "log_rank_p"))
    return say(lang, "individuals-test", p=p, q=q, strata=number(numbers["strata"], lang, "count"))


def _need(content: Content) -> str:
    row, lang = content.published["need"].tables["table"].iloc[0], content.lang
    values = {key: number(float(row[key]), lang, "count") for key in ("persons", "mean", "median")}
    return say(lang, "individuals-need", None, **values)


def _table(content: Content, name: str, html: str) -> str:
    table = numbered(
        f"tbl-{name}",
        raw(html),
        report.caption(content.lang, f"caption-individuals-{name}", content.lead, content.labels),
    )
    link = on_screen(f"[{text(content.lang, 'download-csv')}]({name}.csv)")
    return f"{table}\n{link}"


def _heads(content: Content, first: str, *names: str) -> list[Column]:
    lang = content.lang
    heads = [Column(text(lang, f"individuals-label-{first}"), header=True)]
    return heads + [Column(text(lang, f"individuals-label-{name}"), numeric=True) for name in names]


def _waits(content: Content) -> str:
    lang, names = content.lang, content.labels.names
    rows = [
        [
            names.get(str(one["group"]), str(one["group"])),
            number(one["n"], lang, "count"),
            _months(float(one["months"]), lang),
            _range(float(one["conf_low"]), float(one["conf_high"]), lang),
        ]
        for one in _records(content.published["waits"].tables["table"])
    ]
    return html_table(_heads(content, "group", "n", "months", "interval"), rows)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _range(low: float, high: float, lang: str) -> str:
    return say(lang, "interval-range", low=_months(low, lang), high=_months(high, lang))


def _ends(content: Content) -> str:
    lang, table = content.lang, content.published["tenancy_ends"].tables["table"]
    months = sorted(table.month.unique())
    heads = [Column(text(lang, "individuals-label-cause"), header=True)]
    heads += [
        Column(say(lang, "individuals-by-month", month=number(month, lang, "count")), numeric=True)
        for month in months
    ]
    rows = []
    for cause, part in table.groupby("cause", sort=False):
        cells = [_share(one, lang) for one in _records(part.sort_values("month"))]
        rows.append([content.labels.names.get(str(cause), str(cause)), *cells])
    return html_table(heads, rows)


def _share(one: Mapping[str, Any], lang: str) -> str:
    share, low, high = (
        number(float(one[key]), lang, "percent") for key in ("share", "conf_low", "conf_high")
    )
    spread = say(lang, "interval-range", low=low, high=high)
    return f"{share} ({spread})" if one["conf_high"] == one["conf_high"] else share


def _returns(content: Content) -> str:
    lang, published = content.lang, content.published["returns"]
    hidden = _records(published.suppressed["cells"])
    rows = []
    for one, dots in zip(_records(published.tables["cells"]), hidden, strict=True):
        cells = [HIDDEN if dots[name] else number(one[name], lang, "count") for name in _WINDOWS]
        share = HIDDEN if dots["share"] else number(float(one["share"]), lang, "percent")
        every = one["service"] == "*"
        label = text(lang, "individuals-label-total") if every else content.labels.names[str(one["service"])]
        rows.append([label, *cells, share])
    return html_table(_heads(content, "service", *_WINDOWS, "share"), rows)
