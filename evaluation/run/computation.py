"""The executed notebook as a page: what ran, without parameters and without the payloads of results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from evaluation.locales import text
from evaluation.report import say
from evaluation.run.files import to_json
from evaluation.run.markdown import callout, plain
from evaluation.run.navigation import title_of, yaml_text

_LEFT_OUT = ("parameters", "injected-parameters")
_SHOWN = ("text/html", "text/plain", "image/svg+xml", "image/png")


def page(notebook: Mapping[str, Any], result: Mapping[str, Any], lang: str) -> str:
    """Return the notebook as a page in one language: a title, an introduction, code and what it showed."""
    title = text(lang, "page-computation", title=title_of(result, lang))
    head = {
        "cell_type": "raw",
        "metadata": {},
        "source": f"---\n{yaml_text({'title': title, 'format': 'html'})}---",
        "id": "title",
    }
    intro = plain(text(lang, "page-computation-intro")) + "\n"
    if result["spec"].get("synthetic"):
        said = say(lang, "note-synthetic_data")
        intro += "\n" + callout("important", text(lang, "page-synthetic-title"), plain(said))
    words = {"cell_type": "markdown", "metadata": {}, "source": intro, "id": "introduction"}
    kept = [_clean(cell) for cell in notebook["cells"] if _is_kept(cell)]
    metadata = {
        key: notebook["metadata"][key]
        for key in ("kernelspec", "language_info")
        if key in notebook["metadata"]
    }
    papermill = notebook["metadata"].get("papermill") or {}
    if papermill.get("exception"):
        metadata["papermill"] = {"exception": True}
    whole = {"cells": [head, words, *kept], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return to_json(json.loads(json.dumps(whole)))


def _is_kept(cell: Mapping[str, Any]) -> bool:
    tags = cell.get("metadata", {}).get("tags", [])
    return cell.get("cell_type") != "raw" and not any(tag in _LEFT_OUT for tag in tags)


def _clean(cell: Mapping[str, Any]) -> dict[str, Any]:
    """Return a cell without the times of its run and without payloads for machines."""
    tags = cell.get("metadata", {}).get("tags", [])
    kept = {key: value for key, value in cell.items() if key not in ("metadata", "outputs")}
    kept["metadata"] = {"tags": tags} if tags else {}
    if "outputs" in cell:
        kept["outputs"] = [_output(output) for output in cell["outputs"]]
    return kept


def _output(output: Mapping[str, Any]) -> dict[str, Any]:
    if "data" not in output:
        return dict(output)
    shown = {kind: value for kind, value in output["data"].items() if kind in _SHOWN}
    return {**output, "data": shown, "metadata": {}}
