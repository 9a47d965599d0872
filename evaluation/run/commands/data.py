"""What the catalogue names: whether it is here, whether it is the file that was meant, who needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from evaluation.errors import EvaluationError
from evaluation.run.catalogue import Dataset, read_catalogue
from evaluation.run.locate import DataAbsentError, Located, locate
from evaluation.run.model import in_both
from evaluation.run.project import Project
from evaluation.run.results import coded_error
from evaluation.run.spec import read_analyses

Fingerprint = Literal["same", "other", "not_declared"]


@dataclass(frozen=True)
class Entry:
    """One data set of the catalogue.

    Attributes
    ----------
    id : str
    title, publisher, licence, source : Mapping
        By language.
    address : str
    synthetic : bool
    file : str or None
        Where it was found: relative to the project, or named by a variable; None where it is not here.
    sha256 : str or None
    fingerprint : {"same", "other", "not_declared"} or None
        Whether the file is the one that the catalogue names.
    analyses : tuple of str
        Ids of the analyses that read it.
    last_period : str or None
        The last one that the project's last quarter uses.
    error : EvaluationError or None
        Why it cannot be read.
    """

    id: str
    title: Mapping[str, str]
    publisher: Mapping[str, str]
    licence: Mapping[str, str]
    source: Mapping[str, str]
    address: str
    synthetic: bool
    file: str | None
    sha256: str | None
    fingerprint: Fingerprint | None
    analyses: tuple[str, ...]
    last_period: str | None = None
    error: EvaluationError | None = None

    @property
    def is_wrong(self) -> bool:
        """Whether the file is another one than the catalogue names, or breaks its declaration."""
        return self.fingerprint == "other" or self.error is not None


def read_entries(project: Project) -> tuple[Entry, ...]:
    """Read every data set of the catalogue as far as it is here.

    Raises
    ------
    SpecError
        If the catalogue is wrong.
    """
    needed = _needed(project)
    datasets = read_catalogue(project).datasets
    return tuple(_entry(project, name, one, needed.get(name, ())) for name, one in datasets.items())


def to_json(entries: Sequence[Entry]) -> dict[str, Any]:
    """Return the entries as plain values."""
    plain = [
        asdict(replace(one, error=None)) | {"error": coded_error(one.error) if one.error else None}
        for one in entries
    ]
    return {"schema_version": 1, "datasets": plain}


def _needed(project: Project) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one in read_analyses(project):
        if one.analysis is not None:
            for name in one.analysis.sources:
                found[name] = (*found.get(name, ()), one.id)
    return found


def _entry(project: Project, name: str, dataset: Dataset, analyses: tuple[str, ...]) -> Entry:
    try:
        found = locate(project, name, dataset, max(project.settings.quarters))
    except DataAbsentError:
        found = None
    entry = Entry(
        id=name,
        title=dataset.title.model_dump(),
        publisher=in_both(dataset.publisher),
        licence=in_both(dataset.licence),
        source=in_both(dataset.source),
        address=dataset.address,
        synthetic=dataset.synthetic,
        file=found.shown if found else None,
        sha256=found.sha256 if found else None,
        fingerprint=_fingerprint(dataset, found),
        analyses=analyses,
    )
    return _with_period(project, entry, dataset) if found else entry


def _fingerprint(dataset: Dataset, found: Located | None) -> Fingerprint | None:
    if found is None:
        return None
    if dataset.sha256 is None:
        return "not_declared"
    return "same" if found.sha256 == dataset.sha256 else "other"


def _with_period(project: Project, entry: Entry, dataset: Dataset) -> Entry:
    from evaluation.run.datafile import load  # noqa: PLC0415 -- pandas only when something is there to be read

    try:
        frame, _ = load(project, entry.id, dataset, max(project.settings.quarters))
    except EvaluationError as error:
        return replace(entry, error=error)
    return replace(entry, last_period=str(frame[dataset.time].max()) if dataset.time else None)
