"""The words and tables of the checks that a specification asks for."""

from __future__ import annotations

from evaluation import report
from evaluation.disclosure import Publishable
from evaluation.locales import text
from evaluation.run.content import caption
from evaluation.run.impact.content import Content, above
from evaluation.run.markdown import numbered, on_screen, plain, raw


def examined(content: Content) -> dict[str, str]:
    """Return the words of each further check; those of pre-trend power with their table and data."""
    lang, published = content.lang, content.published
    said: dict[str, list[str]] = {}
    if (found := published.get("compare_estimators")) is not None:
        known = above(content) | set(disagreement(content))
        few = [line for line in report.warnings(found, lang) if line not in known]
        said["comparison"] = [*report.comparison_sentences(found, lang), *few]
    if (found := published.get("bacon")) is not None:
        negative = report.warnings(published["twfe_weights"], lang)
        said["bacon"] = [*report.comparisons_sentences(found, lang), *negative]
    if (found := published.get("leave_one_out")) is not None:
        said["left_out"] = [report.left_out_sentence(found, lang), *report.warnings(found, lang)]
    if (found := published.get("pretrends_power")) is not None:
        said["pretrends_power"] = list(report.power_sentences(found, lang))
    made = {
        f"_{name}-said.qmd": "".join(f"{plain(one)}\n\n" for one in lines) for name, lines in said.items()
    }
    return made | (_power_table(content, found) if found is not None else {})


def _power_table(content: Content, found: Publishable) -> dict[str, str]:
    html = report.power_table(found, content.lang, labels=content.labels)
    table = numbered("tbl-pretrends_power", raw(html), caption(content, "pretrends_power"))
    link = on_screen(f"[{text(content.lang, 'download-csv')}](pretrends_power.csv)")
    return {
        "_tbl-pretrends_power.qmd": f"{table}\n{link}",
        "pretrends_power.csv": report.csv([found], "table", labels=content.labels),
    }


def disagreement(content: Content) -> list[str]:
    """Return what other estimators say against the leading one."""
    compared = content.published.get("compare_estimators")
    notes = compared.notes if compared else ()
    apart = [note for note in notes if note.code == "estimators_disagree"]
    return [report.note_words(note.code, note.numbers, content.lang) for note in apart]
