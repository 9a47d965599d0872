"""Small Quarto projects that tests write and render."""

from __future__ import annotations

from pathlib import Path

CONFIG = """\
project: {{type: website, output-dir: ../../site/{lang}}}
lang: {lang}
website:
  title: Report
  navbar:
    left: [{{href: index.qmd, text: Start}}]
    right: [{{text: Other, href: ../{other}/index.html}}]
  sidebar:
    contents:
      - index.qmd
      - section: Analyses
        contents: [{{href: a/index.qmd}}]
  page-footer: Data of 2024
format: {{html: {{toc: true, number-sections: true}}}}
"""

START = "---\ntitle: Start\nsubtitle: Below\n---\n\n[Analysis](a/index.qmd)\n"

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20"/></svg>'


def write_site(root: Path, body: str, *, lang: str = "en", files: dict[str, str] | None = None) -> Path:
    """Write source/<lang> with a start page and a page a/index.qmd of this body; return the folder."""
    source = root / "source" / lang
    pages = {
        "_quarto.yml": CONFIG.format(lang=lang, other="cs" if lang == "en" else "en"),
        "index.qmd": START,
        "a/index.qmd": body,
        "a/_metadata.yml": "title: Analysis",
        "a/a.svg": SVG,
        **(files or {}),
    }
    for name, text in pages.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return source


def page(root: Path, name: str = "a/index.html", lang: str = "en") -> str:
    """Return a rendered page."""
    return (root / "site" / lang / name).read_text(encoding="utf-8")
