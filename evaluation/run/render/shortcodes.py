"""Shortcodes of a page: includes, embedded cells of notebooks, values of the metadata."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evaluation.run.render.defects import Defect
from evaluation.run.render.lines import Line, read_lines
from evaluation.run.render.metadata import lookup
from evaluation.run.render.notebook import read_cell

SHORTCODE = re.compile(r"(?<!\{)\{\{<\s*(.*?)\s*>\}\}(?!\})")
ESCAPED = re.compile(r"\{(\{\{<.*?>\}\})\}")
EXECUTABLE = re.compile(r"^\s*(`{3,}|~{3,})\s*\{(?![.=#])\s*([A-Za-z]+)[^}]*\}\s*$")


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
    code : str
        Text above folded code of a notebook.
    defects : list of Defect
        Where defects are added.
    used : set of str
        Keys of the metadata that shortcodes read are added.
    files : dict of str to bytes
        Pictures of embedded notebooks are added: name relative to the page -> content.
    """

    root: Path
    page: Path
    metadata: Mapping[str, Any]
    variables: Mapping[str, Any]
    code: str = ""
    defects: list[Defect] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    files: dict[str, bytes] = field(default_factory=dict)


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
    if words[:1] == ["embed"] and len(words) > 1:
        return _embed(words[1], words[2:], line, context)

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


def _embed(target: str, options: list[str], line: Line, context: Context) -> list[Line]:
    """Return one cell of a notebook as it was executed: ``{{< embed notebook.ipynb#fig-trend >}}``."""
    name, _, label = target.partition("#")
    file = _find_include(name, context, (context.page,))
    if file is None or file.suffix != ".ipynb":
        context.defects.append(Defect(line.place, "missing-include", name))
        return []
    if unknown := [one for one in options if one not in {"echo=true", "echo=false"}]:
        context.defects.append(Defect(line.place, "unknown-shortcode", f"embed {' '.join(unknown)}"))
    found = read_cell(file, context.root, label, code=context.code, echo="echo=true" in options)
    if found is None:
        context.defects.append(Defect(line.place, "missing-cell", target))
        return []
    context.defects.extend(found.defects)
    context.files.update(found.files)
    blank = Line("", line.place)
    return [blank, *found.lines, blank]


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
        context.used.add(words[1])
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
