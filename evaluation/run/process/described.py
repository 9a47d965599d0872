"""What the file of a programme says, as tables for the report: names, theory of change, questions."""

from __future__ import annotations

import pandas as pd

from evaluation.estimate import CheckResult
from evaluation.locales import text
from evaluation.run.programme import Programme

LANGUAGES = ("cs", "en")
GROUPS = ("total", "municipality", "labour_office", "ngo")


def names(programme: Programme) -> CheckResult:
    """Names of tools, milestones, indicators and groups in both languages, for what shows their codes."""
    named: list[tuple[str, ...]] = [(one.id, one.name.cs, one.name.en) for one in programme.milestones]
    named += [(one.id, one.name.cs, one.name.en) for one in programme.indicators.values()]
    for number, tool in enumerate(programme.tools, 1):
        cs, en = (
            getattr(tool.name, lang) if tool.name else text(lang, "tool-unnamed", number=number)
            for lang in LANGUAGES
        )
        named.append((tool.id, cs, en))
    named += [(code, *(text(lang, f"group-{code}") for lang in LANGUAGES)) for code in GROUPS]
    table = pd.DataFrame(named, columns=["code", "name_cs", "name_en"])
    return CheckResult("names", None, table)


def theory(programme: Programme) -> CheckResult:
    """Return the theory of change: nodes and what they lead to."""
    theory = programme.theory
    rows = [
        {
            "node": node.id,
            "level": node.level,
            "label_cs": node.label.cs,
            "label_en": node.label.en,
            "leads_to": " ".join(arrow.target for arrow in theory.arrows if arrow.source == node.id),
        }
        for node in theory.nodes
    ]
    return CheckResult("theory_of_change", None, pd.DataFrame(rows))


def questions(programme: Programme) -> CheckResult:
    """Return the evaluation questions, with the indicators and the design that answer them."""
    rows = [
        {
            "question_cs": one.text.cs,
            "question_en": one.text.en,
            "kind": one.kind,
            "indicators": " ".join(one.indicators),
            "design_cs": one.design.cs,
            "design_en": one.design.en,
            "analyses": " ".join(one.analyses),
        }
        for one in programme.questions
    ]
    return CheckResult("evaluation_questions", None, pd.DataFrame(rows))
