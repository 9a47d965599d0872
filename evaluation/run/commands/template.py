"""The files of the demonstration project that a wheel carries; the build reads this file by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

TEMPLATE = ("evaluation.toml", "_quarto*.yml", "analyses", "notebooks", "reports", "data")
NEVER = {"raw", "vintages", "derived", "build", "__pycache__"}  # data of persons, and what a run made


def template_files(root: Path) -> Iterator[Path]:
    """Yield the files of the demonstration project, relative to ``root``, without data that may not leave."""
    for pattern in TEMPLATE:
        for top in sorted(root.glob(pattern)):
            for path in [top] if top.is_file() else sorted(top.rglob("*")):
                if path.is_file() and not NEVER & set(path.relative_to(root).parts):
                    yield path.relative_to(root)
