"""Published values as sentences, tables and figures, in Czech and English."""

from evaluation.report.bacon import comparisons_sentences
from evaluation.report.calibration import (
    calibration_sentence,
    calibration_sentences,
    calibration_table,
    is_liberal,
)
from evaluation.report.comparison import comparison_sentences
from evaluation.report.figures import Figure, csv, figure
from evaluation.report.html import Column, Markup, html_table
from evaluation.report.left_out import left_out_sentence
from evaluation.report.numbers import number
from evaluation.report.path import pretrend_sentence
from evaluation.report.placebos import placebo_sentences
from evaluation.report.power_before import power_sentences, power_table
from evaluation.report.process.adoption import adoption_sentences
from evaluation.report.process.commitments import commitment_sentences, commitments_table
from evaluation.report.process.funnel import funnel_sentences
from evaluation.report.process.milestones import milestone_sentences
from evaluation.report.process.process_chart import process_chart_sentences
from evaluation.report.process.progress import progress_sentences
from evaluation.report.process.reports import reporting_sentences
from evaluation.report.process.verdicts import verdict_sentences
from evaluation.report.rule import rule_sentences
from evaluation.report.sentences import basis, explanations, finding, note_words, sentence, strength, warnings
from evaluation.report.tables import p_cell, p_words, table, term_words
from evaluation.report.two_by_two import dd_table
from evaluation.report.words import Labels, caption, is_synthetic, named, say

__all__ = [
    "Column",
    "Figure",
    "Labels",
    "Markup",
    "adoption_sentences",
    "basis",
    "calibration_sentence",
    "calibration_sentences",
    "calibration_table",
    "caption",
    "commitment_sentences",
    "commitments_table",
    "comparison_sentences",
    "comparisons_sentences",
    "csv",
    "dd_table",
    "explanations",
    "figure",
    "finding",
    "funnel_sentences",
    "html_table",
    "is_liberal",
    "is_synthetic",
    "left_out_sentence",
    "milestone_sentences",
    "named",
    "note_words",
    "number",
    "p_cell",
    "p_words",
    "placebo_sentences",
    "power_sentences",
    "power_table",
    "pretrend_sentence",
    "process_chart_sentences",
    "progress_sentences",
    "reporting_sentences",
    "rule_sentences",
    "say",
    "sentence",
    "strength",
    "table",
    "term_words",
    "verdict_sentences",
    "warnings",
]
