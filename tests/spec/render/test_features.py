"""Every feature of the renderer on one site in both languages, and everything that is refused."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from evaluation.errors import RunError
from evaluation.run.render.embedded import render
from tests.spec.render.features import notebook, write_features
from tests.spec.render.sites import CONFIG, page, write_site

SECRET = "HESLO"


@dataclass(frozen=True)
class Site:
    """A rendered site of one language."""

    lang: str
    folder: Path

    def read(self, name: str = "a/index.html") -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def words(self, name: str = "a/index.html") -> str:
        apart = re.sub(r"</(?:t[dh]|d[dt]|p|li|div)>", " ", self.read(name))
        return " ".join(re.sub(r"<[^>]+>", "", apart).split())


def _site(root: Path, lang: str, profile: str | None = None) -> Site:
    for one in ("cs", "en"):
        write_features(root, one)
    render(root / "source" / lang, profile=profile)
    return Site(lang, root / "site" / lang)


@pytest.fixture(scope="module", params=["cs", "en"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return _site(tmp_path_factory.mktemp(request.param), request.param)


SAID = {
    "cs": {
        "references": ["Obrázek 1, Obrázek 1 (b), Obrázek 2, Tabulka 1, Rovnice 1, Oddíl 4."],
        "citations": [
            "(Novák a Dvořáková 2020, s. 12; Smith 2019)",
            "Malá (2018)",
            "Literatura",
            "NOVÁK, Jan a Petra DVOŘÁKOVÁ, 2020. Bydlení a dávky. 2. vyd. Praha: Academia. ISBN",
            "SMITH, Jane, 2019. Housing first. Policy Review, roč. 12, č. 3, s. 1–20. Dostupné z: https://doi",
            "Kapitola. In: KRÁTKÝ, Petr (ed.). Sborník. Praha: Argo, s. 10–15.",
            "2024. Zpráva o bydlení [online]. [cit. 2024-12-31]. Dostupné z: https://mmr.gov.cz/zprava.",
        ],
        "byline": ["Autoři", "Eva Malá MMR", "31. prosince 2024"],
        "boxes": ["Poznámka: Nadpis rámečku", "Tip: Vnořený", "Upozornění", "Pozor", "Důležité"],
        "listing": ["Název Autor Datum Téma", "5. ledna 2023"],
    },
    "en": {
        "references": ["Figure 1, Figure 1 (b), Figure 2, Table 1, Equation 1, Section 4."],
        "citations": [
            "(Novák and Dvořáková 2020, p. 12; Smith 2019)",
            "Malá (2018)",
            "References",
            "Novák, Jan and Petra Dvořáková, 2020. Bydlení a dávky. 2nd ed. Praha: Academia. ISBN",
            "Smith, Jane, 2019. “Housing first”. Policy Review, vol. 12, no. 3, pp. 1–20. https://doi.org/10.1",
            "“Kapitola”. In: Krátký, Petr (ed.). Sborník. Praha: Argo, pp. 10–15.",
            "2024. Zpráva o bydlení. [accessed 2024-12-31]. https://mmr.gov.cz/zprava.",
        ],
        "byline": ["Authors", "Eva Malá MMR", "31 December 2024"],
        "boxes": ["Note: Nadpis rámečku", "Tip: Vnořený", "Warning", "Caution", "Important"],
        "listing": ["Title Author Date Topic", "5 January 2023"],
    },
}


@pytest.mark.parametrize("what", ["references", "citations", "byline", "boxes"])
def test_words_are_those_of_the_language(site: Site, what: str) -> None:
    text = site.words().replace("\xa0", " ")
    assert [said for said in SAID[site.lang][what] if said not in text] == []


def test_parts_of_a_figure_stand_beside_each_other_with_letters(site: Site) -> None:
    html = site.read()
    panel = html[html.index('<figure id="fig-both"') : html.index('<figure id="fig-drawn"')]
    assert 'style="--columns: 2"' in panel
    assert re.findall(r'<figure id="(fig-\w+)" class="subfigure">', panel) == ["fig-left", "fig-right"]
    assert re.findall(r'<span class="label">(.*?)</span>', panel)[:2] == ["(a)", "(b)"]
    assert panel.count("<figcaption>") == 3


def test_a_figure_in_a_box_is_a_numbered_figure_and_a_box_in_a_box_is_a_box(site: Site) -> None:
    html = site.read()
    box = html[html.index("callout-note") : html.index("callout-warning")]
    assert '<figure id="fig-inside" class="numbered">' in box
    assert 'class="callout callout-tip callout-simple" role="note"' in box
    assert html.count('<details class="callout') == 2
    assert html.count('<details class="callout callout-caution callout-minimal" open>') == 1


def test_cells_are_embedded_with_what_they_drew_and_code_only_on_demand(site: Site) -> None:
    html = site.read()
    assert '<img src="a-computation-3-1.svg" alt="Two bars drawn by the notebook."' in html
    assert (site.folder / "a/a-computation-3-1.svg").is_file()
    assert "plot" not in site.words()
    assert "printed line" in html
    assert '<details class="code" open><summary>Kód &quot;v uvozovkách&quot;</summary>' in html


def test_code_folds_as_the_page_and_the_cell_say(site: Site) -> None:
    html = site.read("a/computation.html")
    assert html.count('<details class="code">') == 1
    assert html.count('<details class="code" open>') == 1
    assert "y</span>" in html or "y <span" in html
    assert "Vlastní kód" in site.words()


def test_conditions_by_format_profile_and_metadata(site: Site) -> None:
    text = site.words()
    for shown in (
        "Jen pro veřejnost.",
        "Jen HTML.",
        "S přílohou.",
        "Bez mapy.",
        "Jméno, jednotka, {{&lt; meta title",
    ):
        assert shown in text
    for hidden in ("Jen papír.", "Nikdy."):
        assert hidden not in text


def test_nothing_internal_is_anywhere_in_a_public_site(site: Site) -> None:
    files = [path for path in site.folder.rglob("*") if path.is_file()]
    assert len(files) > 8
    for path in files:
        assert SECRET not in path.name
        assert SECRET.casefold() not in path.read_text(encoding="utf-8").casefold(), path
    assert not any("secret" in path.name for path in files)
    assert "Tajný" not in site.read()


def test_the_internal_site_has_it(tmp_path: Path) -> None:
    site = _site(tmp_path, "cs", "internal")
    assert "HESLO-VNITRNI" in site.words()
    assert "HESLO-NADPIS" in site.read("search.js")
    assert "Jen pro veřejnost" not in site.words()
    assert (site.folder / "a/secret.csv").is_file()
    assert "TAJNÝ, Karel" in site.words()
    assert "HESLO-KOMENTAR" not in site.read()


def test_a_file_of_the_profile_adds_to_the_project(tmp_path: Path) -> None:
    added = {"_quarto-internal.yml": "website: {title: Only for us}", "a/index.qmd": "Text."}
    for profile, title in (("internal", "Only for us"), ("public", "Report")):
        render(write_site(tmp_path, "Text.", files=added), profile=profile)
        assert f"<title>Analysis · {title}</title>" in page(tmp_path)


def test_listings(site: Site) -> None:
    html, text = site.read("index.html"), site.words("index.html").replace("\xa0", " ")
    cards = html[html.index('id="cards"') : html.index('id="rows"')]
    assert re.findall(r'href="(\w)/index.html"', cards) == ["b", "a"]  # Čas before Všechno
    rows = html[html.index('id="rows"') : html.index('id="plain"')]
    assert re.findall(r'href="(\w)/index.html"', rows) == ["a", "b"]  # the latest first
    assert [said for said in SAID[site.lang]["listing"] if said not in text] == []
    assert html.index('id="plain"') > html.index('id="rows"')


def test_style_sheets_of_the_project_come_along(site: Site) -> None:
    assert '<link rel="stylesheet" href="../own.css">' in site.read()
    assert '<link rel="stylesheet" href="own.css">' in site.read("index.html")
    assert (site.folder / "mark.svg").is_file()
    assert '<div class="own" lang="en">' in site.read()


def test_the_index_for_searching_has_every_section_with_its_anchor(site: Site) -> None:
    script = site.read("search.js").removeprefix("window.searchIndex = ").removesuffix(";\n")
    rows = json.loads(script)
    assert {row[0] for row in rows} == {"index.html", "a/index.html", "b/index.html", "a/computation.html"}
    anchors = {(row[0], row[2]) for row in rows}
    for name in {row[0] for row in rows}:
        ids = re.findall(r'<h[2-6][^>]* id="([^"]+)"|<h[2-6] id="([^"]+)"', site.read(name))
        assert {(name, one or other) for one, other in ids} <= anchors
    by_anchor = {row[2]: row for row in rows if row[0] == "a/index.html"}
    assert "bydlení" in by_anchor["tabulka"][4]
    assert all("\\bar" not in row[4] for row in rows)  # the source of a formula is no text


def test_search_can_be_left_out(tmp_path: Path) -> None:
    config = CONFIG.format(lang="en", other="cs").replace(
        "  title: Report", "  title: Report\n  search: false"
    )
    render(write_site(tmp_path, "Text.", files={"_quarto.yml": config}))
    assert "search" not in page(tmp_path)
    assert not (tmp_path / "site/en/search.js").exists()


FRONT = "---\n{}\n---\n\nText.\n"
IMAGE = '![x](a.svg){{#fig-x fig-alt="y" {}}}'
REFUSED = {
    "page option": (FRONT.format("toc: true\ntoc-location: left"), 3, "unknown-option", "toc-location"),
    "format option": (
        FRONT.format("format:\n  html:\n    theme: cosmo"),
        4,
        "unknown-option",
        "format.html.theme",
    ),
    "another format": (FRONT.format("format: {revealjs: {}}"), 2, "unknown-option", "format.revealjs"),
    "value": (FRONT.format("html-math-method: katex"), 2, "bad-option", "html-math-method: katex"),
    "moving date": (FRONT.format("date: today"), 2, "bad-option", "date: today"),
    "execution": (FRONT.format("execute: {enabled: true}"), 2, "bad-option", "execute.enabled: true"),
    "author": (FRONT.format("author: {name: A, orcid: 1}"), 2, "bad-option", "author: {name: A, orcid: 1}"),
    "listing option": (
        FRONT.format("listing: {contents: '../*.qmd', feed: true}"),
        2,
        "unknown-option",
        "listing.feed",
    ),
    "listing field": (
        FRONT.format("listing: {contents: '../*.qmd', fields: [mood]}"),
        1,
        "bad-option",
        "listing: mood",
    ),
    "empty listing": (FRONT.format("listing: {contents: none/*.qmd}"), 1, "empty-listing", "none/*.qmd"),
    "class of a block": ("::: {.column-margin}\nText\n:::", 1, "unknown-class", "column-margin"),
    "class of words": ("Text.\n\n[Word]{.marked}", 3, "unknown-class", "marked"),
    "attribute of a block": ("::: {.lead speed=3}\nText\n:::", 1, "unknown-attribute", "speed"),
    "attribute of a picture": (IMAGE.format("lightbox=true"), 1, "unknown-attribute", "lightbox"),
    "attribute of code": (
        '```{.python code-line-numbers="1"}\n1\n```',
        1,
        "unknown-attribute",
        "code-line-numbers",
    ),
    "columns of a table": (
        "::: {#tbl-x layout-ncol=2}\n\n| a |\n|---|\n| 1 |\n\nC\n:::",
        1,
        "unknown-attribute",
        "layout-ncol",
    ),
    "value of an attribute": (
        '::: {.callout-note collapse="maybe"}\nText\n:::',
        1,
        "bad-attribute",
        'collapse="maybe"',
    ),
    "columns": ("::: {layout-ncol=many}\nText\n:::", 1, "bad-attribute", 'layout-ncol="many"'),
    "format of a condition": ('[A]{.content-visible when-format="htlm"}', 1, "unknown-format", "htlm"),
    "code within words": ("Text.\n\nValue `{python} x`.", 3, "executable-cell", "{python} x"),
    "cell that is not there": ("{{< embed n.ipynb#fig-none >}}", 1, "missing-cell", "n.ipynb#fig-none"),
    "hidden cell": ("{{< embed n.ipynb#parameters >}}", 1, "missing-cell", "n.ipynb#parameters"),
    "notebook that is not there": ("{{< embed m.ipynb >}}", 1, "missing-include", "m.ipynb"),
    "option of embed": ("{{< embed n.ipynb#fig-drawn echo=yes >}}", 1, "unknown-shortcode", "embed echo=yes"),
    "style sheet": (FRONT.format("css: none.css"), 1, "missing-file", "none.css"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_silently_do_nothing_is_refused_with_file_and_line(case: str, tmp_path: Path) -> None:
    body, line, code, what = REFUSED[case]
    with pytest.raises(RunError) as caught:
        render(write_site(tmp_path, body, files={"a/n.ipynb": notebook()}))
    (defect,) = caught.value.values["defects"]
    assert (defect.code, defect.what) == (code, what)
    assert defect.place == ("_quarto.yml:1" if case == "style sheet" else f"a/index.qmd:{line}")
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("  title: Report", "  title: Report\n  favicon: a.png", 5, "website.favicon"),
        ("format: {html: {", "format: {html: {minimal: true, ", 14, "format.html.minimal"),
        ("lang: en", "lang: en\ntheme: dark", 3, "theme"),
        (
            "href: index.qmd, text: Start",
            "href: index.qmd, text: Start, icon: house",
            6,
            "website.navbar.left.icon",
        ),
    ],
)
def test_options_of_the_project_are_checked_too(
    old: str, new: str, line: int, what: str, tmp_path: Path
) -> None:
    config = CONFIG.format(lang="en", other="cs").replace(old, new)
    with pytest.raises(RunError) as caught:
        render(write_site(tmp_path, "Text.", files={"_quarto.yml": config}))
    (defect,) = caught.value.values["defects"]
    assert (defect.place, defect.code, defect.what) == (f"_quarto.yml:{line}", "unknown-option", what)


def test_an_option_of_the_authors_own_is_known_where_a_page_reads_it(tmp_path: Path) -> None:
    body = FRONT.format("district: Praha") + "In {{< meta district >}}."
    render(write_site(tmp_path, body))
    assert "In Praha." in page(tmp_path)


def test_a_style_sheet_that_asks_the_network_is_refused(tmp_path: Path) -> None:
    files = {"a/own.css": "@import 'https://example.org/a.css';"}
    with pytest.raises(RunError) as caught:
        render(write_site(tmp_path, FRONT.format("css: own.css"), files=files))
    (defect,) = caught.value.values["defects"]
    assert (defect.place, defect.code) == ("a/own.css:1", "outside-network")
