"""`evaluation intake accept`, `corrections`, `log`, `purge`, `rotate-key`, `new-key`: the store."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evaluation.errors import RequestError
from evaluation.locales import text
from evaluation.run.asked import asked_language, asked_project

if TYPE_CHECKING:
    from evaluation.run.project import Project

Part = tuple[str, Callable[..., int], list[click.Parameter]]


def parts(lang: str) -> list[Part]:
    """Return the commands: name, function, parameters."""
    by = click.Option(["--as", "by"], required=True, metavar="NAME", help=text(lang, "cli-option-as"))
    quarter = text(lang, "cli-quarter")
    round_ = click.Option(["--round", "round_"], metavar=quarter, help=text(lang, "cli-option-round"))
    asked = click.Option(["--quarter"], metavar=quarter, help=text(lang, "cli-option-quarter"))
    contract = click.Option(["--contract"], metavar="ID", help=text(lang, "cli-option-contract"))
    reason = click.Option(["--reason"], default="", metavar="TEXT", help=text(lang, "cli-option-reason"))
    until = click.Option(["--until"], required=True, metavar=quarter, help=text(lang, "cli-option-until"))
    yes = click.Option(["--yes"], is_flag=True, help=text(lang, "cli-option-yes"))
    as_json = click.Option(["--json", "as_json"], is_flag=True, help=text(lang, "cli-option-json"))
    verify = click.Option(["--verify"], is_flag=True, help=text(lang, "cli-option-verify"))
    which = click.Argument(["which"], type=click.Choice(["store", "pseudonym"]))
    return [
        ("accept", accept, [_path("folder", lang), by, asked, round_, reason, contract]),
        ("corrections", corrections, [_path("file", lang), by, round_, contract]),
        ("log", log, [verify, as_json]),
        ("purge", purge, [until, reason, by, yes]),
        ("rotate-key", rotate_key, [which, *_rotation(lang)]),
        ("new-key", new_key, [_path("file", lang)]),
    ]


def _path(name: str, lang: str) -> click.Argument:
    return click.Argument([name], type=click.Path(path_type=Path), metavar=text(lang, f"cli-{name}"))


def _rotation(lang: str) -> list[click.Parameter]:
    path = click.Path(path_type=Path)
    return [
        click.Option(["--new"], type=path, required=True, metavar="PATH", help=text(lang, "cli-option-new")),
        click.Option(["--kind"], metavar="TEXT", help=text(lang, "cli-option-kind")),
        click.Option(["--identifiers"], type=path, metavar="PATH", help=text(lang, "cli-option-identifiers")),
        click.Option(["--lost"], is_flag=True, help=text(lang, "cli-option-lost")),
    ]


def accept(
    folder: Path,
    by: str,
    quarter: str | None,
    round_: str | None,
    reason: str,
    contract: str | None,
    **_: Any,
) -> int:
    """Check the files of a folder and keep those without errors; 2 where one was not accepted."""
    from evaluation.run.acceptance import accept_checked, key_of  # noqa: PLC0415
    from evaluation.run.commands.intake import asked_contract, check_folder  # noqa: PLC0415
    from evaluation.run.commands.store_words import answer  # noqa: PLC0415
    from evaluation.run.store import open_store  # noqa: PLC0415

    project, lang = asked_project(), asked_language()
    agreed = asked_contract(project, contract)
    key, store = key_of(project, agreed), open_store(project)
    checked = check_folder(project, folder, agreed, quarter=quarter)
    states = []
    for one in accept_checked(
        store, checked, key, by=by, round_=round_ or str(checked.quarter), reason=reason
    ):
        click.echo(answer(one, checked, lang))
        states.append(one.state)
    click.echo(_say(lang, "store-accepted", states.count("accepted"), of=len(states)))
    if "refused" in states:
        click.echo(text(lang, "store-see-check", folder=folder))
    return 2 if "refused" in states else 0


def corrections(file: Path, by: str, round_: str | None, contract: str | None, **_: Any) -> int:
    """Keep a file of corrections, whole or not at all."""
    from evaluation.run.acceptance import checking, key_of, read_batch  # noqa: PLC0415
    from evaluation.run.commands.intake import asked_contract  # noqa: PLC0415
    from evaluation.run.store import open_store  # noqa: PLC0415

    project, lang = asked_project(), asked_language()
    agreed = asked_contract(project, contract)
    key, store = key_of(project, agreed), open_store(project)
    current = round_ or (
        str(store.log().quarter.iloc[-1]) if store.exists else max(project.settings.quarters)
    )
    batch = read_batch(file, agreed, key, current)
    made = store.correct(batch, by=by, check=checking(agreed, file.name))
    click.echo(_say(lang, "store-corrected", len(batch.corrections), round=current))
    click.echo(text(lang, "store-entries", entries=", ".join(str(one.seq) for one in made)))
    return 0


def log(verify: bool, as_json: bool, **_: Any) -> int:
    """Show the register; with ``--verify`` every file is read and its hash compared."""
    from evaluation.run.commands.store_words import register  # noqa: PLC0415
    from evaluation.run.store import open_store  # noqa: PLC0415

    store, lang = open_store(asked_project()), asked_language()
    found = store.log()
    if as_json:
        rows = found.astype(object).where(found.notna(), None).to_dict("records")
        click.echo(json.dumps({"schema_version": 1, "vintages": rows}, ensure_ascii=False, indent=2))
    else:
        click.echo(register(found, lang))
    if verify:
        click.echo(_say(lang, "store-verified", store.verify()), err=as_json)
    return 0


def purge(until: str, reason: str, by: str, yes: bool, **_: Any) -> int:
    """Destroy what is no longer to be kept, after asking."""
    from evaluation.run.commands.clean_words import agreed  # noqa: PLC0415
    from evaluation.run.commands.store_words import register  # noqa: PLC0415
    from evaluation.run.store import open_store  # noqa: PLC0415

    store, lang = open_store(asked_project()), asked_language()
    found = store.log()
    gone = found[found.purged_at.isna() & found.last_period.le(until)]
    question = _say(lang, "store-purge-ask", len(gone), until=until)
    if len(gone):
        click.echo(register(gone, lang))
    if len(gone) and reason.strip() and not yes and not agreed(question, lang):
        click.echo(text(lang, "clean-left"))
        return 0
    done = store.purge(until=until, reason=reason, by=by)
    click.echo(_say(lang, "store-purged", len(done.destroyed)))
    if done.kept:
        click.echo(_say(lang, "store-purge-kept", len(done.kept), until=until))
    click.echo(text(lang, "store-purge-key" if done.destroyed[0].store_key else "store-purge-plain"))
    return 0


def rotate_key(
    which: str, new: Path, kind: str | None, identifiers: Path | None, lost: bool, **_: Any
) -> int:
    """Change the store key, or link the pseudonyms of two keys."""
    project, lang = asked_project(), asked_language()
    if which == "store":
        return _rotate_store_key(project, new, lang)
    if lost:
        return _forget_pseudonyms(project, new, lang)
    if not kind or identifiers is None:
        raise RequestError("rotation-incomplete")
    return _rotate_pseudonyms(project, new, kind, identifiers, lang)


def _rotate_store_key(project: Project, new: Path, lang: str) -> int:
    from evaluation.intake.keys import read_key, require_key  # noqa: PLC0415
    from evaluation.run.store import open_store  # noqa: PLC0415

    require_key("store", project.root)
    n = open_store(project).change_key(read_key("store", new, project.root))
    click.echo(_say(lang, "store-key-changed", n))
    return 0


def _rotate_pseudonyms(project: Project, new: Path, kind: str, identifiers: Path, lang: str) -> int:
    from evaluation.intake.keys import read_key, require_key  # noqa: PLC0415
    from evaluation.intake.pseudonyms import links  # noqa: PLC0415
    from evaluation.run.store import open_store  # noqa: PLC0415

    old = require_key("pseudonym", project.root)
    fresh = read_key("pseudonym", new, project.root)
    try:
        lines = identifiers.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise RequestError("identifiers-unreadable", where=identifiers.name, reason=reason) from None
    found = links(lines, kind=kind, old=old, new=fresh)
    left = open_store(project).link(found, new_key=fresh.id)
    click.echo(_say(lang, "store-linked", len(found)))
    click.echo(_say(lang, "store-unlinked", left))
    return 0


def _forget_pseudonyms(project: Project, new: Path, lang: str) -> int:
    """Go on with a new key where the old one is lost: nobody is followed beyond it."""
    from evaluation.intake.keys import read_key  # noqa: PLC0415
    from evaluation.intake.pseudonyms import links  # noqa: PLC0415
    from evaluation.run.store import open_store  # noqa: PLC0415

    fresh = read_key("pseudonym", new, project.root)
    nobody = links((), kind="", old=fresh, new=fresh)
    left = open_store(project).link(nobody, new_key=fresh.id)
    click.echo(_say(lang, "store-unlinked", left))
    return 0


def new_key(file: Path, **_: Any) -> int:
    """Write a new key into a file outside the project."""
    from evaluation.intake.keys import VARIABLES, new_key_file  # noqa: PLC0415

    new_key_file(file, asked_project().root)
    names = ", ".join(f"{one}_FILE" for one in VARIABLES.values())
    click.echo(text(asked_language(), "store-new-key", file=file.name, variables=names))
    return 0


def _say(lang: str, key: str, *counts: Any, **values: Any) -> str:
    from evaluation.report import say  # noqa: PLC0415 -- pandas, which no other command waits for

    return say(lang, key, *counts, **values)
