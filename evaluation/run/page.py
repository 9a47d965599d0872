"""The fragments of an analysis page: everything on it that depends on the results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluation import report
from evaluation.locales import text
from evaluation.report import say
from evaluation.run.content import Content, above, caption
from evaluation.run.examined_page import disagreement, examined
from evaluation.run.files import to_json
from evaluation.run.markdown import attribute, callout, details, numbered, on_screen, plain, raw
from evaluation.run.navigation import title_of, yaml_text
from evaluation.run.origin import design_table, parameter_table, provenance_table

_PLACEBOS = {"placebo-time": "placebo_in_time", "placebo-space": "placebo_in_space"}
"""Name on the page -> name in the results."""


def sections(result: Mapping[str, Any]) -> dict[str, bool]:
    """Return which optional sections of the page have something to show."""
    published = result["published"]
    effect = published.get("effect", {"tables": {}})
    return {
        "timeline": "timeline" in published,
        "trends": "trends" in published,
        "permutation": "distribution" in effect["tables"],
        "path": "path" in published,
        "rule": "rule" in published,
        "pretrends_power": "pretrends_power" in published,
        "comparison": "compare_estimators" in published,
        "bacon": "bacon" in published,
        "left_out": "leave_one_out" in published,
        "placebos": any(name in published for name in _PLACEBOS.values()),
        "cells": "cells" in published,
    }


def files(result: Mapping[str, Any], manifest: Mapping[str, Any], lang: str) -> dict[str, str]:
    """Return the files of an analysis page by name."""
    content = Content.of(result, lang)
    made = {
        "_metadata.yml": yaml_text(_metadata(content)),
        "_warnings.qmd": _warnings(content),
        "_lead.qmd": _lead(content),
        "_question.qmd": plain(result["spec"]["question"][lang]) + "\n",
        "_tbl-design.qmd": numbered("tbl-design", raw(design_table(content)), caption(content, "design")),
        "_tbl-estimates.qmd": _estimates(content),
        "_inference.qmd": "".join(
            f"{plain(line)}\n\n" for line in report.explanations(content.published["effect"], lang)
        ),
        "_tbl-parameters.qmd": numbered(
            "tbl-parameters", raw(parameter_table(content)), text(lang, "caption-parameters")
        ),
        "_tbl-provenance.qmd": numbered(
            "tbl-provenance", raw(provenance_table(content, manifest)), text(lang, "caption-provenance")
        ),
        "_links.qmd": _links(lang),
        "results.json": to_json(result),
        "estimates.csv": report.csv(content.estimates, "tidy", labels=content.labels),
    }
    return made | _said(content) | _figures(content) | _cells(content)


def _metadata(content: Content) -> dict[str, Any]:
    spec, lang = content.result["spec"], content.lang
    quarter = report.number(content.result["quarter"], lang, "quarter")
    return {
        "title": title_of(content.result, lang),
        "subtitle": text(lang, "page-cutoff", quarter=quarter),
        "description": spec["question"][lang],
        "document": {"header": text(lang, "document-synthetic") if spec.get("synthetic") else ""},
    }


def _warnings(content: Content) -> str:
    """Synthetic data in a callout of their own, everything else in one."""
    lang = content.lang
    synthetic = [say(lang, "note-synthetic_data")] if content.labels.synthetic else []
    every = [line for one in content.estimates for line in report.warnings(one, lang)]
    rest = [line for line in dict.fromkeys([*_doubts(content), *every]) if line not in synthetic]
    parts = [callout("important", text(lang, "page-synthetic-title"), plain(line)) for line in synthetic]
    if rest:
        body = "\n".join(f"- {plain(line)}" for line in rest)
        parts.append(callout("warning", text(lang, "page-warnings-title"), body))
    return "\n".join(parts)


def _doubts(content: Content) -> list[str]:
    """Return what speaks against taking the estimate for an effect."""
    tested, repeated = content.published.get("pretrends"), content.published.get("rule")
    caveat = content.result["spec"].get("caveat")
    said = [caveat[content.lang]] if caveat else []
    if tested is not None and tested.numbers["passed"] is False:
        said.append(report.pretrend_sentence(tested, content.lang))
    said += report.rule_sentences(repeated, content.lang) if repeated else []
    return said + disagreement(content)


def _said(content: Content) -> dict[str, str]:
    """Return the words of the sections on the path and on the rule."""
    tested, repeated = content.published.get("pretrends"), content.published.get("rule")
    made = {}
    if tested is not None:
        path = content.published["path"]
        few = [line for line in report.warnings(path, content.lang) if line not in above(content)]
        lines = [
            report.pretrend_sentence(tested, content.lang),
            *report.explanations(path, content.lang),
            *few,
        ]
        made["_pretrends.qmd"] = "".join(f"{plain(line)}\n\n" for line in lines)
    if repeated is not None:
        lines = [*report.rule_sentences(repeated, content.lang), *_published(content)]
        made["_rule-said.qmd"] = "".join(f"{plain(line)}\n\n" for line in lines)
    return made | _placebos(content) | examined(content)


def _placebos(content: Content) -> dict[str, str]:
    """Return what the placebos say, each with its figure; nothing where the specification did not ask."""
    made = {}
    for name, source in _PLACEBOS.items():
        found = content.published.get(source)
        said = report.placebo_sentences(found, content.lang) if found else ()
        shown = f"{{{{< include _fig-{name}.qmd >}}}}\n" if found else ""
        made[f"_{name}.qmd"] = "".join(f"{plain(line)}\n\n" for line in said) + shown
    return made


def _published(content: Content) -> list[str]:
    """Return what others published of the same question, if the specification names it."""
    other, lang = content.result["spec"].get("published"), content.lang
    if not other:
        return []
    change = report.number(other["change"], lang, "percent")
    return [say(lang, "published-compared", source=other["source"][lang], change=change)]


def _lead(content: Content) -> str:
    effect = content.published["effect"]
    lead = report.finding(effect, content.lang, labels=content.labels)
    tested = content.published.get("pretrends")
    whole = report.sentence(effect, content.lang, labels=content.labels, pretrends=tested)
    rest = whole.removeprefix(lead).strip()
    return f"::: {{.lead}}\n**{plain(lead)}**\n:::\n\n{plain(rest)}\n"


def _estimates(content: Content) -> str:
    html = report.table(content.estimates, content.lang, labels=content.labels, captioned=False)
    return numbered("tbl-estimates", raw(html), caption(content, "estimates"))


def _figures(content: Content) -> dict[str, str]:
    """Figures that the results allow, each with its words, its table and its data."""
    made: dict[str, str] = {}
    drawable = {name: name for name in ("timeline", "trends", "path", "rule", "bacon")} | _PLACEBOS
    drawable |= {"comparison": "compare_estimators", "left_out": "leave_one_out"}
    wanted: dict[str, Any] = {name: content.published.get(source) for name, source in drawable.items()}
    if "distribution" in content.published["effect"].tables:
        wanted["permutation"] = content.published["effect"]
    for name, published in wanted.items():
        if published is None:
            continue
        drawn = report.figure(published, content.lang, labels=content.labels)
        made[f"{name}.svg"] = drawn.svg
        made[f"{name}.csv"] = drawn.csv
        made[f"_fig-{name}.qmd"] = _figure(content, name, drawn)
    return made


def _figure(content: Content, name: str, drawn: report.Figure) -> str:
    lang = content.lang
    image = f"![]({name}.svg){{fig-alt={attribute(drawn.alt)}}}"
    return "\n".join(
        [
            numbered(f"fig-{name}", image, caption(content, name)),
            details(text(lang, "data-behind"), drawn.data_table_html),
            on_screen(f"[{text(lang, 'download-csv')}]({name}.csv)"),
        ]
    )


def _cells(content: Content) -> dict[str, str]:
    published = content.published.get("cells")
    if published is None:
        return {}
    html = report.table(published, content.lang, labels=content.labels, captioned=False)
    said = "".join(f"{plain(line)}\n\n" for line in report.warnings(published, content.lang))
    table = numbered("tbl-cells", raw(html), caption(content, "cells"))
    return {
        "_tbl-cells.qmd": f"{said}{table}",
        "cells.csv": report.csv([published], "cells", labels=content.labels),
    }


def _links(lang: str) -> str:
    targets = {
        "computation": "notebook.ipynb",
        "results": "results.json",
        "estimates": "estimates.csv",
        "manifest": "../manifest.json",
    }
    return on_screen("\n".join(f"- [{text(lang, f'link-{name}')}]({to})" for name, to in targets.items()))
