"""Renderers: staged Quarto projects to pages."""

from __future__ import annotations

from pathlib import Path

from evaluation.run.render import embedded, quarto


def render(source: Path, *, renderer: str = "embedded") -> tuple[Path, ...]:
    """Render a staged website project.

    Parameters
    ----------
    source : Path
        Folder with ``_quarto.yml``.
    renderer : {"embedded", "quarto"}

    Returns
    -------
    tuple of Path
        The pages written.

    Raises
    ------
    RunError
        As the renderer.
    """
    return quarto.render(source) if renderer == "quarto" else embedded.render(source)
