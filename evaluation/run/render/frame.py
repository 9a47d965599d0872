"""What stands around the body of a page: head, navigation, contents, author and date."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from evaluation.locales import text
from evaluation.report import number
from evaluation.run.render.documents import Document
from evaluation.run.render.listing import authors_of, with_listings
from evaluation.run.render.metadata import as_list
from evaluation.run.render.page import Page, address_of
from evaluation.run.render.website import OTHER_LANGUAGE, SUFFIXES, Item, Website, walk

HERE = Path(__file__).parent
LABELS = ("skip", "menu", "contents", "breadcrumbs", "pages", "previous", "next", "language", "site", "date",
          "theme", "search", "search-count", "search-none")  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """An entry of the navigation as a page shows it."""

    text: str
    href: str
    is_current: bool
    children: tuple[Entry, ...] = ()


@cache
def _template() -> Template:
    loader = FileSystemLoader(HERE)
    jinja = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return jinja.get_template("template.html")


def framed(page: Page, site: Website, pages: Sequence[Page], made: Sequence[Document] = ()) -> str:
    """Return the whole HTML of a page of a site, which offers the documents made of it."""
    titles = {other.address: other.title for other in pages}
    order = [address for item, _ in walk(site.sidebar) if (address := _address(item.href, site)) in titles]
    at = order.index(page.address) if page.address in order else None
    depth = int(page.metadata.get("toc-depth", 3))
    return _template().render(
        page=page,
        body=Markup(with_listings(page, site, pages)),
        lang=site.lang,
        site=site,
        base=_relative("", page),
        home=_relative("index.html", page),
        label={name: text(site.lang, f"render-{name}") for name in LABELS},
        toc=[h for h in page.headings if h.level <= depth] if page.metadata.get("toc", True) else [],
        navbar=_entries((*site.left, *_plain(site.right)), page, site, titles),
        sidebar=_entries(site.sidebar, page, site, titles),
        switches=_switches(page, site),
        sheets=[_relative(sheet, page) for sheet in _sheets(page, site)],
        **_byline(page, site.lang),
        downloads=[_download(one, page, site) for one in made],
        downloads_label=text(site.lang, "document-downloads"),
        breadcrumbs=_breadcrumbs(page, site, titles),
        previous=_neighbour(order, at, -1, page, titles),
        following=_neighbour(order, at, 1, page, titles),
    )


def _download(one: Document, page: Page, site: Website) -> tuple[str, str]:
    """Return the address of a document, and its name with language and size."""
    size = number(max(round(len(one.content) / 1000), 1), site.lang, "count")
    name = text(site.lang, f"document-{'whole' if one.is_whole else one.format}", size=size)
    return _relative(one.address, page), name


def _sheets(page: Page, site: Website) -> list[str]:
    sheets = (Path(os.path.normpath(sheet)) for sheet in as_list(page.metadata.get("css")))
    return [sheet.relative_to(site.root).as_posix() for sheet in sheets]


def _byline(page: Page, lang: str) -> dict[str, Any]:
    authors = authors_of(page.metadata)
    day = page.metadata.get("date")
    return {
        "authors": authors,
        "authors_label": text(lang, "render-authors", len(authors) or 1),
        "date": number(str(day), lang, "date") if day else "",
        "keywords": ", ".join(map(str, as_list(page.metadata.get("keywords")))),
    }


def _address(href: str, site: Website) -> str:
    path = href.partition("#")[0].lstrip("/")
    return address_of(site.root / path, site.root) if path.endswith(SUFFIXES) else path


def _relative(address: str, page: Page) -> str:
    start = posixpath.dirname(page.address) or "."
    found = posixpath.relpath(address or ".", start)
    return found + "/" if not address else found


def _entries(items: Sequence[Item], page: Page, site: Website, titles: dict[str, str]) -> tuple[Entry, ...]:
    return tuple(_entry(item, page, site, titles) for item in items)


def _entry(item: Item, page: Page, site: Website, titles: dict[str, str]) -> Entry:
    outside = "://" in item.href
    address = _address(item.href, site) if item.href else ""
    href = item.href if outside or not item.href else _relative(address, page)
    children = _entries(item.children, page, site, titles)
    return Entry(item.text or titles.get(address, item.href), href, address == page.address, children)


def _plain(items: Sequence[Item]) -> tuple[Item, ...]:
    return tuple(item for item in items if not OTHER_LANGUAGE.match(item.href))


def _switches(page: Page, site: Website) -> list[tuple[str, str, str]]:
    """Language, text and address of the same page in it, or of its first page."""
    found = []
    for lang, label in site.languages.items():
        source = site.root.parent / lang
        same = any((source / page.address).with_suffix(suffix).is_file() for suffix in SUFFIXES)
        target = f"../{lang}/{page.address if same else 'index.html'}"
        found.append((lang, label, _relative(target, page)))
    return found


def _breadcrumbs(page: Page, site: Website, titles: dict[str, str]) -> tuple[Entry, ...]:
    if page.address == "index.html":
        return ()
    trail = [Entry(titles.get("index.html", site.title), _relative("index.html", page), is_current=False)]
    for item, above in walk(site.sidebar):
        if item.href and _address(item.href, site) == page.address:
            trail += [_entry(one, page, site, titles) for one in above]
            break
    return (*trail, Entry(page.title, "", is_current=True))


def _neighbour(
    order: Sequence[str], at: int | None, step: int, page: Page, titles: dict[str, str]
) -> tuple[str, str] | None:
    if at is None or not 0 <= at + step < len(order):
        return None
    address = order[at + step]
    return _relative(address, page), titles[address]
