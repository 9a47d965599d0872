"""The command line: check, run, render. Imports what a command needs when it is called."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evaluation._version import __version__
from evaluation.errors import EvaluationError
from evaluation.locales import text
from evaluation.run.help import Command, Group, usage_message
from evaluation.run.screen import LANGUAGES, language_of, screen

if TYPE_CHECKING:
    from evaluation.run.project import Project


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process: 0, 1 for a failed analysis, 2 for the user's error."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    lang = language_of(given)
    try:
        code = commands(lang).main(given, prog_name="evaluation", standalone_mode=False)
    except EvaluationError as error:
        click.echo(screen(lang, error), err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        click.echo(usage_message(lang, error), err=True)
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        click.echo("\n" + text(lang, "cli-interrupted"), err=True)
        sys.exit(130)
    except Exception as error:
        click.echo(_unexpected(lang, error), err=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def commands(lang: str) -> click.Group:
    """Return the commands with their help in one language."""
    group = Group(
        "evaluation",
        lang=lang,
        help=text(lang, "cli-help"),
        params=[_project_option(lang), _language_option(lang)],
        callback=lambda **_: None,
    )
    quarter = click.Argument(["quarter"], metavar=text(lang, "cli-quarter"))
    only = click.Option(["--only"], multiple=True, metavar="ID", help=text(lang, "cli-option-only"))
    workers = click.Option(
        ["--workers"], type=click.IntRange(1), metavar="N", help=text(lang, "cli-option-workers")
    )
    renderer = click.Option(
        ["--renderer"],
        type=click.Choice(["embedded", "quarto"]),
        default="embedded",
        show_default=True,
        help=text(lang, "cli-option-renderer"),
    )
    which = click.Argument(["which"], type=click.Choice(["analysis", "catalogue"]), default="analysis")
    parts: list[tuple[str, Any, list[click.Parameter]]] = [
        ("check", check, [quarter, only]),
        ("run", run, [quarter, only, workers]),
        ("render", render, [quarter, renderer]),
        ("schema", schema, [which]),
        ("version", version, []),
    ]
    for name, callback, params in parts:
        command = Command(
            name, lang=lang, help=text(lang, f"cli-{name}-help"), callback=callback, params=params
        )
        command.params += [_project_option(lang), _language_option(lang)]
        group.add_command(command)
    return group


def _project_option(lang: str) -> click.Option:
    folder = click.Path(path_type=Path)
    help_text = text(lang, "cli-option-project")
    return click.Option(["--project"], type=folder, metavar="DIR", help=help_text, callback=_remember)


def _language_option(lang: str) -> click.Option:
    choice = click.Choice(LANGUAGES)
    help_text = text(lang, "cli-option-lang")
    return click.Option(["--lang"], type=choice, help=help_text, callback=_remember)


def _remember(context: click.Context, option: click.Parameter, value: Any) -> Any:
    """Keep an option that may stand before or after the command."""
    shared = context.find_root().ensure_object(dict)
    if value is not None:
        shared[option.name] = value
    return value


def _project() -> Project:
    from evaluation.run.project import open_project  # noqa: PLC0415

    return open_project(click.get_current_context().find_root().obj.get("project"))


def _language() -> str:
    given: str | None = click.get_current_context().find_root().obj.get("lang")
    return given or language_of(sys.argv[1:])


def check(quarter: str, only: tuple[str, ...], **_: Any) -> int:
    """Check every analysis of a quarter; estimate nothing."""
    from evaluation.run.execute import Outcome  # noqa: PLC0415
    from evaluation.run.plan import make_plan  # noqa: PLC0415
    from evaluation.run.progress import print_checks, print_errors  # noqa: PLC0415

    steps = make_plan(_project(), quarter, only=only, fresh=True)
    print_checks(_language(), quarter, steps)
    outcomes = [Outcome(step.id, step.action, step.errors) for step in steps]
    print_errors(_language(), outcomes)
    return max(outcome.exit_code for outcome in outcomes)


def run(quarter: str, only: tuple[str, ...], workers: int | None, **_: Any) -> int:
    """Run the analyses of a quarter."""
    from evaluation.run.whole import run_quarter  # noqa: PLC0415

    return run_quarter(
        _project(), quarter, only=only, workers=workers or min(2, os.cpu_count() or 1), lang=_language()
    )


def render(quarter: str, renderer: str, **_: Any) -> int:
    """Render the results of a quarter."""
    from evaluation.run.site import render_quarter  # noqa: PLC0415

    index = render_quarter(_project(), quarter, renderer=renderer)
    click.echo(text(_language(), "cli-rendered", page=_relative(index)))
    return 0


def schema(which: str, **_: Any) -> int:
    """Print the JSON Schema of a specification or of the catalogue."""
    from evaluation.run import catalogue, options  # noqa: PLC0415

    found = options.schema() if which == "analysis" else catalogue.schema()
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    return 0


def version(**_: Any) -> int:
    """Print the version."""
    click.echo(__version__)
    return 0


def _relative(path: Path) -> str:
    return path.relative_to(Path.cwd()).as_posix() if path.is_relative_to(Path.cwd()) else str(path)


def _unexpected(lang: str, error: Exception) -> str:
    """One line about an error of the program itself, and where its traceback was written."""
    from evaluation.run.crash import write_crash  # noqa: PLC0415

    what = f"{type(error).__name__}: {error}".splitlines()[0]
    return text(lang, "cli-unexpected", what=what, log=_relative(write_crash(error)))
