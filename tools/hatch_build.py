"""Put the demonstration project into the wheel, where `evaluation init` finds it as a template."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TEMPLATE = ("evaluation.toml", "_quarto*.yml", "analyses", "notebooks", "reports", "data")
NEVER = {"raw", "vintages", "derived", "build", "__pycache__"}  # data of persons, and what a run made


def template_files(root: Path) -> Iterator[Path]:
    """Yield the files of the demonstration project, relative to ``root``, without data that may not leave."""
    for pattern in TEMPLATE:
        for top in sorted(root.glob(pattern)):
            for path in [top] if top.is_file() else sorted(top.rglob("*")):
                if path.is_file() and not NEVER & set(path.relative_to(root).parts):
                    yield path.relative_to(root)


class TemplateHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the project's own files as ``evaluation/_project`` to a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files to add; an editable install reads them where they lie."""
        if version != "editable":
            for path in template_files(Path(self.root)):
                build_data["force_include"][str(path)] = f"evaluation/_project/{path.as_posix()}"
