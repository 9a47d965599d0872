"""What is compared with what: the frozen value that every estimator reads."""

from evaluation.design.assignment import Assignment
from evaluation.design.base import Design
from evaluation.design.cross_section import RepeatedCrossSection
from evaluation.design.durations import Durations
from evaluation.design.grouping import Grouping
from evaluation.design.note import Note
from evaluation.design.sample import Sample
from evaluation.design.study import StudyDesign, require_panel

__all__ = [
    "Assignment",
    "Design",
    "Durations",
    "Grouping",
    "Note",
    "RepeatedCrossSection",
    "Sample",
    "StudyDesign",
    "require_panel",
]
