"""The project's store of what was accepted, as a source of analyses."""

from __future__ import annotations

from evaluation.intake.keys import find_key
from evaluation.intake.vintages import Store
from evaluation.run.catalogue import InVintages
from evaluation.run.project import Project

FOLDER = "data/vintages"


def open_store(project: Project) -> Store:
    """Return the store of a project, with the store key of the environment.

    Raises
    ------
    RequestError
        If that key cannot be used.
    """
    return Store(project.root / FOLDER, key=find_key("store", project.root))


def store_without_key(project: Project) -> Store:
    """Return the store of a project for what needs its register only."""
    return Store(project.root / FOLDER)


def shown(found: InVintages, quarter: str | None) -> str:
    """Return the name of a sheet of the store for messages and manifests.

    Examples
    --------
    >>> shown(InVintages(kind="vintages", contract="housing_need", sheet="need"), "2024Q4")
    'data/vintages/housing_need/need/2024Q4'
    """
    return "/".join([FOLDER, found.contract, found.sheet, *([quarter] if quarter else [])])


def accepted_rows(
    project: Project, found: InVintages, quarter: str
) -> tuple[list[str], list[dict[str, str]]]:
    """Return columns and rows of a sheet as it was known in a quarter; a missing value is blank.

    Raises
    ------
    RequestError, DataError
        As `Store.as_of`.
    """
    frame = open_store(project).as_of(found.contract, found.sheet, quarter).frame
    rows = frame.where(frame.notna(), "").to_dict("records")
    return [str(name) for name in frame], [{str(k): str(v) for k, v in row.items()} for row in rows]
