"""The fragments of the page of a programme: everything on it that depends on the results."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from evaluation import report
from evaluation.disclosure import Publishable
from evaluation.run.content import Content, caption, caveats, common, drawn, led, links, paragraphs, warned
from evaluation.run.files import to_json
from evaluation.run.kinds import Finding
from evaluation.run.markdown import numbered, raw

DRAWN = {
    "theory": "theory_of_change",
    "districts": "district_map",
    "municipalities": "municipality_map",
    "milestones": "milestones",
    "adoption": "adoption",
    "adoption_curve": "adoption_curve",
    "sustainment": "sustainment",
    "reporting_matrix": "reporting_matrix",
    "reporting_rates": "reporting_rates",
    "training": "training",
    "forecast": "forecast",
    "usability": "usability",
}
"""Name of a figure on the page -> name in the results."""
_SECTIONS = {
    "theory": ("theory_of_change",),
    "milestones": ("milestones",),
    "districts": ("district_map",),
    "municipalities": ("municipality_map",),
    "adoption": ("adoption",),
    "reporting": ("reporting_matrix",),
    "training": ("training",),
    "verdicts": ("verdicts",),
    "commitments": ("commitments",),
}
_SAID = {
    "milestones": report.milestone_sentences,
    "adoption": report.adoption_sentences,
    "reporting_rates": report.reporting_sentences,
    "training": report.funnel_sentences,
    "verdicts": report.verdict_sentences,
    "forecast": report.progress_sentences,
}
OF_DOCUMENTS = ("theory_of_change",)
"""What the documents say: true also where the records of the page are synthetic."""


def sections(result: Mapping[str, Any]) -> dict[str, bool]:
    """Return which sections of the page have something to show."""
    published = result["published"]
    return {f"process_{name}": all(one in published for one in needs) for name, needs in _SECTIONS.items()}


def files(result: Mapping[str, Any], manifest: Mapping[str, Any], lang: str) -> dict[str, str]:
    """Return the files of the page of a programme by name."""
    content = _content(result, lang)
    made = common(content, manifest) | {
        "_warnings.qmd": warned(content, caveats(content)),
        "_lead.qmd": led(*_lead(content)),
        "_links.qmd": links(lang),
        "results.json": to_json(result),
    }
    for name, source in DRAWN.items():
        if source in content.published:
            made |= _figure(content, name, source)
    for name, sentences in _SAID.items():
        found = content.published.get(name)
        said = sentences(found, lang, labels=content.labels) if found else ()
        made[f"_{name}-said.qmd"] = paragraphs(said)
    return made | _commitments(content) | _verdicts(content)


def finding(result: Mapping[str, Any], lang: str) -> Finding:
    """Return what the cover says: how many promises are kept, and how many have no data."""
    lead, rest = _lead(_content(result, lang))
    return Finding(lead, (rest,))


def _content(result: Mapping[str, Any], lang: str) -> Content:
    content = Content.of(result, lang)
    labels = dataclasses.replace(content.labels, names=_names(result, lang))
    return dataclasses.replace(content, labels=labels)


def _names(result: Mapping[str, Any], lang: str) -> dict[str, str]:
    """Names of tools, milestones and groups in one language, as the study published them."""
    table = Publishable.from_json(result["published"]["names"]).tables["table"]
    return dict(zip(table.code, table[f"name_{lang}"], strict=True))


def _lead(content: Content) -> tuple[str, str]:
    """Return the finding that leads, and how many promises are in which state."""
    found = content.published["commitments"]
    said = report.commitment_sentences(found, content.lang, labels=content.labels)
    return said[0], " ".join(said[1:])


def _figure(content: Content, name: str, source: str) -> dict[str, str]:
    facts = dataclasses.replace(content.labels, synthetic=False)
    shown = dataclasses.replace(content, labels=facts) if source in OF_DOCUMENTS else content
    figure = report.figure(content.published[source], content.lang, labels=shown.labels)
    return drawn(shown, name, figure)


def _commitments(content: Content) -> dict[str, str]:
    found = content.published["commitments"]
    html = report.commitments_table(found, content.lang, labels=content.labels)
    table = numbered("tbl-commitments", raw(html), caption(content, "commitments", found))
    return {
        "_tbl-commitments.qmd": table,
        "commitments.csv": report.csv([found], "table", labels=content.labels),
    }


def _verdicts(content: Content) -> dict[str, str]:
    made = {}
    for name in ("verdicts", "re_aim", "proctor", "kirkpatrick"):
        found = content.published.get(name)
        if found is not None:
            html = report.figure(found, content.lang, labels=content.labels).data_table_html
            made[f"_tbl-{name}.qmd"] = numbered(f"tbl-{name}", raw(html), caption(content, name, found))
    return made
