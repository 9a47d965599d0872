"""Honest quarterly evaluation of public programmes."""

from evaluation.design import StudyDesign

__all__ = ["StudyDesign"]
