"""The embedded renderer: a Quarto website project to HTML, from wheels alone."""

from __future__ import annotations

import posixpath
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from evaluation.errors import RunError
from evaluation.locales import text
from evaluation.run.render.check import check_links, check_navigation, copy_files
from evaluation.run.render.defects import Defect, refuse
from evaluation.run.render.page import Page, address_of, read_page
from evaluation.run.render.website import OTHER_LANGUAGE, SUFFIXES, Item, Website, read_website, walk

HERE = Path(__file__).parent
ASSETS = ("style.css", "script.js")
LABELS = ("skip", "menu", "contents", "breadcrumbs", "pages", "previous", "next", "language", "site")


@dataclass(frozen=True)
class Entry:
    """An entry of the navigation as a page shows it."""

    text: str
    href: str
    is_current: bool
    children: tuple[Entry, ...] = ()


def render(source: Path, *, on_page: Callable[[str], None] | None = None) -> tuple[Path, ...]:
    """Render a website project.

    Parameters
    ----------
    source : Path
        Folder with ``_quarto.yml``.
    on_page : callable, optional
        Called with the address of each page that was written.

    Returns
    -------
    tuple of Path
        The pages written.

    Raises
    ------
    SpecError
        If the folder is no website project.
    RunError
        If something on a page cannot be rendered: all such places of the site at once; nothing is written.
    """
    site = read_website(Path(source).resolve())
    pages, defects = _read(site)
    dead, files = check_links(site, pages)
    refuse([*defects, *dead, *check_navigation(site, pages)], lang=site.lang)
    _clear(site.output)
    for name in ASSETS:
        shutil.copyfile(HERE / name, site.output / name)
    written = []
    for page in pages:
        target = site.output / page.address
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_framed(page, site, pages), encoding="utf-8")
        written.append(target)
        if on_page:
            on_page(page.address)
    copy_files(site, pages, files)
    return tuple(written)


def _clear(output: Path) -> None:
    """Empty the folder of an earlier site; a folder that holds something else is left alone."""
    if output.exists():
        if any(output.iterdir()) and not (output / "index.html").is_file():
            raise RunError(
                "not-writable", folder=output.name, reason="it holds files that are no rendered site"
            )
        shutil.rmtree(output)
    output.mkdir(parents=True)


def _read(site: Website) -> tuple[list[Page], list[Defect]]:
    """Render all bodies, two at a time: pandoc is a process of its own."""
    sources = site.pages()
    found: list[list[Defect]] = [[] for _ in sources]
    with ThreadPoolExecutor(max_workers=2) as pool:
        pages = list(
            pool.map(lambda pair: read_page(pair[0], site, pair[1]), zip(sources, found, strict=True))
        )
    return pages, [defect for some in found for defect in some] + _doubled(site, sources)


def _doubled(site: Website, sources: Sequence[Path]) -> list[Defect]:
    """Two sources of one page: a.qmd beside a.ipynb."""
    first: dict[str, Path] = {}
    doubled = [s for s in sources if first.setdefault(address_of(s, site.root), s) != s]
    return [Defect(f"{s.relative_to(site.root).as_posix()}:1", "same-output", s.name) for s in doubled]


@cache
def _template() -> Template:
    loader = FileSystemLoader(HERE)
    jinja = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return jinja.get_template("template.html")


def _framed(page: Page, site: Website, pages: Sequence[Page]) -> str:
    titles = {other.address: other.title for other in pages}
    order = [address for item, _ in walk(site.sidebar) if (address := _address(item.href, site)) in titles]
    at = order.index(page.address) if page.address in order else None
    depth = int(page.metadata.get("toc-depth", 3))
    return _template().render(
        page=page,
        body=Markup(page.body),
        lang=site.lang,
        site=site,
        base=_relative("", page),
        home=_relative("index.html", page),
        label={name: text(site.lang, f"render-{name}") for name in LABELS},
        toc=[h for h in page.headings if h.level <= depth] if page.metadata.get("toc", True) else [],
        navbar=_entries((*site.left, *_plain(site.right)), page, site, titles),
        sidebar=_entries(site.sidebar, page, site, titles),
        switches=_switches(page, site),
        breadcrumbs=_breadcrumbs(page, site, titles),
        previous=_neighbour(order, at, -1, page, titles),
        following=_neighbour(order, at, 1, page, titles),
    )


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
