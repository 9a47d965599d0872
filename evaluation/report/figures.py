"""Figures: drawn per language from published values, each with its words and its data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from evaluation.disclosure import Publishable
from evaluation.errors import DisclosureError
from evaluation.report import persons, process
from evaluation.report.bacon import comparisons, comparisons_table
from evaluation.report.calibration import calibration, calibration_table
from evaluation.report.comparison import comparison, comparison_table
from evaluation.report.forest import forest
from evaluation.report.left_out import left_out, left_out_table
from evaluation.report.path import path
from evaluation.report.permutation import permutation
from evaluation.report.placebos import IN_SPACE, IN_TIME, placebo_table, placebos
from evaluation.report.process import JOINED, Draw, Tabulate
from evaluation.report.rule import rule, rule_table
from evaluation.report.tables import table
from evaluation.report.timeline import timeline, timeline_table
from evaluation.report.trends import trends
from evaluation.report.words import UNNAMED, Labels, all_published, is_synthetic, say


@dataclass(frozen=True)
class Figure:
    """A figure and everything that stands for it.

    Attributes
    ----------
    svg : str
    alt : str
        The picture in words.
    data_table_html : str
        Its data as a table for people.
    csv : str
        Its data for machines: decimal points, names of the columns; a column says where they are synthetic.
    """

    svg: str
    alt: str
    data_table_html: str
    csv: str


def _trends_table(published: Publishable, lang: str, labels: Labels) -> str:
    return table(published, lang, labels=labels)


_CHECKS: Mapping[str, tuple[Draw, Tabulate]] = MappingProxyType(
    {
        "raw_trends": (trends, _trends_table),
        "selection_rule": (rule, rule_table),
        "timeline": (timeline, timeline_table),
        "bacon": (comparisons, comparisons_table),
        "leave_one_out": (left_out, left_out_table),
        "inference_calibration": (calibration, calibration_table),
        "compare_estimators": (comparison, comparison_table),
        IN_TIME: (placebos, placebo_table),
        IN_SPACE: (placebos, placebo_table),
        **process.FIGURES,
        **persons.FIGURES,
    }
)
"""Checks that have a figure: how it is drawn, and its data as a table."""


def figure(published: Publishable | Sequence[Publishable], lang: str, *, labels: Labels = UNNAMED) -> Figure:
    """Draw published values.

    Parameters
    ----------
    published : Publishable or sequence of Publishable
        The check ``raw_trends``: means per period; ``selection_rule``: the rule in all periods;
        ``timeline``: the roll-out; ``placebo_in_time``, ``placebo_in_space``: the placebos; ``bacon``:
        comparisons by weight and estimate; ``leave_one_out``: the estimate without each part;
        ``inference_calibration``: how often each inference rejects a true null; ``compare_estimators``: each
        estimator with its interval. A result of several terms: a path by distance from the start. A result
        by randomisation: its estimates under the assignments. Several results: their estimates with
        intervals. The checks of process evaluation, the cells that have a figure, and what is drawn
        together (an ``indicator_path`` with its ``target`` and ``forecast``) are listed in
        ``docs/methods/process_figures.md``.
    lang : {"cs", "en"}
    labels : Labels

    Returns
    -------
    Figure

    Raises
    ------
    DisclosureError
        If a value was not published, or there is no figure for it.
    """
    drawn = _figure(published, lang, labels)
    every = [published] if isinstance(published, Publishable) else published
    if not any(is_synthetic(one, labels) for one in every):
        return drawn
    return replace(drawn, alt=say(lang, "alt-synthetic", alt=drawn.alt))


def _figure(published: Publishable | Sequence[Publishable], lang: str, labels: Labels) -> Figure:
    every = all_published(published, "report.figure")
    for name in (one.name for one in every if one.name in JOINED):
        draw_several, tabulate_several = JOINED[name]
        svg, alt = draw_several(every, lang, labels)
        data = csv([one for one in every if one.name == name], "table", labels=labels)
        return Figure(svg, alt, tabulate_several(every, lang, labels), data)
    if not isinstance(published, Publishable):
        svg, alt = forest(every, lang, labels)
        return Figure(svg, alt, table(every, lang, labels=labels), csv(every, "tidy", labels=labels))
    if published.name in _CHECKS:
        draw, tabulate = _CHECKS[published.name]
        svg, alt = draw(published, lang, labels)
        return Figure(svg, alt, tabulate(published, lang, labels), csv([published], "table", labels=labels))
    if published.kind == "result" and len(published.tables["tidy"]) > 1:
        svg, alt = path(published, lang, labels)
        return Figure(
            svg, alt, table(published, lang, labels=labels), csv([published], "tidy", labels=labels)
        )
    if "distribution" in published.tables:
        svg, alt = permutation(published, lang, labels)
        data = table(published, lang, labels=labels, name="distribution")
        return Figure(svg, alt, data, csv([published], "distribution", labels=labels))
    for key, (draw, tabulate) in {**process.OF_CELLS, **persons.OF_CELLS}.items():
        if published.kind == "cells" and key in published.tables["cells"]:
            svg, alt = draw(published, lang, labels)
            return Figure(
                svg, alt, tabulate(published, lang, labels), csv([published], "cells", labels=labels)
            )
    raise DisclosureError("no-figure", name=published.name)


def csv(every: Sequence[Publishable], name: str, *, labels: Labels = UNNAMED) -> str:
    """Return tables below each other; of several, the method of inference comes first.

    Where the data are synthetic a last column says so in every row.
    """
    synthetic = any(is_synthetic(one, labels) for one in every)
    parts = []
    for i, one in enumerate(every):
        frame = one.tables[name]
        if len(every) > 1 and "inference" in one.numbers:
            frame = frame.assign(inference=one.numbers["inference"])
            frame = frame[["inference", *(c for c in frame if c != "inference")]]
        if synthetic:
            frame = frame.assign(synthetic=True)
        parts.append(frame.to_csv(index=False, lineterminator="\n", header=i == 0))
    return "".join(parts)
