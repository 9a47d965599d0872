"""The project folder and its `evaluation.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from evaluation.errors import SpecError, did_you_mean, listed
from evaluation.run.model import Model, Quarter, Words, validate

FILE = "evaluation.toml"


class Settings(Model):
    """What `evaluation.toml` declares."""

    schema_version: Literal[1]
    name: Words
    quarters: tuple[Quarter, ...] = Field(min_length=1)
    languages: tuple[Literal["cs", "en"], ...] = Field(("cs", "en"), min_length=1)
    profile: Literal["public"] = "public"
    seed: int = Field(ge=0)


@dataclass(frozen=True)
class Project:
    """A folder with an `evaluation.toml`; every path of a run is relative to it.

    Attributes
    ----------
    root : Path
    settings : Settings
    """

    root: Path
    settings: Settings

    @property
    def name(self) -> Mapping[str, str]:
        """Name of the project by language."""
        return self.settings.name.model_dump()

    def build(self, quarter: str) -> Path:
        """Folder of everything that is made for a quarter."""
        return self.root / "reports" / "build" / quarter

    def shown(self, path: Path) -> str:
        """Name of a path for messages and manifests: relative to the project."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.name

    def require_quarter(self, quarter: str) -> str:
        """Return the quarter if the project declares it.

        Raises
        ------
        SpecError
        """
        known = self.settings.quarters
        if quarter not in known:
            suggestion = did_you_mean(quarter, known)
            raise SpecError(
                "unknown-quarter", quarter=quarter, available=listed(known), suggestion=suggestion
            )
        return quarter


def open_project(folder: Path | None = None) -> Project:
    """Find and read the project: in `folder`, or upwards from the current folder.

    Raises
    ------
    SpecError
        If there is no `evaluation.toml`, or it is wrong.
    """
    start = (folder or Path.cwd()).resolve()
    candidates = [start] if folder else [start, *start.parents]
    root = next((one for one in candidates if (one / FILE).is_file()), None)
    if root is None:
        raise SpecError("no-project", folder=start)
    return Project(root, _settings(root / FILE))


def _settings(file: Path) -> Settings:
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError("bad-project", where=FILE, reason=str(error)) from None
    settings, defects = validate(Settings, raw, file=FILE)
    if settings is None:
        raise defects[0]
    return settings
