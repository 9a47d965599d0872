"""A Quarto website project: its pages, navigation and metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.errors import SpecError
from evaluation.run.render.metadata import as_list, flattened, merge, normalised, read_yaml

CONFIG = "_quarto.yml"
SUFFIXES = (".qmd", ".ipynb")
OTHER_LANGUAGE = re.compile(r"^\.\./([a-z]{2})/index\.html$")


@dataclass(frozen=True)
class Item:
    """An entry of the navigation: a page or address with its text, or a section with entries.

    Attributes
    ----------
    text : str
        Empty where the title of the page is meant.
    href : str
        As written; empty for a section without a page.
    children : tuple of Item
    """

    text: str
    href: str
    children: tuple[Item, ...] = ()


@dataclass(frozen=True)
class Website:
    """What ``_quarto.yml`` says.

    Attributes
    ----------
    root, output : Path
        Folder of the sources and of the rendered site.
    lang, title, footer : str
    left, right, sidebar : tuple of Item
    metadata : Mapping
        Everything, for pages.
    variables : Mapping
        ``_variables.yml``, for ``{{< var >}}``.
    profile : str
        For whom the site is rendered.
    """

    root: Path
    output: Path
    lang: str
    title: str
    footer: str
    left: tuple[Item, ...]
    right: tuple[Item, ...]
    sidebar: tuple[Item, ...]
    metadata: Mapping[str, Any]
    variables: Mapping[str, Any]
    profile: str

    @property
    def languages(self) -> dict[str, str]:
        """Other languages of the same site: code -> text of the switch."""
        found = ((OTHER_LANGUAGE.match(item.href), item.text) for item in self.right)
        return {match[1]: text for match, text in found if match}

    @property
    def has_search(self) -> bool:
        """Whether the pages can be searched."""
        return bool((self.metadata.get("website") or {}).get("search", True))

    def pages(self) -> list[Path]:
        """Return the sources of all pages, sorted; names that begin with _ or . are parts of pages.

        ``project.render`` chooses among them: patterns, those that begin with ! take pages out.
        """
        wanted = self._matching("render") if self._project("render") else set(self.root.rglob("*"))
        every = (p for p in sorted(wanted) if p.suffix in SUFFIXES)
        return [p for p in every if not any(part[0] in "_." for part in p.relative_to(self.root).parts)]

    def resources(self) -> list[Path]:
        """Return the files of ``project.resources``, which are copied though no page links to them."""
        return [p for p in sorted(self._matching("resources")) if p.is_file() and p.suffix not in SUFFIXES]

    def _project(self, key: str) -> list[str]:
        return [str(pattern) for pattern in as_list((self.metadata.get("project") or {}).get(key))]

    def _matching(self, key: str) -> set[Path]:
        found: set[Path] = set()
        for pattern in self._project(key):
            some = set(self.root.glob(pattern.lstrip("!/")))
            some |= {below for folder in some if folder.is_dir() for below in folder.rglob("*")}
            found = found - some if pattern.startswith("!") else found | some
        return found

    def metadata_of(self, page: Path, own: Mapping[str, Any]) -> dict[str, Any]:
        """Metadata of a page: of the site, of its folders, its own; nearer wins.

        A page that names formats itself has no others.
        """
        layers = [self.metadata]
        folders = [
            self.root,
            *reversed([p for p in page.parents if p.is_relative_to(self.root) and p != self.root]),
        ]
        for folder in folders:
            for name in ("_metadata.yml", "_metadata.yaml"):
                layers.append(_read(folder / name, self.root))
        near = normalised(own, page.parent)
        merged = merge(*layers, near)
        if "format" in near:
            merged["format"] = {name: merged["format"][name] for name in near["format"]}
        return flattened(merged)


def read_website(root: Path, *, profile: str | None = None) -> Website:
    """Read the project of a folder.

    Parameters
    ----------
    root : Path
    profile : str, optional
        For whom; what ``profile.default`` says where it is not given. ``_quarto-<profile>.yml`` adds to
        the project file.

    Raises
    ------
    SpecError
        If there is no ``_quarto.yml``, or it is not a website with an output folder.
    """
    file = root / CONFIG
    if not file.is_file():
        raise SpecError("not-a-website", where=CONFIG, reason="the file is missing")
    metadata = _read(file, root)
    profile = profile or str((metadata.get("profile") or {}).get("default", ""))
    if (added := root / f"_quarto-{profile}.yml").is_file():
        metadata = merge(metadata, _read(added, root))
    project = metadata.get("project") or {}
    if project.get("type") != "website":
        raise SpecError("not-a-website", where=CONFIG, reason="project.type is not website")
    output = (root / str(project.get("output-dir", "_site"))).resolve()
    if root.is_relative_to(output):
        raise SpecError("not-a-website", where=CONFIG, reason="project.output-dir would replace the sources")
    site = metadata.get("website") or {}
    navbar = site.get("navbar") or {}
    sidebar = site.get("sidebar") or {}
    return Website(
        root=root,
        output=output,
        lang=str(metadata.get("lang", "en")),
        title=str(site.get("title", "")),
        footer=_footer(site.get("page-footer")),
        left=_items(navbar.get("left")),
        right=_items(navbar.get("right")),
        sidebar=_items(sidebar.get("contents") if isinstance(sidebar, Mapping) else sidebar),
        metadata=metadata,
        variables=_read(root / "_variables.yml", root),
        profile=profile,
    )


def _read(file: Path, root: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    where = file.relative_to(root).as_posix()
    return normalised(read_yaml(file.read_text(encoding="utf-8"), where=where), file.parent)


def _footer(value: Any) -> str:
    if isinstance(value, Mapping):
        return " · ".join(str(value[side]) for side in ("left", "center", "right") if value.get(side))
    return str(value or "")


def _items(values: Any) -> tuple[Item, ...]:
    return tuple(_item(value) for value in as_list(values))


def _item(value: Any) -> Item:
    if isinstance(value, str):
        return Item("", value)
    children = _items(value.get("contents") or value.get("menu"))
    section = str(value.get("section", ""))
    if section.endswith(SUFFIXES):
        return Item(str(value.get("text", "")), section, children)
    return Item(
        section or str(value.get("text", "")), str(value.get("href") or value.get("file") or ""), children
    )


def walk(items: tuple[Item, ...], trail: tuple[Item, ...] = ()) -> Iterator[tuple[Item, tuple[Item, ...]]]:
    """Yield every entry with the entries above it."""
    for item in items:
        yield item, trail
        yield from walk(item.children, (*trail, item))
