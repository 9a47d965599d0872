"""A new project: the demonstration project with its synthetic data, and a page that says what to replace."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

from evaluation.errors import RequestError
from evaluation.locales import text
from evaluation.run import yamlfile
from evaluation.run.catalogue import FILE as CATALOGUE
from evaluation.run.catalogue import Catalogue, InFile, read_catalogue
from evaluation.run.commands.template import template_files
from evaluation.run.files import write
from evaluation.run.fingerprint import PACKAGE
from evaluation.run.kinds import DEFAULT
from evaluation.run.programme.read import FOLDER as PROGRAMMES
from evaluation.run.project import FILE, Project, open_project
from evaluation.run.question import Question
from evaluation.run.spec import Loaded, read_analyses

_IGNORED = "reports/build/\ndata/raw/\ndata/vintages/\ndata/derived/\n"


def start_project(folder: Path, *, lang: str) -> tuple[Path, ...]:
    """Write a new project into a folder that is empty or does not exist yet.

    It holds the questions of impact whose data are synthetic, with these data: everything in it runs at
    once, and nothing in it can be taken for a finding.

    Parameters
    ----------
    folder : Path
    lang : {"cs", "en"}
        Of the README.

    Returns
    -------
    tuple of Path
        The files that were written, relative to the folder.

    Raises
    ------
    RequestError
        If the folder is not empty, cannot be written, or the package carries no template.
    """
    present = list(folder.iterdir()) if folder.is_dir() else [folder] if folder.exists() else []
    if present:
        raise RequestError(
            "folder-not-empty", folder=str(folder), count=len(present), example=sorted(present)[0].name
        )
    source = open_project(_template())
    try:
        return _written(source, folder, lang)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise RequestError("not-writable", folder=str(folder), reason=reason) from None


def _template() -> Path:
    """Return the folder of the template: in a wheel beside the modules, in a checkout the checkout itself."""
    found = next((one for one in (PACKAGE / "_project", PACKAGE.parent) if (one / FILE).is_file()), None)
    if found is None:
        raise RequestError("no-template")
    return found


def _written(source: Project, folder: Path, lang: str) -> tuple[Path, ...]:
    catalogue = read_catalogue(source)
    analyses = read_analyses(source)
    starters = {
        one.file: one.analysis for one in analyses if one.analysis and _starts(one.analysis, catalogue)
    }
    kept = {name for one in starters.values() for name in one.sources}
    left_out = _left_out(analyses, catalogue, starters.keys(), kept)
    files = [file for file in template_files(source.root) if not _is_left_out(file, left_out)]
    for file in files:
        target = folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source.root / file, target)
    write(folder / CATALOGUE, _catalogue_with(source.root / CATALOGUE, catalogue, kept))
    own = {"README.md": text(lang, "init-readme"), ".gitignore": _IGNORED}
    for name, content in own.items():
        write(folder / name, content)
    return (*files, *(Path(name) for name in own))


def _starts(analysis: Question, catalogue: Catalogue) -> bool:
    """Whether a new project begins with it: a question of impact, its data synthetic."""
    return analysis.kind == DEFAULT and all(catalogue.datasets[name].synthetic for name in analysis.sources)


def _is_left_out(file: Path, left_out: set[str]) -> bool:
    return file.as_posix() in left_out or file.is_relative_to(PROGRAMMES)


def _left_out(
    analyses: list[Loaded], catalogue: Catalogue, starters: Collection[str], kept: set[str]
) -> set[str]:
    """Return the files of analyses and data sets that a new project does not get."""
    specs = {one.file for one in analyses} - set(starters)
    others = {name: one.found for name, one in catalogue.datasets.items() if name not in kept}
    return specs | {f"data/demo/{one.file}" for one in others.values() if isinstance(one, InFile)}


def _catalogue_with(file: Path, catalogue: Catalogue, kept: set[str]) -> str:
    """Return the catalogue as it is written, comments and all, with the kept data sets only."""
    document = yamlfile.read(file, CATALOGUE)
    lines = file.read_text(encoding="utf-8").splitlines()
    found = [(document.line(("datasets", name)), name) for name in catalogue.datasets]
    starts = sorted((line - 1, name) for line, name in found if line is not None)
    ends = [start for start, _ in starts[1:]] + [len(lines)]
    parts = ["\n".join(lines[: starts[0][0]])]
    parts += [
        "\n".join(lines[start:end]).rstrip() + "\n"
        for (start, name), end in zip(starts, ends, strict=True)
        if name in kept
    ]
    return "\n".join(parts)
