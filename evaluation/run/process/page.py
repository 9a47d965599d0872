"""The fragments of the page of a programme: everything on it that depends on the results."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from evaluation import report
from evaluation.disclosure import Publishable
from evaluation.locales import text
from evaluation.report import Column, Markup, html_table
from evaluation.run.content import Content, caption, caveats, common, drawn, led, links, paragraphs, warned
from evaluation.run.files import to_json
from evaluation.run.kinds import Finding
from evaluation.run.markdown import attribute, callout, numbered, on_screen, plain, raw

DRAWN = {
    "theory": ("theory_of_change",),
    "milestones": ("milestones",),
    "districts": ("district_map",),
    "municipalities": ("municipality_map",),
    "adoption": ("adoption",),
    "adoption_curve": ("adoption_curve",),
    "sustainment": ("sustainment",),
    "reporting_matrix": ("reporting_matrix",),
    "reporting_rates": ("reporting_rates",),
    "verdicts": ("verdicts",),
    "re_aim": ("re_aim",),
    "proctor": ("proctor",),
    "usability": ("usability_sus", "usability_aim", "usability_iam", "usability_fim"),
    "training": ("training",),
    "progress": ("indicator_path", "target", "forecast"),
}
"""Name of a figure on the page -> what it is drawn from in the results."""
_SECTIONS = {
    "commitments": "commitments",
    "theory": "theory_of_change",
    "questions": "evaluation_questions",
    "milestones": "milestones",
    "districts": "district_map",
    "municipalities": "municipality_map",
    "adoption": "adoption",
    "reporting": "reporting_matrix",
    "training": "training",
    "verdicts": "verdicts",
    "scorecards": "re_aim",
    "usability": "usability_sus",
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
        "_warnings.qmd": _warnings(content),
        "_lead.qmd": led(*_lead(content)),
        "_links.qmd": links(lang),
        "results.json": to_json(result),
    }
    for name, sources in DRAWN.items():
        if sources[0] in content.published:
            made |= _figure(content, name, sources)
    return made | _said(content) | _commitments(content) | _questions(content)


def finding(result: Mapping[str, Any], lang: str) -> Finding:
    """Return what the cover says: the finding that leads the page, and what follows from it."""
    lead, rest = _lead(_content(result, lang))
    return Finding(lead, (rest,) if rest else ())


def _content(result: Mapping[str, Any], lang: str) -> Content:
    content = Content.of(result, lang)
    labels = dataclasses.replace(content.labels, names=_names(result, lang))
    return dataclasses.replace(content, labels=labels)


def _names(result: Mapping[str, Any], lang: str) -> dict[str, str]:
    """Names of tools, milestones and groups in one language, as the study published them."""
    table = Publishable.from_json(result["published"]["names"]).tables["table"]
    return dict(zip(table.code, table[f"name_{lang}"], strict=True))


def _warnings(content: Content) -> str:
    """Say which numbers are synthetic: the records are, the words of the documents and public facts not."""
    if not content.labels.synthetic:
        return warned(content, caveats(content))
    real = dataclasses.replace(content, labels=dataclasses.replace(content.labels, synthetic=False))
    said = plain(text(content.lang, "process-synthetic"))
    synthetic = callout("important", text(content.lang, "page-synthetic-title"), said)
    return f"{synthetic}\n{warned(real, caveats(content))}"


def _lead(content: Content) -> tuple[str, str]:
    """Return the finding that leads: promises by state, or on a page about tools their verdicts.

    It stands on the cover too, so it says itself where the records are synthetic.
    """
    known, lang = content.published, content.lang
    if "commitments" in known:
        said = report.commitment_sentences(known["commitments"], lang)
    else:
        said = report.verdict_sentences(known["verdicts"], lang, labels=content.labels)
    marked = text(lang, "process-lead", said=said[0]) if content.labels.synthetic else said[0]
    return marked, " ".join(said[1:])


def _figure(content: Content, name: str, sources: tuple[str, ...]) -> dict[str, str]:
    """Return a figure with its words and data; its caption speaks of what it is drawn from."""
    parts = {one: content.published[one] for one in sources if one in content.published}
    real = sources[0] in OF_DOCUMENTS
    labels = dataclasses.replace(content.labels, synthetic=content.labels.synthetic and not real)
    shown = dataclasses.replace(content, published=parts, labels=labels)
    every = list(parts.values())
    figure = report.figure(every if len(every) > 1 else every[0], content.lang, labels=labels)
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
    if "training" in known:
        made["training"] = report.funnel_sentences(known["training"], lang, labels=labels)
    if "adopted_target" in known:
        made["adopted"] = _adopted(content)
    if "indicator_path" in known:
        made["progress"] = report.progress_sentences([known[one] for one in DRAWN["progress"]], lang)
    return {f"_{name}-said.qmd": paragraphs(lines) for name, lines in made.items()}


def _questions(content: Content) -> dict[str, str]:
    """Return the evaluation matrix: each question, its indicators, its design and its analyses."""
    found, lang = content.published.get("evaluation_questions"), content.lang
    if found is None:
        return {}
    names = ("question", "kind", "indicators", "design", "analysis")
    heads = [Column(text(lang, f"matrix-{name}"), header=name == "question") for name in names]
    rows: list[list[str | Markup]] = [
        [
            row[f"question_{lang}"],
            text(lang, f"matrix-{row['kind']}"),
            "; ".join(content.labels.names[one] for one in row["indicators"].split()),
            row[f"design_{lang}"],
            _analyses(row["analyses"], lang),
        ]
        for _, row in found.tables["table"].iterrows()
    ]
    facts = dataclasses.replace(content, published={"evaluation_questions": found})
    real = dataclasses.replace(facts, labels=dataclasses.replace(content.labels, synthetic=False))
    table = numbered("tbl-questions", raw(html_table(heads, rows)), caption(real, "questions"))
    return {"_tbl-questions.qmd": table}


def _analyses(names: str, lang: str) -> str:
    """Return the ids of the analyses that answer a question, or that there is none yet."""
    return ", ".join(names.split()) or text(lang, "matrix-none")


def _adopted(content: Content) -> tuple[str, ...]:
    """Say how many of the successful tools are in strategies of both kinds, and where the target stands."""
    path, target = content.published["adopted_path"], content.published["adopted_target"]
    last = path.tables["table"].iloc[-1]
    counts = {name: int(last[name]) for name in ("numerator", "denominator")}
    said = text(content.lang, "process-adopted", **counts)
    return (said, *report.progress_sentences([path, target], content.lang))


def _commitments(content: Content) -> dict[str, str]:
    """Return the tiles of all promises, and their table, which is the data behind the tiles."""
    found, lang, labels = content.published.get("commitments"), content.lang, content.labels
    if found is None:
        return {}
    figure = report.figure(found, lang, labels=labels)
    image = f"![](commitments.svg){{fig-alt={attribute(figure.alt)}}}"
    table = report.commitments_table(found, lang, labels=labels)
    download = on_screen(f"[{text(lang, 'download-csv')}](commitments.csv)")
    rows = numbered("tbl-commitments", raw(table), caption(content, "commitments", found))
    return {
        "commitments.svg": figure.svg,
        "commitments.csv": figure.csv,
        "_fig-commitments.qmd": numbered(
            "fig-commitments", image, caption(content, "commitments-tiles", found)
        ),
        "_tbl-commitments.qmd": f"{rows}\n{download}",
    }
