"""The fragments of an analysis page: everything on it that depends on the results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluation import report
from evaluation.locales import text
from evaluation.report import say
from evaluation.run.content import caption, caveats, common, drawn, led, links, paragraphs, warned
from evaluation.run.files import to_json
from evaluation.run.impact import calibration_page
from evaluation.run.impact.content import Content, above
from evaluation.run.impact.design_table import design_table
from evaluation.run.impact.examined import disagreement, examined
from evaluation.run.kinds import Finding
from evaluation.run.markdown import numbered, plain, raw

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
        "calibration": calibration_page.is_shown(result),
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
    made = common(content, manifest) | {
        "_warnings.qmd": _warnings(content),
        "_lead.qmd": _lead(content),
        "_tbl-design.qmd": numbered("tbl-design", raw(design_table(content)), caption(content, "design")),
        "_tbl-estimates.qmd": _estimates(content),
        "_inference.qmd": paragraphs(report.explanations(content.published["effect"], lang)),
        "_links.qmd": links(lang, estimates="estimates.csv"),
        "results.json": to_json(result),
        "estimates.csv": report.csv(content.estimates, "tidy", labels=content.labels),
    }
    made |= calibration_page.calibrated(content)
    return made | _said(content) | _figures(content) | _cells(content)


def finding(result: Mapping[str, Any], lang: str) -> Finding:
    """Return what the cover says: the effect, how strong its evidence is, p-value and method."""
    content = Content.of(result, lang)
    effect = content.lead
    p_value = float(effect.tables["tidy"]["p_value"].iloc[0])
    strength = report.strength(effect, pretrends=content.published.get("pretrends"))
    evidence = (
        text(lang, f"overview-{strength}"),
        report.p_words(effect, p_value, lang),
        report.named(lang, "method", str(effect.numbers["inference"])),
    )
    return Finding(report.finding(effect, lang, labels=content.labels), evidence)


def _warnings(content: Content) -> str:
    every = [line for one in content.estimates for line in report.warnings(one, content.lang)]
    return warned(content, [*_doubts(content), *every])


def _doubts(content: Content) -> list[str]:
    """Return what speaks against taking the estimate for an effect."""
    tested, repeated = content.published.get("pretrends"), content.published.get("rule")
    said = caveats(content)
    if tested is not None and tested.numbers["passed"] is False:
        said.append(report.pretrend_sentence(tested, content.lang))
    said += report.rule_sentences(repeated, content.lang) if repeated else []
    return said + calibration_page.doubts(content) + disagreement(content)


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
    return led(lead, rest)


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
        made |= drawn(content, name, report.figure(published, content.lang, labels=content.labels))
    return made


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
