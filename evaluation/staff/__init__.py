"""Surveys of staff: answers of the same persons in several waves. Pure, and without words."""

from evaluation.staff.change import design, paired_change
from evaluation.staff.reliability import alpha, omega, reliability
from evaluation.staff.response import attrition, response
from evaluation.staff.waves import Waves

__all__ = ["Waves", "alpha", "attrition", "design", "omega", "paired_change", "reliability", "response"]
