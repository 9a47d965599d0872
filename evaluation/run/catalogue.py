"""The catalogue: where each data set comes from, under which licence, and what its columns mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from evaluation.errors import SpecError, did_you_mean, listed
from evaluation.run import yamlfile
from evaluation.run.model import Model, Quarter, Words, validate
from evaluation.run.project import Project

FILE = "data/catalogue.yml"
SCHEMA_FILE = "data/schema/catalogue.schema.json"


class InPackage(Model):
    """The file lies in an installed Python package."""

    kind: Literal["package"]
    module: str
    version: str
    file: str


class InFile(Model):
    """The file lies in data/raw/, data/demo/, data/reference/ or the folder that EVALUATION_DATA names."""

    kind: Literal["file"]
    file: str


class CodeList(Model):
    """Codes that a column may hold: a column of a committed reference file."""

    file: str
    column: str


class Column(Model):
    """What a column means."""

    meaning: Words
    type: Literal["text", "number", "count", "quarter", "flag"]
    unit: Words | None = None
    codes: CodeList | None = None
    required: bool = True
    outcome_from_tool: bool = False


class DeriveQuarter(Model):
    """A quarter written in another form: `pattern` holds {year} and {quarter}."""

    kind: Literal["quarter"]
    column: str
    source: str
    pattern: str


class DeriveStart(Model):
    """First treated quarter: `first` for the listed units, empty for all others."""

    kind: Literal["start"]
    column: str
    source: str
    units: tuple[str, ...] = Field(min_length=1)
    first: Quarter


Derivation = Annotated[DeriveQuarter | DeriveStart, Field(discriminator="kind")]


class Dataset(Model):
    """One data set."""

    title: Words
    publisher: str
    address: str = Field(pattern=r"^https://")
    licence: str
    source: str
    synthetic: bool
    found: Annotated[InPackage | InFile, Field(discriminator="kind")]
    time: str
    key: tuple[str, ...] = Field(min_length=1)
    delimiter: Literal[",", ";", "\t"] = ","
    columns: dict[str, Column]
    derive: tuple[Derivation, ...] = ()


class _Catalogue(Model):
    schema_version: Literal[1]
    datasets: dict[str, Dataset]


@dataclass(frozen=True)
class Catalogue:
    """All data sets of a project, by id."""

    datasets: Mapping[str, Dataset]

    def dataset(self, name: str, *, where: str = "") -> Dataset:
        """Return a data set.

        Raises
        ------
        SpecError
            If the catalogue has none of this id.
        """
        if name not in self.datasets:
            suggestion = did_you_mean(name, self.datasets)
            available = listed(self.datasets)
            raise SpecError(
                "unknown-dataset", where=where, dataset=name, available=available, suggestion=suggestion
            )
        return self.datasets[name]


def read_catalogue(project: Project) -> Catalogue:
    """Read data/catalogue.yml.

    Raises
    ------
    SpecError
        If it is absent or wrong; the first of its defects.
    """
    path = project.root / FILE
    if not path.is_file():
        raise SpecError("missing-file", file=FILE, available="", suggestion="")
    document = yamlfile.read(path, FILE)
    found, defects = validate(_Catalogue, document.raw, file=FILE, line_of=document.line)
    if found is None:
        raise defects[0]
    return Catalogue(found.datasets)


def schema() -> dict[str, object]:
    """JSON Schema of data/catalogue.yml."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_Catalogue.model_json_schema()}
