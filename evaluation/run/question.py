"""What every specification in analyses/ declares, whatever its kind."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from typing import Annotated, Literal

from pydantic import Field

from evaluation.run.model import Model, Words

Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Seed = Annotated[int, Field(ge=0)]


class Question(Model, ABC):
    """One evaluation question; its kind says how it is answered."""

    schema_version: Literal[1]
    kind: str
    id: Name
    title: Words
    question: Words
    notebook: Name | None = None
    report: Name | None = None

    @property
    @abstractmethod
    def sources(self) -> tuple[str, ...]:
        """Ids of the data sets that it uses, the leading one first."""

    @property
    def files(self) -> tuple[str, ...]:
        """Files and folders of the project that it reads beside its data sets, from the project's folder."""
        return ()

    @property
    def synthetic(self) -> bool:
        """Whether it makes data of its own, which nobody observed."""
        return False

    @property
    def own_seed(self) -> int | None:
        """Seed that the specification sets; None where that of the project holds."""
        return None

    @property
    def notebook_name(self) -> str:
        """File in notebooks/ that answers it: that of its kind unless another is named."""
        return self.notebook or self.kind

    def settings(self) -> dict[str, object]:
        """Return what it was run with, as flat names for the table of parameters."""
        return {}

    def canonical(self) -> str:
        """Return JSON with sorted keys: what is hashed, and what the notebook receives."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)

    @property
    def sha256(self) -> str:
        """Hash of the canonical form: comments and the order of keys do not change it."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()
