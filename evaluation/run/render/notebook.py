"""An executed notebook as the lines of a page."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from evaluation.run.render.defects import Defect
from evaluation.run.render.lines import Line
from evaluation.run.render.metadata import split_front_matter

HIDDEN_TAGS = {"parameters", "injected-parameters", "remove-cell"}
OPTIONS = {
    "label",
    "echo",
    "include",
    "output",
    "eval",
    "warning",
    "fig-cap",
    "fig-alt",
    "tbl-cap",
    "code-fold",
    "code-summary",
}
PICTURES = {"image/svg+xml": "svg", "image/png": "png"}


@dataclass(frozen=True)
class Notebook:
    """A page made of a notebook.

    Attributes
    ----------
    lines : list of Line
    front : str
        YAML of a raw first cell.
    title : str
        Text of a first heading, taken out of the lines.
    files : dict of str to bytes
        Pictures, by name relative to the page.
    defects : list of Defect
    """

    lines: list[Line]
    front: str
    title: str
    files: dict[str, bytes] = field(default_factory=dict)
    defects: list[Defect] = field(default_factory=list)


def read_notebook(file: Path, root: Path, *, code: str) -> Notebook:
    """Turn a notebook into the lines of a page; nothing is executed.

    Parameters
    ----------
    file, root : Path
    code : str
        Text above folded code.
    """
    name, raw, page = _open(file, root)
    title = ""
    for number, cell in _shown(raw["cells"]):
        place = f"{name}, cell {number}"
        if cell["cell_type"] == "markdown":
            rows = _text(cell["source"]).splitlines()
            if not title and not page.lines and rows and rows[0].startswith("# "):
                title, rows = rows[0][2:].strip(), rows[1:]
            page.lines.extend(Line(row, f"{place}:{n}") for n, row in enumerate([*rows, ""], start=1))
        else:
            rows = list(_code_cell(cell, f"{file.stem}-{number}", place, page, f"{code} [{number}]"))
            page.lines.extend(Line(row, f"{place}:1", literal=True) for row in rows)
    return Notebook(page.lines, page.front, title, page.files, page.defects)


def read_cell(file: Path, root: Path, label: str, *, code: str, echo: bool) -> Notebook | None:
    """Turn one cell of a notebook into lines, to be embedded in another page.

    Parameters
    ----------
    file, root : Path
    label : str
        ``#| label:`` of the cell, its id, or one of its tags; every cell with code where it is empty.
    code : str
        Text above folded code.
    echo : bool
        Whether the code is shown too.

    Returns
    -------
    Notebook or None
        None where there is no such cell, or it is hidden.
    """
    name, raw, page = _open(file, root)
    key = "-".join(file.relative_to(root).with_suffix("").parts)
    cells = [(n, cell) for n, cell in _shown(raw["cells"]) if cell["cell_type"] == "code"]
    chosen = [(n, cell) for n, cell in cells if not label or label in _names(cell)]
    for number, cell in chosen:
        place = f"{name}, cell {number}"
        rows = _code_cell(cell, f"{key}-{number}", place, page, f"{code} [{number}]", echo=echo)
        page.lines.extend(Line(row, f"{place}:1", literal=True) for row in list(rows))
    return page if chosen else None


def _open(file: Path, root: Path) -> tuple[str, Mapping[str, Any], Notebook]:
    name = file.relative_to(root).as_posix()
    raw = json.loads(file.read_text(encoding="utf-8"))
    page = Notebook([], _front(raw["cells"]), "")
    if (raw["metadata"].get("papermill") or {}).get("exception"):
        page.defects.append(Defect(f"{name}:1", "failed-notebook", file.name))
    return name, raw, page


def _shown(cells: list[Mapping[str, Any]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the cells that may be seen, with their numbers."""
    for number, cell in enumerate(cells, start=1):
        if not HIDDEN_TAGS & set(cell["metadata"].get("tags", [])) and cell["cell_type"] != "raw":
            yield number, cell


def _names(cell: Mapping[str, Any]) -> set[str]:
    """Return what a cell can be called by."""
    label = re.search(r"^#\|\s*label:\s*(\S+)", _text(cell["source"]), re.MULTILINE)
    return {
        str(cell.get("id", "")),
        *cell["metadata"].get("tags", []),
        label[1].strip("'\"") if label else "",
    }


def _front(cells: list[Mapping[str, Any]]) -> str:
    if not cells or cells[0]["cell_type"] != "raw":
        return ""
    return split_front_matter(_text(cells[0]["source"]).splitlines())[0]


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "".join(value)


def _code_cell(
    cell: Mapping[str, Any], key: str, place: str, page: Notebook, summary: str, *, echo: bool = True
) -> Iterator[str]:
    options, source = _options(_text(cell["source"]), place, page)
    if options.get("include") is False:
        return
    if echo and options.get("echo") is not False and source.strip():
        yield from ["", *_fenced(source.rstrip(), _code_attributes(options, summary)), ""]
    if options.get("output") is not False:
        for k, output in enumerate(cell.get("outputs", []), start=1):
            yield from _output(output, f"{key}-{k}", place, page, options)


def _code_attributes(options: Mapping[str, Any], summary: str) -> str:
    """Return the attributes of a block of code; the filter folds it, or the page says so."""
    said = str(options.get("code-summary", summary)).replace("\\", "\\\\").replace('"', '\\"')
    fold = options.get("code-fold")
    own = "" if fold is None else f' code-fold="{str(fold).lower()}"'
    return f'{{.python .cell-code code-summary="{said}"{own}}}'


def _options(source: str, place: str, page: Notebook) -> tuple[dict[str, Any], str]:
    rows = source.splitlines()
    head = [row for row in rows if row.startswith("#|")]
    found = yaml.safe_load("\n".join(row[2:].strip() for row in head)) or {}
    for key in sorted(set(found) - OPTIONS):
        page.defects.append(Defect(f"{place}:1", "unknown-cell-option", str(key)))
    return dict(found), "\n".join(row for row in rows if not row.startswith("#|"))


def _output(
    output: Mapping[str, Any], key: str, place: str, page: Notebook, options: Mapping[str, Any]
) -> Iterator[str]:
    kind = output["output_type"]
    if kind == "error":
        page.defects.append(Defect(f"{place}:1", "failed-notebook", str(output.get("ename", ""))))
    elif kind == "stream":
        if output.get("name") != "stderr" or options.get("warning") is not False:
            yield from _block(_text(output["text"]))
    else:
        yield from _data(output["data"], key, place, page, options)


def _data(
    data: Mapping[str, Any], key: str, place: str, page: Notebook, options: Mapping[str, Any]
) -> Iterator[str]:
    picture = next((mime for mime in PICTURES if mime in data), None)
    if picture and "text/html" not in data:
        file = f"{key}.{PICTURES[picture]}"
        content = _text(data[picture])
        page.files[file] = content.encode() if picture.endswith("xml") else base64.b64decode(content)
        alt = str(options.get("fig-alt", "")).replace('"', "'")
        label = f" #{options['label']}" if str(options.get("label", "")).startswith("fig-") else ""
        yield from [f'![{options.get("fig-cap", "")}]({file}){{fig-alt="{alt}"{label}}}', ""]
    elif "text/html" in data:
        yield from _html(_text(data["text/html"]), options)
    elif "text/markdown" in data:
        yield from [*_text(data["text/markdown"]).splitlines(), ""]
    elif "text/plain" in data:
        yield from _block(_text(data["text/plain"]))
    else:
        page.defects.append(Defect(f"{place}:1", "unknown-output", ", ".join(sorted(data))))


def _html(text: str, options: Mapping[str, Any]) -> Iterator[str]:
    raw = _fenced(f'<div class="output">{text}</div>', "{=html}")
    label = str(options.get("label", ""))
    if label.startswith("tbl-"):
        yield from [f"::: {{#{label}}}", *raw, "", str(options.get("tbl-cap", "")), ":::", ""]
    else:
        yield from [*raw, ""]


def _block(text: str) -> list[str]:
    return [*_fenced(text.rstrip("\n"), ""), ""]


def _fenced(text: str, kind: str) -> list[str]:
    """Put text between fences that are longer than any within it."""
    longest = max((len(run) for run in re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return [f"{fence}{kind}", *text.splitlines(), fence]
