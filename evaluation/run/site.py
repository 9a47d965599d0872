"""From results to the site: stage and render each language, and the page that offers them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

from evaluation.errors import RequestError
from evaluation.locales import text
from evaluation.run.files import not_writable, write
from evaluation.run.project import Project
from evaluation.run.render import render
from evaluation.run.stage import PUBLIC, root_of, stage


def render_quarter(
    project: Project,
    quarter: str,
    *,
    renderer: str = "embedded",
    formats: Sequence[str] = (),
    profile: str = PUBLIC,
    on_done: Callable[[str], None] = lambda _: None,
) -> Path:
    """Render the report of a quarter in all languages of the project and return its first page.

    The public report stands in ``site/``, the internal one in ``internal/site/``.

    Parameters
    ----------
    project : Project
    quarter : str
    renderer : {"embedded", "quarto"}
    formats : sequence of {"pdf", "docx"}
        What to make beside the pages.
    profile : {"public", "internal"}
        For whom.
    on_done : callable
        Called with each language whose pages are there.

    Raises
    ------
    RequestError
        If there are no results.
    RunError
        If a page cannot be rendered.
    """
    project.require_quarter(quarter)
    build = project.build(quarter)
    if not (build / "manifest.json").is_file():
        raise RequestError("nothing-to-render", quarter=quarter)
    for source in [stage(project, quarter, lang, profile=profile) for lang in project.settings.languages]:
        render(source, renderer=renderer, formats=formats, profile=profile)
        on_done(source.name)
    index = root_of(build, profile) / "site" / "index.html"
    try:
        write(index, _language_choice(project, quarter, index.parent))
    except OSError as error:
        raise not_writable(project, index.parent, error) from None
    return index


def _language_choice(project: Project, quarter: str, site: Path) -> str:
    present = [lang for lang in project.settings.languages if (site / lang / "index.html").is_file()]
    links = "\n".join(
        f'<li><a href="{lang}/index.html" hreflang="{lang}" lang="{lang}">{escape(project.name[lang])}'
        f" <small>{escape(text(lang, 'cli-language-name'))}</small></a></li>"
        for lang in present
    )
    title = escape(" · ".join(project.name[lang] for lang in present) + f" · {quarter}")
    return _PAGE.format(title=title, lang=present[0], links=links, quarter=escape(quarter))


_PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
html {{ background: light-dark(#ffffff, #14181d); color: light-dark(#1a1f26, #e6e9ed); }}
body {{ font: 1.125rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 12vh auto; padding: 0 1.5rem; }}
h1 {{ font-size: 1rem; font-weight: 600; letter-spacing: .02em; }}
ul {{ list-style: none; padding: 0; }}
a {{ display: block; padding: 1rem 1.25rem; margin: .75rem 0; border: 1px solid; border-radius: .375rem;
  text-decoration: none; color: light-dark(#00538a, #8cc8f2); }}
a:hover, a:focus-visible {{ outline: 3px solid; outline-offset: 2px; }}
small {{ display: block; color: light-dark(#444, #bbb); }}
</style>
</head>
<body>
<main>
<h1>{quarter}</h1>
<ul>
{links}
</ul>
</main>
</body>
</html>
"""
