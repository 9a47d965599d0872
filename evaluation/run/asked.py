"""What the user asked for before or after any command: the project and the language."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from evaluation.run.screen import language_of

if TYPE_CHECKING:
    from evaluation.run.project import Project


def asked_project() -> Project:
    """Open the project of ``--project``, else that of the current folder.

    Raises
    ------
    SpecError
    """
    from evaluation.run.project import open_project  # noqa: PLC0415

    return open_project(click.get_current_context().find_root().obj.get("project"))


def asked_language() -> str:
    """Return the language of ``--lang``, else that of the environment."""
    given: str | None = click.get_current_context().find_root().obj.get("lang")
    return given or language_of(sys.argv[1:])
