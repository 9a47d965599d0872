"""The part of a page that says how often its inference rejects a true null on the study's own data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluation import report
from evaluation.disclosure import Publishable
from evaluation.locales import text
from evaluation.report import say
from evaluation.run.content import caption, paragraphs
from evaluation.run.impact.content import Content
from evaluation.run.markdown import attribute, numbered, on_screen, raw

INCLUDE = "{{< include _fig-calibration.qmd >}}\n\n{{< include _tbl-calibration.qmd >}}\n"


def is_shown(result: Mapping[str, Any]) -> bool:
    """Whether the trials were made, or the specification says why not."""
    return "calibration" in result["published"] or bool(_off(result))


def calibrated(content: Content) -> dict[str, str]:
    """Return the words, and the figure and table where pilots could be pretended."""
    found, lang = content.published.get("calibration"), content.lang
    if found is None:
        off = _off(content.result)
        lines = [say(lang, "calibration-off", reason=off[lang])] if off else []
        return {"_calibration-said.qmd": paragraphs(lines)}
    said = paragraphs(report.calibration_sentences(found, lang, _used(content)))
    if found.tables["table"].empty:
        return {"_calibration-said.qmd": said}
    return {"_calibration-said.qmd": f"{said}{INCLUDE}"} | _shown(content, found)


def doubts(content: Content) -> list[str]:
    """Return that the leading inference rejects true nulls much too often here, if it does."""
    found = content.published.get("calibration")
    lead = _used(content)[:1]
    if found is None or not lead or not report.is_liberal(found, lead[0]):
        return []
    return [report.calibration_sentence(found, content.lang, lead[0])]


def _off(result: Mapping[str, Any]) -> Mapping[str, str] | None:
    off: Mapping[str, str] | None = (result["spec"].get("calibration") or {}).get("off")
    return off


def _used(content: Content) -> list[str]:
    """Return the inferences of the estimates on the page; a t statistic was not what the trials used."""
    return [
        str(one.numbers["inference"])
        for one in content.estimates
        if not any(note.code == "studentised" for note in one.notes)
    ]


def _shown(content: Content, found: Publishable) -> dict[str, str]:
    lang = content.lang
    drawn = report.figure(found, lang, labels=content.labels)
    image = f"![](calibration.svg){{fig-alt={attribute(drawn.alt)}}}"
    html = report.calibration_table(found, lang, content.labels, captioned=False)
    link = on_screen(f"[{text(lang, 'download-csv')}](calibration.csv)")
    table = numbered("tbl-calibration", raw(html), caption(content, "calibration-table"))
    return {
        "calibration.svg": drawn.svg,
        "calibration.csv": drawn.csv,
        "_fig-calibration.qmd": numbered("fig-calibration", image, caption(content, "calibration")),
        "_tbl-calibration.qmd": f"{table}\n{link}",
    }
