"""Links, pictures and downloads of a site: each must lead somewhere within it."""

from __future__ import annotations

import os
import posixpath
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from evaluation.run.render.defects import Defect
from evaluation.run.render.markup import as_page, is_elsewhere
from evaluation.run.render.metadata import as_list
from evaluation.run.render.options import PAGE, SITE, check_options
from evaluation.run.render.page import Page
from evaluation.run.render.styles import loaded_by
from evaluation.run.render.website import CONFIG, SUFFIXES, Website, walk


def check_links(site: Website, pages: Iterable[Page]) -> tuple[list[Defect], dict[str, Path]]:
    """Return what leads nowhere, and the files that must be copied: address in the site -> source."""
    pages = list(pages)
    ids = {page.address: page.ids for page in pages}
    defects: list[Defect] = []
    files = {source.relative_to(site.root).as_posix(): source for source in site.resources()}
    for page in pages:
        for target, place in page.links:
            _check_link(site, page, target, place, ids, defects, files)
        for target, place in page.images:
            if target not in page.files:
                _check_file(site, page, target, place, defects, files)
        for sheet in as_list(page.metadata.get("css")):
            _check_style(site, Path(sheet), defects, files)
    return defects, files


def _check_style(site: Website, sheet: Path, defects: list[Defect], files: dict[str, Path]) -> None:
    """Take up a style sheet and what it loads: files of the project."""
    sheet = Path(os.path.normpath(sheet))
    if not sheet.is_file() or not sheet.is_relative_to(site.root):
        defects.append(Defect(f"{CONFIG}:1", "missing-file", sheet.name))
        return
    name = sheet.relative_to(site.root).as_posix()
    files[name] = sheet
    for target in loaded_by(sheet.read_text(encoding="utf-8")):
        loaded = Path(os.path.normpath(sheet.parent / target))
        if urlsplit(target).scheme == "data":
            continue
        if is_elsewhere(target):
            defects.append(Defect(f"{name}:1", "outside-network", target))
        elif loaded.is_file() and loaded.is_relative_to(site.root):
            files[loaded.relative_to(site.root).as_posix()] = loaded
        else:
            defects.append(Defect(f"{name}:1", "missing-file", target))


def _check_link(
    site: Website,
    page: Page,
    target: str,
    place: str,
    ids: Mapping[str, frozenset[str]],
    defects: list[Defect],
    files: dict[str, Path],
) -> None:
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return
    path, anchor = unquote(parts.path), unquote(parts.fragment)
    address = page.address if not path else resolved(page.address, path)
    if path.endswith(SUFFIXES):
        address = str(Path(address).with_suffix(".html").as_posix())
    if address in ids:
        if anchor and anchor not in ids[address]:
            defects.append(Defect(place, "dead-anchor", target))
    elif address.startswith("../"):
        _check_outside(site, address, target, place, defects)
    else:
        _check_file(site, page, path, place, defects, files, code="dead-link")


def check_project(site: Website) -> list[Defect]:
    """Options of the project's own files that are not known."""
    project = [CONFIG, f"_quarto-{site.profile}.yml"]
    files = [(site.root / name, SITE) for name in project]
    files += [(file, PAGE) for file in sorted(site.root.rglob("_metadata.y*ml"))]
    defects: list[Defect] = []
    for file, known in files:
        if file.is_file():
            where = file.relative_to(site.root).as_posix()
            defects += check_options(file.read_text(encoding="utf-8"), known, where=where)
    return defects


def check_navigation(site: Website, pages: Iterable[Page]) -> list[Defect]:
    """Entries of the navigation that lead to no page of the site."""
    known = {page.address for page in pages}
    rows = (site.root / CONFIG).read_text(encoding="utf-8").splitlines()
    defects = []
    for item, _ in walk((*site.left, *site.right, *site.sidebar)):
        inside = item.href and not item.href.startswith("../") and not is_elsewhere(item.href)
        if inside and as_page(item.href).partition("#")[0].lstrip("/") not in known:
            line = next((n for n, row in enumerate(rows, start=1) if item.href in row), 1)
            defects.append(Defect(f"{CONFIG}:{line}", "dead-link", item.href))
    return defects


def resolved(address: str, path: str) -> str:
    """Return the address in the site of what a page names: beside it, or from the top of the site."""
    if path.startswith("/"):
        return path.lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(address), path))


def _check_outside(site: Website, address: str, target: str, place: str, defects: list[Defect]) -> None:
    """Links out of this language lead to the folder of all languages, where the run has put its files."""
    shared = (site.output / address).resolve()
    sibling = (site.root / address).resolve()
    if not shared.exists() and not sibling.exists() and not sibling.with_suffix(".qmd").exists():
        defects.append(Defect(place, "outside-site", target))


def _check_file(
    site: Website,
    page: Page,
    target: str,
    place: str,
    defects: list[Defect],
    files: dict[str, Path],
    *,
    code: str = "missing-file",
) -> None:
    if urlsplit(target).scheme == "data":
        return
    if is_elsewhere(target):
        defects.append(Defect(place, "outside-network", target))
        return
    address = resolved(page.address, unquote(target))
    source = site.root / address
    if source.is_file():
        files[address] = source
    else:
        defects.append(Defect(place, code, target))


def copy_files(site: Website, pages: Iterable[Page], files: Mapping[str, Path]) -> None:
    """Copy what the pages refer to."""
    for address, source in files.items():
        target = site.output / address
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    for page in pages:
        shown = {target for target, _ in page.images}
        for name in page.files.keys() & shown:
            (site.output / page.address).parent.joinpath(name).write_bytes(page.files[name])
