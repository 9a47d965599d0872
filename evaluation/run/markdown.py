"""Pieces of Quarto markdown."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#$@|~^])")


def plain(text: str) -> str:
    r"""Escape a text, so that markdown shows it as it is.

    Examples
    --------
    >>> plain("a_b [c]")
    'a\\_b \\[c\\]'
    """
    return _SPECIAL.sub(r"\\\1", text)


def raw(html: str) -> str:
    """Pass HTML through."""
    return f"```{{=html}}\n{html}\n```\n"


def attribute(text: str) -> str:
    """Quote the value of an attribute."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def callout(kind: str, title: str, body: str) -> str:
    """Return a callout."""
    return f"::: {{.callout-{kind} title={attribute(title)}}}\n{body.strip()}\n:::\n"


def numbered(name: str, inner: str, caption: str) -> str:
    """Return a figure or table that is numbered and can be referred to."""
    return f"::: {{#{name}}}\n{inner.strip()}\n\n{plain(caption)}\n:::\n"


def details(summary: str, html: str) -> str:
    """Return HTML that opens on demand."""
    return raw(f'<details class="data">\n<summary>{summary}</summary>\n{html}\n</details>')


def on_screen(body: str) -> str:
    """Show only on the page: links to files beside it, which a printed page does not have."""
    return f'::: {{.content-visible when-format="html"}}\n{body}\n:::\n'
