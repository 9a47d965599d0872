"""Listings: pages of the site as a list, a table or cards, where a page's metadata ask for them."""

from __future__ import annotations

import os
import posixpath
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from evaluation.locales import text
from evaluation.report import number
from evaluation.run.render.defects import Defect
from evaluation.run.render.metadata import as_list
from evaluation.run.render.page import Page
from evaluation.run.render.website import Website

FIELDS = ("title", "subtitle", "description", "author", "date", "categories")
DEFAULT_FIELDS = ("title", "description")
CZECH = re.compile("ch|.", re.DOTALL)
AFTER = {"č": "c", "ch": "h", "ř": "r", "š": "s", "ž": "z"}
"""Letters of the Czech alphabet that stand after another one."""


def authors_of(metadata: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return name and affiliation of each author.

    Examples
    --------
    >>> authors_of({"author": ["Jan Novák", {"name": "Eva Malá", "affiliation": "MMR"}]})
    [('Jan Novák', ''), ('Eva Malá', 'MMR')]
    """
    found = as_list(metadata.get("author"))
    pairs = (one if isinstance(one, Mapping) else {"name": one} for one in found)
    return [(str(one["name"]), str(one.get("affiliation", ""))) for one in pairs]


def alphabetical(word: str) -> list[tuple[str, int, str]]:
    """Return a key that sorts as a Czech dictionary does; English words come out in their order too.

    Examples
    --------
    >>> sorted(["chata", "cena", "čas", "hora", "Cíl"], key=alphabetical)
    ['cena', 'Cíl', 'čas', 'hora', 'chata']
    """
    return [_letter(letter) for letter in CZECH.findall(unicodedata.normalize("NFC", word).casefold())]


def _letter(letter: str) -> tuple[str, int, str]:
    if letter in AFTER:
        return AFTER[letter], 1, ""
    return unicodedata.normalize("NFD", letter)[0], 0, letter


def check_listings(pages: Sequence[Page]) -> list[Defect]:
    """Return listings that list nothing, and fields that they cannot show or sort by."""
    defects = []
    for page in pages:
        place = f"{page.name}:1"
        for given in as_list(page.metadata.get("listing")):
            if not _chosen(given, page, pages):
                what = ", ".join(map(str, as_list(given.get("contents"))))
                defects.append(Defect(place, "empty-listing", what))
            named = [*as_list(given.get("fields")), *(str(s).split()[0] for s in as_list(given.get("sort")))]
            wrong = [f"listing: {name}" for name in named if name not in FIELDS]
            defects += [Defect(place, "bad-option", what) for what in wrong]
    return defects


def with_listings(page: Page, site: Website, pages: Sequence[Page]) -> str:
    """Return the body of a page with its listings: in the block of their id, otherwise at the end."""
    body = page.body
    for given in as_list(page.metadata.get("listing")):
        name = str(given.get("id", "listing"))
        html = _listing(given, page, site, pages)
        place = re.compile(rf'<div id="{re.escape(name)}">\s*</div>')
        body = place.sub(lambda _, html=html: html, body) if place.search(body) else f"{body}\n{html}"  # type: ignore[misc]
    return body


def _chosen(given: Mapping[str, Any], page: Page, pages: Sequence[Page]) -> list[Page]:
    """Return the pages that a listing takes, in its order."""
    patterns = as_list(given.get("contents")) or ["*.qmd"]
    found = (one for pattern in patterns for one in page.source.parent.glob(str(pattern)))
    sources = {Path(os.path.normpath(one)) for one in found}
    chosen = [one for one in pages if one.source in sources and one.source != page.source]
    for key in reversed(as_list(given.get("sort"))):
        field, _, direction = str(key).partition(" ")
        chosen.sort(key=lambda one, f=field: alphabetical(_plain(one, f)), reverse=direction == "desc")  # type: ignore[misc]
    return chosen


def _plain(page: Page, field: str) -> str:
    return page.title if field == "title" else str(page.metadata.get(field, ""))


def _listing(given: Mapping[str, Any], page: Page, site: Website, pages: Sequence[Page]) -> str:
    fields = [str(field) for field in as_list(given.get("fields"))] or list(DEFAULT_FIELDS)
    chosen = _chosen(given, page, pages)
    name = escape(str(given.get("id", "listing")))
    kind = str(given.get("type", "default"))
    if kind == "table":
        return _table(chosen, fields, name, page, site.lang)
    items = "".join(f"<li>{''.join(_card(one, fields, page, site.lang))}</li>" for one in chosen)
    return f'<ul id="{name}" class="listing listing-{kind}">{items}</ul>'


def _card(shown: Page, fields: Sequence[str], page: Page, lang: str) -> Iterator[str]:
    for field in fields:
        value = _value(shown, field, page, lang)
        if value:
            yield f'<div class="listing-{field}">{value}</div>'


def _table(chosen: Sequence[Page], fields: Sequence[str], name: str, page: Page, lang: str) -> str:
    heads = "".join(f'<th scope="col">{escape(text(lang, f"render-field-{f}"))}</th>' for f in fields)
    rows = "".join(
        "<tr>" + "".join(f"<td>{_value(one, field, page, lang)}</td>" for field in fields) + "</tr>"
        for one in chosen
    )
    label = escape(text(lang, "render-table_region"))
    return (
        f'<div id="{name}" class="table-frame" role="group" tabindex="0" aria-label="{label}">'
        f'<table class="listing"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _value(shown: Page, field: str, page: Page, lang: str) -> str:
    """Return one field of a listed page as HTML."""
    value = shown.metadata.get(field)
    if field == "title":
        href = posixpath.relpath(shown.address, posixpath.dirname(page.address) or ".")
        return f'<a href="{escape(href)}">{shown.texts["title"]}</a>'
    if field in {"subtitle", "description"}:
        return shown.texts.get(field, "")
    if field == "date":
        return escape(number(str(value), lang, "date")) if value else ""
    if field == "author":
        return escape(", ".join(name for name, _ in authors_of(shown.metadata)))
    return escape(", ".join(map(str, as_list(value))))
