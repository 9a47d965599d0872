"""`evaluation clean`: show, ask, remove."""

from __future__ import annotations

import sys
from typing import cast

import click

from evaluation.errors import RequestError, listed
from evaluation.locales import text
from evaluation.report import say
from evaluation.run.commands.clean import Found, Part, find_made, remove
from evaluation.run.commands.columns import aligned
from evaluation.run.commands.size import size
from evaluation.run.project import Project


def clean_asking(project: Project, *, quarter: str | None, part: str, yes: bool, lang: str) -> int:
    """Show what would be removed, ask, and remove it; 0 also where the answer is no.

    Raises
    ------
    RequestError
        If nobody can be asked, or another process works on a quarter.
    RunError
        If something cannot be removed.
    """
    if quarter is not None:
        project.require_quarter(quarter)
    found = find_made(project, quarter=quarter, part=cast("Part", part))
    click.echo(_shown(project, found, lang))
    if not found.made:
        return 0
    total = size(sum(one.size for one in found.made), lang)
    if not yes and not agreed(text(lang, "clean-ask", size=total), lang):
        click.echo(text(lang, "clean-left"))
        return 0
    remove(project, found.made)
    click.echo(text(lang, "clean-done", size=total))
    return 0


def _shown(project: Project, found: Found, lang: str) -> str:
    rows = [
        [
            one.quarter,
            text(lang, f"clean-part-{one.part}"),
            say(lang, "clean-files", len(one.paths)),
            size(one.size, lang),
        ]
        for one in found.made
    ]
    lines = [aligned(rows, right=frozenset({2, 3}))] if rows else [text(lang, "clean-nothing")]
    if found.kept:
        names = listed(project.shown(path) for path in found.kept)
        lines.append(say(lang, "clean-kept", len(found.kept), files=names))
    return "\n".join(lines)


def agreed(question: str, lang: str) -> bool:
    """Ask, and return whether the answer was yes.

    Raises
    ------
    RequestError
        If nobody can be asked.
    """
    if not sys.stdin.isatty():
        raise RequestError("not-confirmed")
    answer = click.prompt(f"{question} {text(lang, 'clean-yes')}", default="", show_default=False)
    return str(answer).strip().lower() in text(lang, "clean-answers").split(", ")
