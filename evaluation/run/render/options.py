"""Options of a project and its pages: what is not known here would silently do nothing, and is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

import yaml

from evaluation.run.render.defects import Defect
from evaluation.run.render.metadata import Loader, as_list

Check = Callable[[Any], bool]
Known = Mapping[str, Any]


def _is(*kinds: type) -> Check:
    return lambda value: isinstance(value, kinds)


def _one_of(*values: Any) -> Check:
    return lambda value: any(value is one or (isinstance(one, str) and value == one) for one in values)


def _is_texts(value: Any) -> bool:
    return all(isinstance(one, str) for one in as_list(value))


def _is_depth(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 6


def _is_date(value: Any) -> bool:
    """Whether it is a day such as 2024-12-31: a page that says "today" would never be the same twice."""
    try:
        return bool(date.fromisoformat(str(value)))
    except ValueError:
        return False


def _is_author(value: Any) -> bool:
    return all(
        isinstance(one, str)
        or (isinstance(one, Mapping) and "name" in one and set(one) <= {"name", "affiliation"})
        for one in as_list(value)
    )


def _anything(_: Any) -> bool:
    return True


TEXT, FLAG = _is(str, int, float), _is(bool)
LISTING: Known = {
    "id": TEXT,
    "contents": _is_texts,
    "type": _one_of("default", "table", "grid"),
    "fields": _is_texts,
    "sort": _is_texts,
}
HTML: Known = {
    "toc": FLAG,
    "toc-depth": _is_depth,
    "number-sections": FLAG,
    "html-math-method": _one_of("mathml"),
    "code-fold": _one_of(True, False, "show"),
    "code-summary": TEXT,
    "css": _is_texts,
    "bibliography": _is_texts,
    "csl": _is(str),
    "html-table-processing": _one_of("none"),
}
PRINT: Known = {"toc": FLAG, "toc-depth": _is_depth, "number-sections": FLAG}
DOCUMENT: Known = {"author": TEXT, "date": _is_date, "header": TEXT, "footer": TEXT}
PAGE: Known = {
    **HTML,
    "title": TEXT,
    "subtitle": TEXT,
    "description": TEXT,
    "author": _is_author,
    "date": _is_date,
    "keywords": _is_texts,
    "categories": _is_texts,
    "nocite": TEXT,
    "references": _is(list),
    "listing": LISTING,
    "execute": {"enabled": _one_of(False)},
    "format": {"html": HTML, "typst": PRINT, "docx": PRINT},
    "document": DOCUMENT,
    "params": _anything,
    "jupyter": _anything,
}
ENTRY: Known = {
    "text": TEXT,
    "href": TEXT,
    "file": TEXT,
    "section": TEXT,
    "contents": _anything,
    "menu": _anything,
}
SITE: Known = {
    **PAGE,
    "lang": TEXT,
    "project": {
        "type": _one_of("website"),
        "output-dir": TEXT,
        "render": _is_texts,
        "resources": _is_texts,
    },
    "profile": {"default": TEXT, "group": _anything},
    "website": {
        "title": TEXT,
        "search": FLAG,
        "navbar": {"left": [ENTRY], "right": [ENTRY]},
        "sidebar": {"contents": [ENTRY]},
        "page-footer": {"left": TEXT, "center": TEXT, "right": TEXT},
    },
}


def check_options(source: str, known: Known, *, where: str, first_line: int = 1) -> Iterator[Defect]:
    r"""Yield the options of a YAML text that are not known, and those whose value is not.

    Parameters
    ----------
    source : str
        YAML that `read_yaml` can read.
    known : Mapping
        `PAGE` or `SITE`.
    where : str
        File, for the place of a defect.
    first_line : int
        Line of the file where the text begins.

    Yields
    ------
    Defect
        ``unknown-option`` or ``bad-option``; names the option with those that it stands in.

    Examples
    --------
    >>> found = check_options("toc: true\nformat:\n  html:\n    theme: cosmo", PAGE, where="a.qmd")
    >>> [(one.place, one.code, one.what) for one in found]
    [('a.qmd:4', 'unknown-option', 'format.html.theme')]
    """
    node = yaml.compose(source, Loader=Loader)
    if isinstance(node, yaml.MappingNode):
        for line, code, what in _of_mapping(node, known, ""):
            yield Defect(f"{where}:{first_line + line}", code, what)


def _of_mapping(node: yaml.MappingNode, known: Known, above: str) -> Iterator[tuple[int, str, str]]:
    for key, value in node.value:
        name, line = f"{above}{key.value}", key.start_mark.line
        if key.value in known:
            yield from _of_value(value, known[key.value], name, line)
        else:
            yield line, "unknown-option", name


def _of_value(node: yaml.Node, known: Any, name: str, line: int) -> Iterator[tuple[int, str, str]]:
    if isinstance(known, list):
        for one in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            yield from _of_value(one, known[0], name, one.start_mark.line)
    elif isinstance(known, Mapping):
        if isinstance(node, yaml.MappingNode):
            yield from _of_mapping(node, known, f"{name}.")
        elif isinstance(node, yaml.SequenceNode):
            for one in node.value:
                yield from _of_value(one, known, name, one.start_mark.line)
    else:
        value = _constructed(node)
        if value is not None and not known(value):
            yield line, "bad-option", f"{name}: {_written(value)}"


def _written(value: Any) -> str:
    """Return a value as it is written on one line of YAML."""
    if isinstance(value, str):
        return value
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=1000)
    return text.removesuffix("...\n").strip()


def _constructed(node: yaml.Node) -> Any:
    return Loader("").construct_document(node)
