"""Tables of what an analysis compares, how it was run, and where its numbers come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from evaluation.locales import text
from evaluation.report import Column, Markup, html_table, number

if TYPE_CHECKING:
    from evaluation.run.content import Content

Row = tuple[str, "str | Markup"]


def pairs(rows: Iterable[Row], lang: str, *, name: str = "label-item") -> str:
    """Return a table of names and values."""
    heads = [Column(text(lang, name), header=True), Column(text(lang, "label-value"))]
    return html_table(heads, list(rows))


def plain_value(value: Any, lang: str) -> str:
    """Return a setting in words: yes or no, or a list."""
    if isinstance(value, bool):
        return text(lang, "label-yes" if value else "label-no")
    return ", ".join(str(one) for one in value) if isinstance(value, (list, tuple)) else str(value)


def parameter_table(content: Content) -> str:
    """Return the parameters as they were used: names and values of the specification."""
    rows = [
        (name, Markup(f"<code>{escape(plain_value(value, content.lang))}</code>"))
        for name, value in content.result["parameters"].items()
    ]
    return pairs(rows, content.lang, name="parameter-name")


def provenance_table(content: Content, manifest: Mapping[str, Any]) -> str:
    """Return where the numbers come from: data, specification, code."""
    lang = content.lang
    origin, code = content.result["provenance"], manifest.get("code") or {}
    data = origin.get("data") or {}
    rows = [row for one in data.get("parts") or [data] for row in source_rows(one, lang)]
    values: dict[str, Any] = {
        "spec": _hashed(origin.get("spec")),
        "notebook": _hashed(origin.get("notebook")),
        "seed": _code(origin.get("seed")),
        "version": code.get("version"),
        "commit": _code(code.get("commit")),
        "dirty": None if code.get("dirty") is None else plain_value(bool(code["dirty"]), lang),
        "tree": _code(code.get("tree_sha256")),
        "python": (manifest.get("versions") or {}).get("python"),
    }
    return pairs([*rows, *_known(values, lang)], lang)


def source_rows(data: Mapping[str, Any], lang: str) -> list[Row]:
    """Return what is known of one file of data, or of what was accepted in its place."""
    accepted = data.get("vintages") or {}
    values: dict[str, Any] = {
        "title": (data.get("title") or {}).get(lang),
        "synthetic": plain_value(bool(data.get("synthetic")), lang),
        **{key: _in_language(data.get(key), lang) for key in ("publisher", "source", "licence")},
        **{key: data.get(key) for key in ("address", "file")},
        **{key: _count(data.get(key), lang) for key in ("rows", "rows_used")},
        "sha256": _code(data.get("sha256")),
        "vintages": _count(accepted.get("vintages"), lang),
        "purged": _count(accepted.get("purged") or None, lang),
        "register": _code(accepted.get("register")),
    }
    return _known(values, lang)


def _known(values: Mapping[str, Any], lang: str) -> list[Row]:
    return [(text(lang, f"provenance-{key}"), value) for key, value in values.items() if value]


def _in_language(value: Any, lang: str) -> str | None:
    return value.get(lang) if isinstance(value, Mapping) else value


def _count(value: Any, lang: str) -> str | None:
    return None if value is None else number(value, lang, "count")


def _code(value: Any) -> Markup | None:
    return None if value is None else Markup(f"<code>{escape(str(value))}</code>")


def _hashed(value: Mapping[str, str] | None) -> Markup | None:
    """Return a file with its fingerprint."""
    if not value:
        return None
    return Markup(f"{escape(value['file'])}<br><code>{escape(value['sha256'])}</code>")
