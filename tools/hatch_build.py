"""Put into the wheel what lies beside the package: the project template, the manual and the lock."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_SOURCE = Path(__file__).parents[1] / "evaluation/run/commands/template.py"
template_files: Callable[[Path], Iterator[Path]] = runpy.run_path(str(_SOURCE))["template_files"]


class TemplateHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds ``_project``, ``_manual`` and ``_requirements.lock`` to the package in a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files to add; an editable install reads them where they lie."""
        if version == "editable":
            return
        root, added = Path(self.root), build_data["force_include"]
        for path in template_files(root):
            added[str(path)] = f"evaluation/_project/{path.as_posix()}"
        added["docs/manual"] = "evaluation/_manual"
        added["requirements.lock"] = "evaluation/_requirements.lock"
