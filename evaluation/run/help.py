"""Click commands whose help and usage errors speak the user's language."""

from __future__ import annotations

import re
from typing import Any

import click

from evaluation.errors import did_you_mean
from evaluation.locales import text
from evaluation.run.screen import said


class Command(click.Command):
    """A command with its help in one language."""

    def __init__(self, *arguments: Any, lang: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.lang = lang

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=f"{text(self.lang, 'cli-usage')}: ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under a heading."""
        options = [one for one in self.get_params(ctx) if isinstance(one, click.Option)]
        records = [record for one in options if (record := one.get_help_record(ctx))]
        with formatter.section(text(self.lang, "cli-options")):
            formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Say where the examples are."""
        command = " ".join(ctx.command_path.split()[1:2])
        with formatter.indentation():
            formatter.write_paragraph()
            formatter.write_text(text(self.lang, "cli-manual-hint", command=command).rstrip())

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return the usage in pieces."""
        pieces = [piece for param in self.get_params(ctx) for piece in param.get_usage_pieces(ctx)]
        return [f"[{text(self.lang, 'cli-options').upper()}]", *pieces]

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the help option with its help in the language."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = text(self.lang, "cli-option-help")
        return option


class Group(Command, click.Group):
    """A group of commands with its help in one language."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write options and commands under headings."""
        super().format_options(ctx, formatter)
        rows = [(name, one.get_short_help_str(300)) for name, one in self.commands.items()]
        with formatter.section(text(self.lang, "cli-commands")):
            formatter.write_dl(rows)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return the usage in pieces."""
        return [*super().collect_usage_pieces(ctx), text(self.lang, "cli-command").upper(), "…"]


def usage_message(lang: str, error: click.ClickException) -> str:
    """Return what was wrong with the command line, and where help is."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "evaluation"
    what = _what(lang, error, context)
    return f"{text(lang, 'cli-error')}: {what}\n  {text(lang, 'cli-see-help', command=f'{path} --help')}"


def _what(lang: str, error: click.ClickException, context: click.Context | None) -> str:
    if isinstance(error, click.NoSuchOption):
        return text(lang, "cli-no-such-option", option=error.option_name)
    if isinstance(error, click.MissingParameter) and error.param is not None:
        name = error.param.make_metavar(context) if context else error.param.name
        return text(lang, "cli-missing-argument", argument=name)
    command = context.command if context else None
    if isinstance(error, click.UsageError) and isinstance(command, Group) and context:
        word = (re.findall(r"'(.+?)'", error.format_message()) or [""])[0]
        suggestion = said(lang, did_you_mean(word, command.commands))
        return text(
            lang, "cli-no-such-command", available=", ".join(command.commands), suggestion=suggestion
        ).strip()
    if isinstance(error, click.BadParameter) and error.param is not None:
        return text(lang, "cli-bad-parameter", option=error.param.opts[0], reason=error.message)
    return error.format_message()
