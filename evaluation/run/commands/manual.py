"""The manual: one Markdown page for each command and language, in ``docs/manual`` and in the wheel."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from evaluation.errors import RequestError, did_you_mean, listed
from evaluation.run.fingerprint import PACKAGE

INDEX = "index"


def folder(lang: str) -> Path:
    """Return the folder of the pages: in a wheel beside the modules, in a checkout ``docs/manual``."""
    places = (PACKAGE / "_manual", PACKAGE.parent / "docs" / "manual")
    return next((one for one in places if one.is_dir()), places[0]) / lang


def pages(lang: str) -> tuple[str, ...]:
    """Return the names of the pages."""
    return tuple(sorted(path.stem for path in folder(lang).glob("*.md")))


def read_page(name: str, lang: str) -> str:
    """Return a page as Markdown.

    Raises
    ------
    RequestError
        If there is none of this name.
    """
    present = pages(lang)
    if name not in present:
        raise RequestError(
            "no-manual-page", page=name, available=listed(present), suggestion=did_you_mean(name, present)
        )
    return (folder(lang) / f"{name}.md").read_text(encoding="utf-8")


def show_page(name: str, lang: str) -> None:
    """Print a page: set for reading in a terminal, as it is written elsewhere."""
    page = read_page(name, lang)
    if not sys.stdout.isatty():
        click.echo(page.rstrip("\n"))
        return
    from rich.console import Console  # noqa: PLC0415 -- only where there is a terminal
    from rich.markdown import Markdown  # noqa: PLC0415

    Console(width=min(Console().width, 100)).print(Markdown(page))
