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
    "commitments": ("commitments",),
    "theory": ("theory_of_change",),
    "milestones": ("milestones",),
    "districts": ("district_map",),
    "municipalities": ("municipality_map",),
    "adoption": ("adoption",),
    "adoption_curve": ("adoption_curve",),
    "sustainment": ("sustainment",),
    "reporting_matrix": ("reporting_matrix",),
    "reporting_rates": ("reporting_rates",),
    "progress": ("indicator_path", "target", "forecast"),
}
"""Name of a figure on the page -> what it is drawn from in the results."""
_SECTIONS = {
    "commitments": "commitments",
    "theory": "theory_of_change",
    "milestones": "milestones",
    "districts": "district_map",
    "municipalities": "municipality_map",
    "adoption": "adoption",
    "reporting": "reporting_matrix",
    "training": "training",
}
OF_DOCUMENTS = ("theory_of_change",)
"""What the documents say: true also where the records of the page are synthetic."""


def sections(result: Mapping[str, Any]) -> dict[str, bool]:
    """Return which sections of the page have something to show."""
    published = result["published"]
    return {f"process_{name}": needed in published for name, needed in _SECTIONS.items()}


def files(result: Mapping[str, Any], manifest: Mapping[str, Any], lang: str) -> dict[str, str]:
    """Return the files of the page of a programme by name."""
    content = _content(result, lang)
    made = common(content, manifest) | {
        "_warnings.qmd": warned(content, caveats(content)),
        "_lead.qmd": led(*_lead(content)),
        "_links.qmd": links(lang),
        "results.json": to_json(result),
    }
    for name, sources in DRAWN.items():
        if sources[0] in content.published:
            made |= _figure(content, name, sources)
    return made | _said(content) | _commitments(content) | _training(content)


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
    said = report.commitment_sentences(found, content.lang)
    return said[0], " ".join(said[1:])


def _figure(content: Content, name: str, sources: tuple[str, ...]) -> dict[str, str]:
    facts = dataclasses.replace(content.labels, synthetic=False)
    shown = dataclasses.replace(content, labels=facts) if sources[0] in OF_DOCUMENTS else content
    parts = [content.published[one] for one in sources if one in content.published]
    figure = report.figure(parts if len(parts) > 1 else parts[0], content.lang, labels=shown.labels)
    return drawn(shown, name, figure)


def _said(content: Content) -> dict[str, str]:
    """Return the words of each section; nothing where the section is not there."""
    lang, labels, known = content.lang, content.labels, content.published
    made: dict[str, tuple[str, ...]] = {}
    if "milestones" in known:
        made["milestones"] = report.milestone_sentences(known["milestones"], lang, labels=labels)
    if "adoption_curve" in known:
        made["adoption"] = report.adoption_sentences(known["adoption_curve"], lang, labels=labels)
    if "reporting_matrix" in known:
        made["reporting"] = report.reporting_sentences(known["reporting_matrix"], lang, labels=labels)
    if "indicator_path" in known:
        made["progress"] = report.progress_sentences([known[one] for one in DRAWN["progress"]], lang)
    return {f"_{name}-said.qmd": paragraphs(lines) for name, lines in made.items()}


def _commitments(content: Content) -> dict[str, str]:
    found = content.published["commitments"]
    html = report.commitments_table(found, content.lang, labels=content.labels)
    return {"_tbl-commitments.qmd": numbered("tbl-commitments", raw(html), _caption(content, "commitments"))}


def _training(content: Content) -> dict[str, str]:
    """Return the funnel of persons as a table: small counts are hidden in it."""
    found = content.published.get("training")
    if found is None:
        return {}
    html = report.table(found, content.lang, labels=content.labels, captioned=False)
    said = paragraphs(report.warnings(found, content.lang))
    return {
        "_tbl-training.qmd": f"{said}{numbered('tbl-training', raw(html), _caption(content, 'training'))}"
    }


def _caption(content: Content, name: str) -> str:
    return caption(content, name, content.published[name])
