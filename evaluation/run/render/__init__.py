"""Renderers: staged Quarto projects to pages."""

from __future__ import annotations

from pathlib import Path

from evaluation.run.render import embedded, quarto


def render(source: Path, *, renderer: str = "embedded", profile: str | None = None) -> tuple[Path, ...]:
    """Render a staged website project.

    Parameters
    ----------
    source : Path
        Folder with ``_quarto.yml``.
    renderer : {"embedded", "quarto"}
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
        return quarto.render(source, profile=profile)
    return embedded.render(source, profile=profile)
