"""Lines of a page that remember where they were written, through includes and shortcodes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evaluation.run.render.defects import Defect
from evaluation.run.render.metadata import lookup, split_front_matter

SHORTCODE = re.compile(r"(?<!\{)\{\{<\s*(.*?)\s*>\}\}(?!\})")
ESCAPED = re.compile(r"\{(\{\{<.*?>\}\})\}")
EXECUTABLE = re.compile(r"^\s*(`{3,}|~{3,})\s*\{(?![.=#])\s*([A-Za-z]+)[^}]*\}\s*$")


@dataclass(frozen=True)
class Line:
    """One line of text and the place it comes from.

    Attributes
    ----------
    text, place : str
    literal : bool
        Code and output of a notebook: shortcodes in it are text.
    """

    text: str
    place: str
    literal: bool = False


@dataclass(frozen=True)
class Context:
    """What shortcodes may read while one page is expanded.

    Attributes
    ----------
    root : Path
        Folder of the project.
    page : Path
        The page; includes that are not beside the including file are looked for beside the page.
    metadata, variables : Mapping
        For ``{{< meta >}}`` and ``{{< var >}}``.
    defects : list of Defect
        Where defects are added.
    """

    root: Path
    page: Path
    metadata: Mapping[str, Any]
    variables: Mapping[str, Any]
    defects: list[Defect] = field(default_factory=list)


def read_lines(file: Path, root: Path) -> tuple[list[Line], str]:
    """Return the body of a page, and its front matter as YAML text."""
    rows = file.read_text(encoding="utf-8-sig").splitlines()
    front, skipped = split_front_matter(rows)
    name = file.relative_to(root).as_posix()
    return [Line(row, f"{name}:{n}") for n, row in enumerate(rows, start=1) if n > skipped], front


def expand(lines: list[Line], context: Context) -> list[Line]:
    """Return the lines with every include pulled in and every shortcode replaced."""
    return _expand(lines, context, (context.page,))


def _expand(lines: list[Line], context: Context, trail: tuple[Path, ...]) -> list[Line]:
    expanded: list[Line] = []
    for line in lines:
        executable = None if line.literal else EXECUTABLE.match(line.text)
        if executable:
            context.defects.append(Defect(line.place, "executable-cell", executable[2]))
        elif line.literal or "{{<" not in line.text:
            expanded.append(line)
        else:
            expanded.extend(_expand_line(line, context, trail))
    return expanded


def _expand_line(line: Line, context: Context, trail: tuple[Path, ...]) -> list[Line]:
    alone = SHORTCODE.fullmatch(line.text.strip())
    words = _words(alone[1]) if alone else []
    if words[:1] == ["include"]:
        return _include(" ".join(words[1:]), line, context, trail)

    def replace(found: re.Match[str]) -> str:
        return _inline(_words(found[1]), line, context)

    replaced = SHORTCODE.sub(replace, line.text)
    if "{{<" in ESCAPED.sub("", replaced):
        context.defects.append(Defect(line.place, "open-shortcode", line.text.strip()))
    return [Line(ESCAPED.sub(r"\1", replaced), line.place)]


def _words(inside: str) -> list[str]:
    try:
        return shlex.split(inside)
    except ValueError:
        return inside.split()


def _include(name: str, line: Line, context: Context, trail: tuple[Path, ...]) -> list[Line]:
    file = _find_include(name, context, trail)
    if file is None:
        context.defects.append(Defect(line.place, "missing-include", name))
        return []
    if file in trail:
        context.defects.append(Defect(line.place, "include-cycle", name))
        return []
    inner, _ = read_lines(file, context.root)
    blank = Line("", line.place)
    return [blank, *_expand(inner, context, (*trail, file)), blank]


def _find_include(name: str, context: Context, trail: tuple[Path, ...]) -> Path | None:
    bases = [context.root] if name.startswith("/") else [trail[-1].parent, context.page.parent]
    for base in bases:
        file = (base / name.lstrip("/")).resolve()
        if file.is_file() and file.is_relative_to(context.root):
            return file
    return None


def _inline(words: list[str], line: Line, context: Context) -> str:
    known: dict[str, Callable[[str], str]] = {
        "meta": lambda key: _value(context.metadata, key),
        "var": lambda key: _value(context.variables, key),
    }
    if words == ["pagebreak"]:
        return '`<span class="page-break"></span>`{=html}'
    if len(words) != 2 or words[0] not in known:
        context.defects.append(Defect(line.place, "unknown-shortcode", " ".join(words)))
        return ""
    try:
        return known[words[0]](words[1])
    except KeyError:
        context.defects.append(Defect(line.place, "missing-key", words[1]))
        return ""


def _value(values: Mapping[str, Any], key: str) -> str:
    value = lookup(values, key)
    if isinstance(value, Mapping | list):
        raise KeyError(key)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
