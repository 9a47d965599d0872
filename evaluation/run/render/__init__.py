"""Renderers: staged Quarto projects to pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evaluation.run.render import documents, embedded, quarto

FORMATS = tuple(documents.FORMATS)


def render(
    source: Path, *, renderer: str = "embedded", formats: Sequence[str] = (), profile: str | None = None
) -> tuple[Path, ...]:
    """Render a staged website project.

    Parameters
    ----------
    source : Path
        Folder with ``_quarto.yml``.
    renderer : {"embedded", "quarto"}
    formats : sequence of {"pdf", "docx"}
        What to make beside the pages.
    profile : str, optional
        For whom; what the project says where it is not given.

    Returns
    -------
    tuple of Path
        The pages written.

    Raises
    ------
    RunError
        As the renderer.
    """
    if renderer == "quarto":
        return quarto.render(source, formats=formats, profile=profile)
    return embedded.render(source, formats=formats, profile=profile)
