"""The pandoc of the wheel: the lines of a page through the filters into one format."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pypandoc

from evaluation.errors import RunError
from evaluation.run.render.lines import Line
from evaluation.run.render.metadata import as_list

FILTER = Path(__file__).parent / "filters" / "quarto.lua"
STYLES = Path(__file__).parent / "styles"
MARKDOWN = "markdown"


@dataclass(frozen=True)
class Given:
    """What the filters read beside the text.

    Attributes
    ----------
    words : Mapping
        Words of the language and options of the page.
    fragments : Mapping
        Short texts around the page that are Markdown too: title, subtitle, footer.
    metadata : Mapping
        What the writer itself reads: title, authors, date.
    """

    words: Mapping[str, str]
    fragments: Mapping[str, Any]
    metadata: Mapping[str, Any] = field(default_factory=dict)


@cache
def pandoc() -> str:
    """Path of the pandoc in the wheel."""
    return str(pypandoc.get_pandoc_path())


def convert(
    lines: Iterable[Line],
    metadata: Mapping[str, Any],
    given: Given,
    source: Path,
    *,
    options: Sequence[str],
    epoch: int = 0,
) -> tuple[bytes, dict[str, Any]]:
    """Convert a page, and return what pandoc wrote and what the filters found.

    Parameters
    ----------
    lines : iterable of Line
    metadata : Mapping
        Of the page: its language, bibliography and style of citations.
    given : Given
    source : Path
        The page; what it names is looked for beside it.
    options : sequence of str
        The writer and its options.
    epoch : int
        Seconds since 1970 that a format with a date in it shall carry.

    Raises
    ------
    RunError
        ``pandoc-failed``, with its last line.
    """
    with tempfile.TemporaryDirectory() as scratch:
        file, report = Path(scratch) / "given.json", Path(scratch) / "found.json"
        file.write_text(_metadata_file(metadata, given, report), encoding="utf-8")
        command = [pandoc(), "-f", MARKDOWN, "--wrap=none", "--strip-comments", *options]
        command += [f"--metadata-file={file}", f"--lua-filter={FILTER}", *_citations(metadata)]
        done = subprocess.run(
            command,
            input="\n".join(line.text for line in lines).encode(),
            capture_output=True,
            cwd=source.parent,
            env=os.environ | {"SOURCE_DATE_EPOCH": str(epoch)},
            check=False,
        )
        if done.returncode or not report.is_file():
            said = done.stderr.decode().strip().splitlines() or ["?"]
            raise RunError("pandoc-failed", where=source.name, reason=said[-1])
        return done.stdout, json.loads(report.read_text(encoding="utf-8"))


def _metadata_file(metadata: Mapping[str, Any], given: Given, report: Path) -> str:
    fragments = {key: str(value) for key, value in given.fragments.items() if value}
    content = {"words": {**given.words, "report": str(report)}, "fragments": fragments}
    content |= {key: metadata[key] for key in ("references", "nocite") if key in metadata}
    options = {"lang": metadata.get("lang", "en"), "link-citations": True, **given.metadata}
    return json.dumps({**content, **options})


def _citations(metadata: Mapping[str, Any]) -> list[str]:
    """Return what pandoc needs for citations: the style of the page, or ours of its language."""
    files = [file for file in as_list(metadata.get("bibliography")) if Path(file).is_file()]
    if not files and "references" not in metadata:
        return []
    own = STYLES / f"{metadata.get('lang')}.csl"
    style = next(iter(as_list(metadata.get("csl"))), own if own.is_file() else STYLES / "en.csl")
    return ["--citeproc", *(f"--bibliography={file}" for file in files), f"--csl={style}"]
