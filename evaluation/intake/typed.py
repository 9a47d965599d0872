"""What every typed file is made of: strict, frozen models."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Quarter = Annotated[str, StringConstraints(pattern=r"^\d{4}Q[1-4]$")]


class Model(BaseModel):
    """Frozen; a key that is not declared is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Words(Model):
    """A text in each language of the reports."""

    cs: str
    en: str
