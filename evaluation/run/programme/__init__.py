"""The programmes that are evaluated, as data: every promise of their documents with its indicator."""

from evaluation.run.programme.model import (
    Activity,
    Commitment,
    Indicator,
    Measure,
    Milestone,
    Programme,
    Target,
    Theory,
    Tool,
)
from evaluation.run.programme.read import FOLDER, SCHEMA_FILE, LoadedProgramme, read_programmes, schema

__all__ = [
    "FOLDER",
    "SCHEMA_FILE",
    "Activity",
    "Commitment",
    "Indicator",
    "LoadedProgramme",
    "Measure",
    "Milestone",
    "Programme",
    "Target",
    "Theory",
    "Tool",
    "read_programmes",
    "schema",
]
