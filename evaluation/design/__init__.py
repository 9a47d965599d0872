"""What is compared with what: the frozen value that every estimator reads."""

from evaluation.design.assignment import Assignment
from evaluation.design.grouping import Grouping
from evaluation.design.note import Note
from evaluation.design.study import StudyDesign

__all__ = ["Assignment", "Grouping", "Note", "StudyDesign"]
