"""Surveys of staff: answers of the same persons in several waves. Pure, and without words."""

from evaluation.staff.reliability import alpha, omega, reliability
from evaluation.staff.response import attrition, response
from evaluation.staff.waves import Waves

__all__ = ["Waves", "alpha", "attrition", "omega", "reliability", "response"]
