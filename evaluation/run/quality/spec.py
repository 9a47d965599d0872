"""Specification of the quality of what districts send: the contract, and where the returns lie."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from evaluation.run.contracts import FOLDER, LISTS
from evaluation.run.model import Model
from evaluation.run.question import Question, Seed

REFERENCE = "data/reference"
SIMULATED = "housing_need"
"""The contract whose returns can be made up."""


class SyntheticReturns(Model):
    """Returns that are made when the question is answered: nobody sent them."""

    kind: Literal["synthetic"] = "synthetic"
    seed: Seed = 108
    quarters: int = Field(4, ge=1, le=12, description="how many, up to the quarter that is run")


class FolderReturns(Model):
    """Returns that came: one folder per quarter, each with its received.csv."""

    kind: Literal["folder"]
    folder: str = Field(pattern=r"^data/raw/[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$")


class QualityQuestion(Question):
    """One question about the returns of a contract."""

    kind: Literal["quality"] = "quality"
    contract: str = Field(pattern=r"^[a-z0-9_]+$")
    returns: Annotated[SyntheticReturns | FolderReturns, Field(discriminator="kind")]

    @model_validator(mode="after")
    def _can_be_made(self) -> Self:
        if self.synthetic and self.contract != SIMULATED:
            raise ValueError(f"synthetic returns are of the contract {SIMULATED}; of others give a folder")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """No data set of the catalogue: the contract says what the returns hold."""
        return ()

    @property
    def files(self) -> tuple[str, ...]:
        """The contract, the code lists with their tables, and the folder of the returns."""
        given = (self.returns.folder,) if isinstance(self.returns, FolderReturns) else ()
        return (str(FOLDER / f"{self.contract}.yml"), str(LISTS), REFERENCE, *given)

    @property
    def synthetic(self) -> bool:
        """Whether the returns are made up."""
        return isinstance(self.returns, SyntheticReturns)

    @property
    def own_seed(self) -> int | None:
        """Seed of the returns that are made up."""
        return self.returns.seed if isinstance(self.returns, SyntheticReturns) else None

    def settings(self) -> dict[str, object]:
        """Return the contract, and where the returns are from."""
        given = self.returns.model_dump()
        return {"contract": self.contract, **{f"returns.{key}": value for key, value in given.items()}}
