"""The command line. Imports what a command needs when it is called."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import click

from evaluation._version import __version__
from evaluation.errors import EvaluationError
from evaluation.locales import text
from evaluation.run.asked import asked_language, asked_project
from evaluation.run.commands import intake, store
from evaluation.run.help import Command, Group, usage_message
from evaluation.run.screen import LANGUAGES, language_of, screen


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
    which = click.Argument(
        ["which"], type=click.Choice(["analysis", "catalogue", "programme"]), default="analysis"
    )
    parts: list[tuple[str, Any, list[click.Parameter]]] = [
        ("check", check, [quarter, only]),
        ("run", run, [quarter, only, workers, *_run_options(lang)]),
        ("status", status, [_some_quarters(lang), _json_option(lang)]),
        ("log", log, [quarter, _json_option(lang)]),
        ("render", render, [quarter, *_render_options(lang)]),
        ("data", data, [_flag("check", lang), _json_option(lang)]),
        ("compare", compare, [*_two_runs(lang), _json_option(lang)]),
        ("clean", clean, _clean_options(lang)),
        (
            "init",
            init,
            [click.Argument(["folder"], type=click.Path(path_type=Path), metavar=text(lang, "cli-folder"))],
        ),
        ("doctor", doctor, [_json_option(lang)]),
        ("manual", manual, [_page(lang)]),
        ("help", short_help, [_page(lang)]),
        ("schema", schema, [which]),
        ("version", version, []),
    ]
    for name, callback, params in parts:
        command = Command(
            name, lang=lang, help=text(lang, f"cli-{name}-help"), callback=callback, params=params
        )
        command.params += [_project_option(lang), _language_option(lang)]
        group.add_command(command)
    group.add_command(_intake_group(lang))
    return group


def _intake_group(lang: str) -> Group:
    """Return the commands around the data that districts send."""
    shared: list[click.Parameter] = [_project_option(lang), _language_option(lang)]
    group = Group(
        "intake", lang=lang, help=text(lang, "cli-intake-help"), params=shared, callback=lambda **_: None
    )
    for name, callback, params in [*intake.parts(lang), *store.parts(lang)]:
        about = text(lang, f"cli-intake-{name}-help")
        command = Command(name, lang=lang, help=about, callback=callback, params=[*params, *shared])
        group.add_command(command)
    return group


def _render_options(lang: str) -> list[click.Parameter]:
    """Return what renders, what is made beside the pages, and for whom."""
    return [
        click.Option(
            ["--renderer"],
            type=click.Choice(["embedded", "quarto"]),
            default="embedded",
            show_default=True,
            help=text(lang, "cli-option-renderer"),
        ),
        click.Option(
            ["--formats"],
            default="html,pdf,docx",
            show_default=True,
            metavar="LIST",
            help=text(lang, "cli-option-formats"),
            callback=_formats,
        ),
        click.Option(
            ["--profile"],
            type=click.Choice(["public", "internal"]),
            default="public",
            show_default=True,
            help=text(lang, "cli-option-profile"),
        ),
    ]


def _some_quarters(lang: str) -> click.Argument:
    return click.Argument(["quarters"], nargs=-1, metavar=text(lang, "cli-quarter"))


def _run_options(lang: str) -> list[click.Parameter]:
    choice = click.Choice(["warm", "kernel"])
    engine = click.Option(["--engine"], type=choice, help=text(lang, "cli-option-engine"))
    scheduler = click.Option(
        ["--scheduler"], metavar="tcp://HOST:PORT", help=text(lang, "cli-option-scheduler")
    )
    return [engine, scheduler, _flag("plan", lang), _flag("if-changed", lang)]


def _two_runs(lang: str) -> list[click.Parameter]:
    names = (("before", "cli-run-before"), ("after", "cli-run-after"))
    return [click.Argument([name], metavar=text(lang, key)) for name, key in names]


def _json_option(lang: str) -> click.Option:
    return click.Option(["--json", "as_json"], is_flag=True, help=text(lang, "cli-option-json"))


def _clean_options(lang: str) -> list[click.Parameter]:
    parts = [
        click.Option([f"--{part}", "part"], flag_value=part, help=text(lang, f"cli-option-{part}"))
        for part in ("results", "site", "all")
    ]
    quarter = click.Argument(["quarter"], required=False, metavar=text(lang, "cli-quarter"))
    return [quarter, *parts, _flag("yes", lang)]


def _flag(name: str, lang: str) -> click.Option:
    return click.Option([f"--{name}"], is_flag=True, help=text(lang, f"cli-option-{name}"))


def _page(lang: str) -> click.Argument:
    return click.Argument(["page"], required=False, metavar=text(lang, "cli-page"))


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


def _formats(_context: click.Context, option: click.Parameter, value: str) -> tuple[str, ...]:
    """Split the list of formats; the pages in HTML are always made."""
    given = tuple(dict.fromkeys(one.strip().lower() for one in value.split(",") if one.strip()))
    for one in given:
        click.Choice(["html", "pdf", "docx"]).convert(one, option, _context)
    return tuple(one for one in given if one != "html")


def check(quarter: str, only: tuple[str, ...], **_: Any) -> int:
    """Check every analysis of a quarter; estimate nothing."""
    from evaluation.run.execute import Outcome  # noqa: PLC0415
    from evaluation.run.plan import make_plan  # noqa: PLC0415
    from evaluation.run.progress import print_checks, print_errors  # noqa: PLC0415

    steps = make_plan(asked_project(), quarter, only=only, fresh=True)
    print_checks(asked_language(), quarter, steps)
    outcomes = [Outcome(step.id, step.action, step.errors) for step in steps]
    print_errors(asked_language(), outcomes)
    return max(outcome.exit_code for outcome in outcomes)


def run(quarter: str, workers: int | None, plan: bool, **asked: Any) -> int:
    """Run the analyses of a quarter, or show what a run would do."""
    from evaluation.run.engines import Scheduler  # noqa: PLC0415
    from evaluation.run.whole import run_quarter, show_plan  # noqa: PLC0415

    if plan:
        return show_plan(asked_project(), quarter, only=asked["only"], lang=asked_language())
    workers = workers or min(2, os.cpu_count() or 1)
    engine = Scheduler(asked["scheduler"]) if asked["scheduler"] else asked["engine"]
    options = {name: asked[name] for name in ("only", "if_changed")}
    project, lang = asked_project(), asked_language()
    return run_quarter(project, quarter, workers=workers, lang=lang, engine=engine, **options)


def status(quarters: tuple[str, ...], as_json: bool, **_: Any) -> int:
    """Say where each quarter stands."""
    from evaluation.run.commands import past  # noqa: PLC0415

    found = past.states(asked_project(), quarters)
    plain = {"schema_version": 1, "quarters": found}
    click.echo(_as_json(plain) if as_json else past.states_in_words(found, asked_language()))
    return 0


def log(quarter: str, as_json: bool, **_: Any) -> int:
    """List what was done on a quarter."""
    from evaluation.run.commands import past  # noqa: PLC0415

    found = past.history(asked_project(), quarter)
    plain = {"schema_version": 1, "commands": found}
    click.echo(_as_json(plain) if as_json else past.history_in_words(found, quarter, asked_language()))
    return 0


def render(quarter: str, renderer: str, formats: tuple[str, ...], profile: str, **_: Any) -> int:
    """Render the results of a quarter."""
    from evaluation.run.rendering import render_whole  # noqa: PLC0415

    index = render_whole(
        asked_project(), quarter, lang=asked_language(), renderer=renderer, formats=formats, profile=profile
    )
    click.echo(text(asked_language(), "cli-rendered", page=_relative(index)))
    return 0


def data(check: bool, as_json: bool, **_: Any) -> int:
    """List the data sets of the catalogue; with `check` 2 where one of them is not what it should be."""
    from evaluation.run.commands import data as listing  # noqa: PLC0415
    from evaluation.run.commands.data_words import in_words  # noqa: PLC0415

    entries = listing.read_entries(asked_project())
    click.echo(_as_json(listing.to_json(entries)) if as_json else in_words(entries, asked_language()))
    return 2 if check and any(entry.is_wrong for entry in entries) else 0


def init(folder: Path, **_: Any) -> int:
    """Start a new project."""
    from evaluation.run.commands.init import start_project  # noqa: PLC0415
    from evaluation.run.project import open_project  # noqa: PLC0415

    lang = asked_language()
    files = start_project(folder, lang=lang)
    quarter = max(open_project(folder).settings.quarters)
    click.echo(text(lang, "init-done", len(files), folder=folder))
    click.echo(text(lang, "init-next", folder=folder, quarter=quarter))
    return 0


def doctor(as_json: bool, **_: Any) -> int:
    """Look at what the machine has and lacks; 2 where something that a report needs is broken."""
    from evaluation.run.commands.doctor import examine  # noqa: PLC0415
    from evaluation.run.commands.doctor_words import in_words  # noqa: PLC0415

    findings = examine(click.get_current_context().find_root().obj.get("project"))
    plain = {"schema_version": 1, "findings": [asdict(one) for one in findings]}
    click.echo(_as_json(plain) if as_json else in_words(findings, asked_language()))
    return 2 if any(one.status == "broken" for one in findings) else 0


def manual(page: str | None, **_: Any) -> int:
    """Show a page of the manual."""
    from evaluation.run.commands.manual import INDEX, show_page  # noqa: PLC0415

    show_page(page or INDEX, asked_language())
    return 0


def short_help(page: str | None, **_: Any) -> int:
    """Print the short help of a command, or of all."""
    root = click.get_current_context().find_root()
    group = cast("Group", root.command)
    if page is None:
        click.echo(group.get_help(root))
        return 0
    command = group.get_command(root, page)
    if command is None:
        raise click.UsageError(f"No such command '{page}'.", root)
    click.echo(command.get_help(click.Context(command, info_name=page, parent=root)))
    return 0


def compare(before: str, after: str, as_json: bool, **_: Any) -> int:
    """Compare two runs; 1 where equal inputs gave different results."""
    from evaluation.run.commands import compare as comparing  # noqa: PLC0415
    from evaluation.run.commands.compare_words import in_words  # noqa: PLC0415

    project = asked_project()
    one, two = (comparing.read_run(project, name) for name in (before, after))
    found = comparing.compare(one, two)
    click.echo(
        _as_json(comparing.to_json(one, two, found))
        if as_json
        else in_words(one, two, found, asked_language())
    )
    return int(any(analysis.verdict == "unexplained" for analysis in found))


def clean(quarter: str | None, part: str | None, yes: bool, **_: Any) -> int:
    """Remove what a run made."""
    from evaluation.run.commands.clean_words import clean_asking  # noqa: PLC0415

    return clean_asking(asked_project(), quarter=quarter, part=part or "all", yes=yes, lang=asked_language())


def schema(which: str, **_: Any) -> int:
    """Print the JSON Schema of a specification, of the catalogue or of a programme."""
    from evaluation.run import schemas  # noqa: PLC0415

    click.echo(_as_json(schemas.schema(which)))
    return 0


def version(**_: Any) -> int:
    """Print the version."""
    click.echo(__version__)
    return 0


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _relative(path: Path) -> str:
    return path.relative_to(Path.cwd()).as_posix() if path.is_relative_to(Path.cwd()) else str(path)


def _unexpected(lang: str, error: Exception) -> str:
    """One line about an error of the program itself, and where its traceback was written."""
    from evaluation.run.crash import write_crash  # noqa: PLC0415

    what = f"{type(error).__name__}: {error}".splitlines()[0]
    return text(lang, "cli-unexpected", what=what, log=_relative(write_crash(error)))
