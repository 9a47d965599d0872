"""What the embedded renderer makes of Quarto's sources, and what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from evaluation.errors import RunError, SpecError
from evaluation.run.render import render
from evaluation.run.render.embedded import render as embedded
from tests.spec.render.sites import page, write_site

TABLE = "```{=html}\n<table><thead><tr><th scope='col'>n</th></tr></thead></table>\n```"

FEATURES = f"""
See @fig-one, [-@fig-one], @tbl-one, @tbl-two, @sec-two, @eq-one and @fig-div.

## First

![The caption](a.svg){{#fig-one fig-alt="What is seen"}}

::: {{#tbl-one}}
{TABLE}

Of people
:::

| a | b |
|---|--:|
| 1 | 2 |

: Of things {{#tbl-two}}

## Second {{#sec-two}}

$$ a = b $$ {{#eq-one}}

::: {{#fig-div fig-alt="Seen in the block"}}
![](a.svg)

In a block
:::

::: {{.callout-warning title="Careful"}}
Text of @tbl-one.
:::

::: {{.callout-note collapse="true"}}
## Folded
Inside.
:::

::: {{.panel-tabset}}
## Left
One.

## Right
Two.
:::

::: {{.content-visible when-format="pdf"}}
Only on paper.
:::

{{{{< include _part.qmd >}}}}

Title: {{{{< meta title >}}}}. A note.[^1]

[^1]: Below.
"""


@pytest.fixture(scope="module", params=["en", "cs"])
def rendered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    root = tmp_path_factory.mktemp(request.param)
    source = write_site(
        root, FEATURES, lang=request.param, files={"a/_part.qmd": "Included [home](../index.qmd)."}
    )
    written = embedded(source)
    assert [path.name for path in written] == ["index.html", "index.html"]
    return request.param, page(root, lang=request.param)


WORDS = {"en": ("Figure", "Table", "Section", "Equation"), "cs": ("Obrázek", "Tabulka", "Oddíl", "Rovnice")}


def test_references_are_numbered_in_the_language(rendered: tuple[str, str]) -> None:
    lang, html = rendered
    figure, table, section, equation = WORDS[lang]
    for target, text in {
        "fig-one": f"{figure} 1",
        "tbl-one": f"{table} 1",
        "tbl-two": f"{table} 2",
        "sec-two": f"{section} 2",
        "eq-one": f"{equation} 1",
        "fig-div": f"{figure} 2",
    }.items():
        assert f'<a href="#{target}" class="cross-reference">{text}</a>' in html
        assert html.count(f'id="{target}"') == 1
    assert '<a href="#fig-one" class="cross-reference">1</a>' in html
    assert f'<span class="label">{figure} 1:</span> The caption' in html


def test_tables_have_a_caption_and_a_frame_that_scrolls(rendered: tuple[str, str]) -> None:
    lang, html = rendered
    table = WORDS[lang][1]
    assert f'<caption id="tbl-one-caption"><span class="label">{table} 1:</span> Of people</caption>' in html
    assert f'<span class="label">{table} 2:</span> Of things</caption>' in html
    assert html.count('class="table-frame" role="region" tabindex="0" aria-labelledby="tbl-') == 2


def test_pictures_have_their_text(rendered: tuple[str, str]) -> None:
    html = rendered[1]
    assert 'alt="What is seen"' in html
    assert 'alt="Seen in the block"' in html
    assert "fig-alt" not in html


def test_callouts_tabs_conditions_includes(rendered: tuple[str, str]) -> None:
    html = rendered[1]
    assert 'class="callout callout-warning" role="note"' in html
    assert ">Careful</p>" in html
    assert re.search(r'<details class="callout callout-note">\s*<summary>.*Folded</summary>', html)
    assert html.count('role="tab"') == 2
    assert html.count('role="tabpanel"') == 2
    assert "Only on paper" not in html
    assert 'Included <a href="../index.html">home</a>.' in html
    assert "Title: Analysis." in html
    assert "<math" in html
    assert "{{<" not in html
    assert ":::" not in html


def test_headings_are_numbered_and_listed_without_those_of_boxes(rendered: tuple[str, str]) -> None:
    html = rendered[1]
    contents = html[html.index('class="toc"') : html.index('class="body"')]
    assert re.findall(r'href="#([^"]+)"', contents) == ["first", "sec-two"]
    assert '<span class="section-number">2</span> Second' in html


def test_furniture(rendered: tuple[str, str]) -> None:
    lang, html = rendered
    assert f'<html lang="{lang}">' in html
    assert '<a href="../index.html">' in html
    assert 'aria-current="page"' in html
    other = "cs" if lang == "en" else "en"
    assert f'<a href="../../{other}/index.html" lang="{other}" hreflang="{other}">Other</a>' in html
    assert "Data of 2024" in html
    assert html.count("<h1") == 1


def test_the_language_switch_keeps_the_place(tmp_path: Path) -> None:
    for lang in ("cs", "en"):
        write_site(tmp_path, "Text.", lang=lang)
    for lang, other in (("cs", "en"), ("en", "cs")):
        embedded(tmp_path / "source" / lang)
        assert f'href="../../{other}/a/index.html"' in page(tmp_path, lang=lang)


def test_nothing_comes_from_a_network_and_two_renders_are_equal(tmp_path: Path) -> None:
    source = write_site(tmp_path, FEATURES, files={"a/_part.qmd": "Part."})
    first = {p: p.read_bytes() for p in embedded(source)}
    assert first == {p: p.read_bytes() for p in embedded(source)}
    for path in (tmp_path / "site").rglob("*.*"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text), path
        assert not re.search(r"url\(|@import", text), path


REFUSED = {
    "unresolved-reference": ("Text.\n\nSee @fig-none.", 3, "fig-none"),
    "unknown-shortcode": ("{{< video a.mp4 >}}", 1, "video a.mp4"),
    "open-shortcode": ("Text {{< meta title", 1, "Text {{< meta title"),
    "missing-key": ("{{< meta nothing >}}", 1, "nothing"),
    "missing-include": ("\n{{< include _none.qmd >}}", 2, "_none.qmd"),
    "include-cycle": ("{{< include index.qmd >}}", 1, "index.qmd"),
    "no-alt": ("\n\n![](a.svg)", 3, "a.svg"),
    "missing-file": ("![x](none.svg)", 1, "none.svg"),
    "outside-network": ("![x](https://example.org/a.png)", 1, "https://example.org/a.png"),
    "no-caption": (f"::: {{#tbl-x}}\n{TABLE}\n:::", 1, "tbl-x"),
    "no-table": ("::: {#tbl-x}\nText\n:::", 1, "tbl-x"),
    "duplicate-id": ("![x](a.svg){#fig-x fig-alt='y'}\n\n![x](a.svg){#fig-x fig-alt='y'}", 1, "fig-x"),
    "unknown-callout": ("::: {.callout-alarm}\nText\n:::", 1, "alarm"),
    "unknown-condition": ("::: {.content-visible when-weather='rain'}\nText\n:::", 1, "when-weather"),
    "empty-tabset": ("::: {.panel-tabset}\nText\n:::", 1, "panel-tabset"),
    "dead-link": ("[x](none.qmd)", 1, "none.qmd"),
    "dead-anchor": ("[x](../index.qmd#none)", 1, "../index.qmd#none"),
    "outside-site": ("[x](../../secret.txt)", 1, "../../secret.txt"),
    "unknown-citation": ("As [@smith] says.", 1, "smith"),
    "executable-cell": ("```{python}\n1\n```", 1, "python"),
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_is_not_known_is_refused_with_file_and_line(code: str, tmp_path: Path) -> None:
    body, line, what = REFUSED[code]
    with pytest.raises(RunError) as caught:
        embedded(write_site(tmp_path, body))
    (defect,) = caught.value.values["defects"]
    assert (defect.place, defect.code, defect.what) == (f"a/index.qmd:{line}", code, what)
    assert f"a/index.qmd:{line}: " in str(caught.value)
    assert not (tmp_path / "site").exists()


def test_all_defects_of_a_site_are_named_at_once(tmp_path: Path) -> None:
    source = write_site(
        tmp_path,
        "See @fig-none.\n\n{{< include _part.qmd >}}",
        files={"a/_part.qmd": "Part.\n\n![](none.svg)"},
    )
    with pytest.raises(RunError) as caught:
        embedded(source)
    places = [(d.place, d.code) for d in caught.value.values["defects"]]
    assert places == [
        ("a/_part.qmd:3", "missing-file"),
        ("a/_part.qmd:3", "no-alt"),
        ("a/index.qmd:1", "unresolved-reference"),
    ]


def test_a_folder_that_is_no_website_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"_quarto.yml"):
        embedded(tmp_path)


def _notebook(*cells: dict[str, object], metadata: dict[str, object] | None = None) -> str:
    return json.dumps({"cells": list(cells), "metadata": metadata or {}, "nbformat": 4, "nbformat_minor": 5})


def _code(source: str, *outputs: dict[str, object], tags: tuple[str, ...] = ()) -> dict[str, object]:
    return {"cell_type": "code", "source": source, "metadata": {"tags": list(tags)}, "outputs": list(outputs)}


MARKDOWN = {"cell_type": "markdown", "source": "# Computation\n\nWords.", "metadata": {}}
HTML = {
    "output_type": "display_data",
    "data": {"text/html": "<table><tr><td>7</td></tr></table>"},
    "metadata": {},
}
PLAIN = {"output_type": "stream", "name": "stdout", "text": "printed <b>\n"}
PICTURE = {"output_type": "display_data", "data": {"image/svg+xml": "<svg/>"}, "metadata": {}}


def test_a_notebook_is_a_page_and_its_parameters_never_show(tmp_path: Path) -> None:
    text = _notebook(
        MARKDOWN,
        _code("secret = 1", tags=("parameters",)),
        _code("secret = 2", tags=("injected-parameters",)),
        _code("show(x)", HTML, PLAIN),
        _code("#| echo: false\n#| fig-alt: A plot\nplot()", PICTURE),
        _code("#| include: false\nhidden()", PLAIN),
    )
    embedded(write_site(tmp_path, "Text.", files={"a/nb.ipynb": text}))
    html = page(tmp_path, "a/nb.html")
    assert "<h1>Computation</h1>" in html
    assert "secret" not in html
    assert "hidden()" not in html
    assert "plot()" not in html
    assert "<td>7</td>" in html
    assert "printed &lt;b&gt;" in html
    assert 'alt="A plot"' in html
    assert (tmp_path / "site/en/a/nb-5-1.svg").is_file()


@pytest.mark.parametrize(
    "text",
    [
        _notebook(_code("x", {"output_type": "error", "ename": "ValueError", "evalue": "", "traceback": []})),
        _notebook(_code("x"), metadata={"papermill": {"exception": True}}),
    ],
    ids=["error output", "papermill exception"],
)
def test_a_failed_notebook_is_never_published(text: str, tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        embedded(write_site(tmp_path, "Text.", files={"a/nb.ipynb": text}))
    assert {d.code for d in caught.value.values["defects"]} == {"failed-notebook"}
    assert not (tmp_path / "site").exists()


def test_quarto_is_asked_for_by_name_and_missed_politely(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RunError, match="quarto"):
        render(write_site(tmp_path, "Text."), renderer="quarto")
