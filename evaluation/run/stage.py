"""Stage the website project of a quarter in one language: templates, fragments, figures, navigation."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from evaluation.errors import RequestError, RunError, SpecError, did_you_mean, listed
from evaluation.run import computation, navigation, overview, technical
from evaluation.run.files import read_json, write
from evaluation.run.kinds import DEFAULT, pages

TEMPLATES = "reports"
PUBLIC, INTERNAL = "public", "internal"
PROFILES = (PUBLIC, INTERNAL)


class Place(Protocol):
    """What staging needs of a project."""

    @property
    def root(self) -> Path:
        """Folder of the project."""

    @property
    def name(self) -> Mapping[str, str]:
        """Its name by language."""

    def build(self, quarter: str) -> Path:
        """Folder of everything that is made for a quarter."""


def stage(project: Place, quarter: str, lang: str, *, profile: str = PUBLIC) -> Path:
    """Write the Quarto website project of a quarter in one language.

    Reads ``results/*.json`` and ``manifest.json`` of the quarter, and computes nothing: numbers become
    sentences, tables and figures. The folder is made anew each time.

    Parameters
    ----------
    project : Project
    quarter : str
    lang : {"cs", "en"}
    profile : {"public", "internal"}
        For whom. What is only internal is staged for nobody else.

    Returns
    -------
    Path
        ``source/<lang>``: a complete project for either renderer.

    Raises
    ------
    RunError
        If there are no results, or the folder cannot be written.
    SpecError
        If a template is missing.
    """
    build = project.build(quarter)
    results = [read_json(path) for path in sorted((build / "results").glob("*.json"))]
    results = [one for one in results if isinstance(one, dict)]
    if not results:
        raise RequestError("nothing-to-render", quarter=quarter)
    manifest = read_json(build / "manifest.json") or {}
    source = root_of(build, profile) / "source" / lang
    try:
        shutil.rmtree(source, ignore_errors=True)
        for result in results:
            if result["status"] == "ok":
                _analysis(project, build, source, result, manifest, lang)
        _index(project, quarter, source, results, manifest, lang, profile)
        if profile == INTERNAL:
            _technical(project, build, source, manifest, lang)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise RunError("not-writable", folder=f"source/{lang}", reason=reason) from None
    return source


def _analysis(
    project: Place,
    build: Path,
    source: Path,
    result: Mapping[str, Any],
    manifest: Mapping[str, Any],
    lang: str,
) -> None:
    """Stage one analysis: the template as it is, and everything that it includes."""
    folder = source / str(result["id"])
    kind = str(result["spec"].get("kind", DEFAULT))
    page = pages(kind)
    name = str(result["spec"].get("report") or kind)
    write(folder / "index.qmd", template(project, lang, f"{name}.qmd"))
    for file, content in page.files(result, manifest, lang).items():
        write(folder / file, content)
    sections = page.sections(result)
    for section, present in sections.items():
        body = template(project, lang, f"includes/{section}.qmd") if present else ""
        write(folder / f"_{section}.qmd", body)
    notebook = read_json(build / "notebooks" / f"{result['id']}.ipynb")
    if notebook:
        write(folder / "notebook.ipynb", computation.page(notebook, result, lang))


def _index(
    project: Place,
    quarter: str,
    source: Path,
    results: list[dict[str, Any]],
    manifest: Mapping[str, Any],
    lang: str,
    profile: str,
) -> None:
    """Stage the cover, the manifest, and the project file."""
    head: dict[str, Any] = {"title": project.name[lang], "subtitle": overview.cutoff(quarter, lang)}
    computed = any(source.glob("*/notebook.ipynb"))
    if computed:
        head["listing"] = overview.COMPUTATIONS
    text = template(project, lang, "index.qmd")
    write(source / "index.qmd", f"---\n{navigation.yaml_text(head)}---\n\n{text}")
    write(source / "_computations.qmd", overview.computations(lang) if computed else "")
    for file, content in overview.files(quarter, results, manifest, lang).items():
        write(source / file, content)
    shutil.copyfile(project.build(quarter) / "manifest.json", source / "manifest.json")
    layers = [_read(project, name) for name in ("_quarto.yml", f"_quarto-{lang}.yml")]
    settings = navigation.project_file(layers, project.name[lang], quarter, results, lang)
    if profile == INTERNAL:
        settings = navigation.internal(settings, lang)
    write(source / "_quarto.yml", settings)


def _technical(project: Place, build: Path, source: Path, manifest: Mapping[str, Any], lang: str) -> None:
    """Stage the technical notes, which only the internal report has."""
    write(source / "technical.qmd", template(project, lang, "technical.qmd"))
    log = read_json(build / "run.log.json") or {}
    for name, content in technical.files(manifest, log, lang).items():
        write(source / name, content)


def root_of(build: Path, profile: str) -> Path:
    """Return the folder that holds sources and site of a profile: the internal one stands apart."""
    return build / INTERNAL if profile == INTERNAL else build


def template(project: Place, lang: str, name: str) -> str:
    """Return the text of a page template of one language."""
    return _read(project, f"{TEMPLATES}/{lang}/{name}")


def _read(project: Place, file: str) -> str:
    path = project.root / file
    if not path.is_file():
        present = sorted(one.name for one in path.parent.glob(f"*{path.suffix}"))
        suggestion = did_you_mean(path.name, present)
        raise SpecError("missing-file", file=file, available=listed(present), suggestion=suggestion)
    return path.read_text(encoding="utf-8")
