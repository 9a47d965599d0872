"""What a site promises beyond its Markdown: plain HTML, notebooks, navigation, its folder."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from evaluation.errors import RunError, SpecError
from evaluation.run.render.embedded import render
from tests.spec.render.sites import CONFIG, SVG, page, write_site


def config(lang: str = "en", **changes: str) -> dict[str, str]:
    """The project file with some of its words replaced."""
    text = CONFIG.format(lang=lang, other="cs" if lang == "en" else "en")
    for old, new in changes.items():
        text = text.replace(old.replace("__", " "), new)
    return {"_quarto.yml": text}


def notebook(source: str, *outputs: dict[str, object]) -> str:
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": list(outputs)}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def defects(root: Path, body: str, files: dict[str, str] | None = None) -> list[tuple[str, str, str]]:
    with pytest.raises(RunError) as caught:
        render(write_site(root, body, files=files))
    return [(d.place, d.code, d.what) for d in caught.value.values["defects"]]


@pytest.mark.parametrize(
    ("body", "line", "code", "what"),
    [
        ('Text.\n\n<a href="none.csv">x</a>', 3, "dead-link", "none.csv"),
        ('<img src="none.svg" alt="x">', 1, "missing-file", "none.svg"),
        ('Text.\n\n<img src="a.svg">', 3, "no-alt", "a.svg"),
        (
            '<script src="https://example.org/x.js"></script>',
            1,
            "outside-network",
            "https://example.org/x.js",
        ),
        ('<script src="//example.org/x.js"></script>', 1, "outside-network", "//example.org/x.js"),
        ('<p id="x">1</p>\n\n<p id="x">2</p>', 1, "duplicate-id", "x"),
        ("## A {#sec-a}\n\n## B {#sec-a}", 1, "duplicate-id", "sec-a"),
        ("Text.\n\nBad $\\foo{x}$.", 3, "bad-equation", "\\foo{x}"),
        ("`fig-a` and fig-ab\n\nSee @fig-a.", 3, "unresolved-reference", "fig-a"),
    ],
)
def test_plain_html_and_formulas_are_held_to_the_same(
    body: str, line: int, code: str, what: str, tmp_path: Path
) -> None:
    assert defects(tmp_path, body) == [(f"a/index.qmd:{line}", code, what)]


def test_a_style_that_asks_the_network_is_refused(tmp_path: Path) -> None:
    body = "```{=html}\n<style>p { background: url(https://example.org/a.png) }</style>\n```"
    assert [code for _, code, _ in defects(tmp_path, body)] == ["outside-network"]


def test_plain_html_may_link_to_sources_and_files(tmp_path: Path) -> None:
    body = '<a href="../index.qmd">s</a> <a href="a.csv">d</a>\n\n<img src="a.svg" alt="seen">'
    render(write_site(tmp_path, body, files={"a/a.csv": "1"}))
    assert '<a href="../index.html">s</a>' in page(tmp_path)
    assert (tmp_path / "site/en/a/a.csv").is_file()
    assert (tmp_path / "site/en/a/a.svg").is_file()


def test_a_table_of_plain_html_is_framed_whole(tmp_path: Path) -> None:
    render(write_site(tmp_path, "<table>\n<tr><td>*7*</td></tr>\n</table>\n\nAfter."))
    html = re.sub(r"\s+", "", page(tmp_path))
    assert re.search(r'<divclass="table-frame"[^>]*><table>.*</table></div><p>After', html)


def test_an_entry_of_the_navigation_must_be_a_page(tmp_path: Path) -> None:
    files = config(**{"href: a/index.qmd": "href: a/nothing.qmd"})
    ((place, code, what),) = defects(tmp_path, "Text.", files)
    assert (code, what) == ("dead-link", "a/nothing.qmd")
    assert place.startswith("_quarto.yml:")


@pytest.mark.parametrize("folder", [".", "..", "../.."])
def test_sources_are_never_replaced_by_their_site(folder: str, tmp_path: Path) -> None:
    source = write_site(tmp_path, "Text.", files=config(**{"../../site/en": folder}))
    with pytest.raises(SpecError, match="replace the sources"):
        render(source)
    assert (source / "a/index.qmd").read_text(encoding="utf-8") == "Text."


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "site" / "en" / "thesis.txt"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine", encoding="utf-8")
    with pytest.raises(RunError, match="no rendered site"):
        render(write_site(tmp_path, "Text."))
    assert kept.read_text(encoding="utf-8") == "mine"


def test_what_a_second_render_no_longer_has_is_gone(tmp_path: Path) -> None:
    source = write_site(tmp_path, "Text.", files={"b.qmd": "---\ntitle: B\n---\n"})
    render(source)
    (source / "b.qmd").unlink()
    render(source)
    assert not (tmp_path / "site/en/b.html").exists()


def test_the_project_chooses_its_pages_and_resources(tmp_path: Path) -> None:
    files = config(
        **{"type: website,": "type: website, render: ['*.qmd', a, '!b.qmd'], resources: ['d/*.csv'],"}
    )
    files |= {"b.qmd": "{{< broken >}}", "d/x.csv": "1", "d/x.txt": "1"}
    written = render(write_site(tmp_path, "Text.", files=files))
    assert [p.relative_to(tmp_path / "site/en").as_posix() for p in written] == ["a/index.html", "index.html"]
    assert (tmp_path / "site/en/d/x.csv").is_file()
    assert not (tmp_path / "site/en/d/x.txt").exists()


def test_pictures_of_two_notebooks_do_not_replace_each_other(tmp_path: Path) -> None:
    def drawn(text: str) -> str:
        data = {"image/svg+xml": SVG.replace("</svg>", f"<text>{text}</text></svg>")}
        return notebook("#| fig-alt: seen\n1", {"output_type": "display_data", "data": data, "metadata": {}})

    render(write_site(tmp_path, "Text.", files={"a/p.ipynb": drawn("P"), "a/q.ipynb": drawn("Q")}))
    for name in ("p", "q"):
        (source,) = re.findall(r'<img src="([^"]+)"', page(tmp_path, f"a/{name}.html"))
        assert f"<text>{name.upper()}</text>" in (tmp_path / "site/en/a" / source).read_text(encoding="utf-8")


def test_code_and_output_of_a_notebook_are_text(tmp_path: Path) -> None:
    source = "'''\n````\n{{< meta title >}}\n```{python}\n'''\nx = 1"
    printed = {"output_type": "stream", "name": "stdout", "text": "{{< unknown >}}\n`````\n# no heading\n"}
    render(write_site(tmp_path, "Text.", files={"a/p.ipynb": notebook(source, printed)}))
    html = page(tmp_path, "a/p.html")
    assert "{{&lt; meta title &gt;}}" in html
    assert "{{&lt; unknown &gt;}}\n`````\n# no heading" in html
    assert html.count("<h1") == 1


def test_text_wrapped_before_a_number_stays_text(tmp_path: Path) -> None:
    render(write_site(tmp_path, "Program skončil\n15. března 2020\n- ne dříve.", lang="cs"))
    body = page(tmp_path, lang="cs").partition('class="body"')[2].partition("</main>")[0]
    assert "<ol" not in body
    assert "<li" not in body


@pytest.mark.parametrize(("lang", "shown"), [("cs", "„Ano“ a ‚ne‘"), ("en", "“Ano” a ‘ne’")])
def test_quotation_marks_are_those_of_the_language(lang: str, shown: str, tmp_path: Path) -> None:
    render(write_site(tmp_path, "\"Ano\" a 'ne'", lang=lang))
    assert shown in page(tmp_path, lang=lang)


def test_a_page_has_one_heading_of_the_first_level(tmp_path: Path) -> None:
    files = {"b.qmd": "# First\n\n## Second\n\n# Third\n", "a/_metadata.yml": 'title: "The *effect* of X"'}
    render(write_site(tmp_path, "# Top\n\n## Below\n", files=files))
    untitled, titled = page(tmp_path, "b.html"), page(tmp_path)
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", untitled) == ["First"]
    assert "<title>First · Report</title>" in untitled
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", titled) == ["The <em>effect</em> of X"]
    assert "<title>The effect of X · Report</title>" in titled
    assert re.search(r'<h2[^>]* id="top"[^>]*>|<h2 id="top">', titled)
    assert '<h3 id="below">' in titled


def test_the_footer_is_markdown_and_its_links_start_at_the_root(tmp_path: Path) -> None:
    render(write_site(tmp_path, "Text.", files=config(**{"Data of 2024": '"[Home](index.qmd), *2024*"'})))
    assert '<a href="../index.html">Home</a>, <em>2024</em>' in page(tmp_path)
    assert '<a href="index.html">Home</a>, <em>2024</em>' in page(tmp_path, "index.html")


def test_contents_hold_no_links_or_notes(tmp_path: Path) -> None:
    render(write_site(tmp_path, "## A [home](../index.qmd)^[Note.] end\n\nText.\n"))
    contents = page(tmp_path).partition('class="toc"')[2].partition("</nav>")[0]
    assert contents.count("<a ") == 1
    assert "footnote" not in contents
    assert page(tmp_path).count('id="fnref1"') == 1


def test_references_take_other_words(tmp_path: Path) -> None:
    body = (
        '[Chart @fig-a], @Fig-a; @sec-b\n\n![](a.svg){#fig-a fig-alt="x"}\n\nWord.\n\n## Why "so" {#sec-b}\n'
    )
    files = config(**{", number-sections: true": ""})
    assert defects(tmp_path, body, files) == [("a/index.qmd:3", "no-caption", "fig-a")]
    body = body.replace("![](a", "![Seen](a")
    render(write_site(tmp_path, body, files=files))
    html = page(tmp_path)
    for text in ("Chart 1", "Figure 1", "Section “Why “so””"):
        assert f'class="cross-reference">{text}</a>' in html
