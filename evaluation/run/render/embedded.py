"""The embedded renderer: a Quarto website project to HTML, from wheels alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from evaluation.errors import RunError
from evaluation.run.render.check import check_links, check_navigation, check_project, copy_files
from evaluation.run.render.defects import Defect, refuse
from evaluation.run.render.documents import check_documents, documents, offered
from evaluation.run.render.frame import framed
from evaluation.run.render.listing import check_listings
from evaluation.run.render.page import Page, address_of, read_page
from evaluation.run.render.search import index_of
from evaluation.run.render.website import Website, read_website

HERE = Path(__file__).parent
ASSETS = ("style.css", "script.js")


def render(
    source: Path,
    *,
    profile: str | None = None,
    formats: Sequence[str] = (),
    on_page: Callable[[str], None] | None = None,
) -> tuple[Path, ...]:
    """Render a website project.

    Parameters
    ----------
    source : Path
        Folder with ``_quarto.yml``.
    profile : str, optional
        For whom; what ``profile.default`` of the project says where it is not given.
    formats : sequence of {"pdf", "docx"}
        Documents to make beside each page whose metadata name the format.
    on_page : callable, optional
        Called with the address of each page that was written.

    Returns
    -------
    tuple of Path
        The pages written.

    Raises
    ------
    SpecError
        If the folder is no website project.
    RunError
        If something on a page cannot be rendered: all such places of the site at once; nothing is written.
    """
    site = read_website(Path(source).resolve(), profile=profile)
    pages, defects = _read(site)
    dead, files = check_links(site, pages)
    said = _without_used([*defects, *check_project(site), *check_documents(pages, formats)], pages)
    refuse([*said, *dead, *check_navigation(site, pages), *check_listings(pages)], lang=site.lang)
    made = documents(site, pages, formats)
    _clear(site.output)
    for name in ASSETS:
        shutil.copyfile(HERE / name, site.output / name)
    written = []
    for page in pages:
        target = site.output / page.address
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(framed(page, site, pages, offered(made, page)), encoding="utf-8")
        written.append(target)
        if on_page:
            on_page(page.address)
    for one in made:
        (site.output / one.address).write_bytes(one.content)
    copy_files(site, pages, files)
    if site.has_search:
        (site.output / "search.js").write_text(index_of(pages), encoding="utf-8")
    return tuple(written)


def _without_used(defects: Iterable[Defect], pages: Iterable[Page]) -> list[Defect]:
    """Leave out the unknown options of the author's own that some page reads: {{< meta key >}}."""
    used = {key.partition(".")[0] for page in pages for key in page.used}
    return [one for one in defects if one.code != "unknown-option" or one.what not in used]


def _clear(output: Path) -> None:
    """Empty the folder of an earlier site; a folder that holds something else is left alone."""
    if output.exists():
        if any(output.iterdir()) and not (output / "index.html").is_file():
            raise RunError(
                "not-writable", folder=output.name, reason="it holds files that are no rendered site"
            )
        shutil.rmtree(output)
    output.mkdir(parents=True)


def _read(site: Website) -> tuple[list[Page], list[Defect]]:
    """Render all bodies, two at a time: pandoc is a process of its own."""
    sources = site.pages()
    found: list[list[Defect]] = [[] for _ in sources]
    with ThreadPoolExecutor(max_workers=2) as pool:
        pages = list(
            pool.map(lambda pair: read_page(pair[0], site, pair[1]), zip(sources, found, strict=True))
        )
    return pages, [defect for some in found for defect in some] + _doubled(site, sources)


def _doubled(site: Website, sources: Sequence[Path]) -> list[Defect]:
    """Two sources of one page: a.qmd beside a.ipynb."""
    first: dict[str, Path] = {}
    doubled = [s for s in sources if first.setdefault(address_of(s, site.root), s) != s]
    return [Defect(f"{s.relative_to(site.root).as_posix()}:1", "same-output", s.name) for s in doubled]
