"""`open_study`: how a notebook opens the question that it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evaluation.run.kinds import studies
from evaluation.run.project import open_project
from evaluation.run.show import surface_errors
from evaluation.run.spec import from_json


def open_study(spec: str, quarter: str, project: str = ".") -> Any:
    """Open a question in a notebook; what it can do depends on the kind.

    Parameters
    ----------
    spec : str
        The specification as JSON.
    quarter : str
    project : str
        Folder of the project.

    Raises
    ------
    SpecError
        If one of the three is wrong.

    Examples
    --------
    In the folder of the demonstration project:

    >>> from evaluation.run.project import open_project
    >>> from evaluation.run.spec import read_analyses
    >>> analyses = {one.id: one.analysis for one in read_analyses(open_project())}
    >>> open_study(analyses["organ-donations"].canonical(), "2024Q4").design()
    StudyDesign(27 units x 6 periods 2010Q4-2012Q1, 1 treated, 162 observations, outcome 'Rate')
    """
    surface_errors()
    question = from_json(spec)
    return studies(question.kind).make_study(question, quarter, open_project(Path(project)))
