"""The catalogue: where each data set comes from, under which licence, and what its columns mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from evaluation.errors import SpecError, did_you_mean, listed
from evaluation.run import yamlfile
from evaluation.run.model import Model, Quarter, Said, Words, validate
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


class InVintages(Model):
    """A sheet of what was accepted from districts, as it was known in the quarter of the analysis."""

    kind: Literal["vintages"]
    contract: str
    sheet: str


class CodeList(Model):
    """Codes that a column may hold: a column of a committed reference file."""

    file: str
    column: str


class Column(Model):
    """What a column means; a `planned` date may lie after the data cut-off."""

    meaning: Words
    type: Literal["text", "number", "count", "year", "quarter", "date", "flag"]
    unit: Words | None = None
    codes: CodeList | None = None
    required: bool = True
    planned: bool = False
    outcome_from_tool: bool = False


class DeriveQuarter(Model):
    """A quarter written in another form: `pattern` holds {year} and {quarter}.

    Data of one quarter each year give its number as `quarter`; their pattern holds {year} only.
    """

    kind: Literal["quarter"]
    column: str
    source: str
    pattern: str
    quarter: Annotated[int, Field(ge=1, le=4)] | None = None


class DeriveRank(Model):
    """Rank of each unit by `source`, the highest first, among the rows in which `at` has the value `of`.

    Ties are broken by the code of the unit, so that the rule is complete; a unit has one rank in all rows.
    """

    kind: Literal["rank"]
    column: str
    source: str
    unit: str
    at: str
    of: int | str


class DeriveStart(Model):
    """First treated period: `first` for the listed units, or those up to a rank; empty for all others.

    A start by rank is a reconstruction of who was treated, and results say so.
    """

    kind: Literal["start"]
    column: str
    source: str
    units: tuple[str, ...] = ()
    highest: Annotated[int, Field(ge=1)] | None = None
    first: Quarter | int

    @model_validator(mode="after")
    def _one_choice(self) -> DeriveStart:
        if bool(self.units) == bool(self.highest):
            raise ValueError("exactly one of the keys units and highest")
        return self


Derivation = Annotated[DeriveQuarter | DeriveRank | DeriveStart, Field(discriminator="kind")]


class Dataset(Model):
    """One data set; `sha256` is the fingerprint of the file that the analyses were written for.

    Without `time` the table holds the present state: the data cut-off leaves no row out.
    """

    title: Words
    publisher: Said
    address: str = Field(pattern=r"^https://")
    licence: Said
    source: Said
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    synthetic: bool
    caveat: Words | None = None
    found: Annotated[InPackage | InFile | InVintages, Field(discriminator="kind")]
    time: str | None = None
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
