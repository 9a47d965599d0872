"""PDF and Word of a page with every feature: what they say of themselves, and what a reader finds in them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from pypdf import PdfReader

from evaluation.errors import RunError
from evaluation.run.render.embedded import render
from tests.spec.render.papers import (
    DRAWING,
    WORD,
    numbers,
    part,
    reader,
    structure,
    words_of_html,
    words_of_pdf,
    words_of_word,
)
from tests.spec.render.sites import CONFIG, write_site

LETTERS = "ěščřžýáíéúůďťňó ĚŠČŘŽÝÁÍÉÚŮĎŤŇÓ „“‚‘–—−•≥≤≈×·…"
LONG = "\n".join(f"<tr><th scope='row'>Row {n}</th><td class='num'>{n},5</td></tr>" for n in range(90))
HEADS = "".join(f"<th scope='col' class='num'>Column {n}</th>" for n in range(14))
CELLS = "".join(f"<td class='num'>{n * 12345.678:.3f}</td>" for n in range(14))
BODY = f"""---
title: Stránka
subtitle: Stav dat
author: Úřad
date: "2024-12-31"
bibliography: works.bib
document:
  header: Syntetická data
  footer: Zpráva
---

See @fig-one, @fig-two, @tbl-long, @eq-sum and @sec-boxes. As [@smith2020] shows.[^1] {LETTERS}

[^1]: A note below the line.

## Figures

![A bar](a.svg){{#fig-one fig-alt="One bar, 40 wide."}}

::: {{#fig-two layout-ncol=2}}
![Left](a.svg){{#fig-left fig-alt="The left bar."}}

![Right](a.svg){{#fig-right fig-alt="The right bar."}}

Two bars
:::

## Tables

::: {{#tbl-long}}
```{{=html}}
<table><thead><tr><th scope="col">Name</th><th scope="col" class="num">Value</th></tr></thead>
<tbody>{LONG}</tbody></table>
<p class="table-note">A note on the table.</p>
```

Many rows
:::

::: {{#tbl-wide}}
```{{=html}}
<table><thead><tr>{HEADS}</tr></thead><tbody><tr>{CELLS}</tr></tbody></table>
```

Many columns
:::

| a | b |
|---|--:|
| x | $y^2$ |

<table><tr><td>Cut by *pandoc* into pieces</td></tr></table>

```{{=html}}
<details class="data"><summary>Data behind</summary><table><caption>Behind</caption>
<thead><tr><th>A</th></tr></thead><tbody><tr><td>7,25</td></tr></tbody></table></details>
```

## Formulas

$$ \\hat\\beta = \\frac{{\\sum_i x_i y_i}}{{\\sum_i x_i^2}} $$ {{#eq-sum}}

Inside a line $a_1 + b$.

## Boxes {{#sec-boxes}}

::: {{.callout-warning title="With care"}}
- first
- second
:::

::: {{.callout-note}}
A note.
:::

::: {{.panel-tabset}}
### First tab
The first panel.

### Second tab
The second panel.
:::

::: {{.content-visible when-format="html"}}
Only on the screen.
:::
::: {{.content-visible when-format="pdf"}}
Only in the PDF.
:::
::: {{.content-visible when-format="docx"}}
Only in Word.
:::

{{{{< pagebreak >}}}}

### Deeper

[Another page](../index.qmd), [a file](a.svg), [elsewhere](https://example.org).

> A quotation.

```python
print("code")
```
"""
BIBLIOGRAPHY = "@book{smith2020, author = {Smith, Jane}, title = {A book}, year = {2020}}\n"
THREE = CONFIG.replace(
    "format: {{html: {{toc: true, number-sections: true}}}}",
    "document: {{date: 2024-12-31}}\nnumber-sections: true\n"
    "format: {{html: default, typst: {{toc: true}}, docx: default}}",
)


def _render(root: Path, lang: str) -> Path:
    other = "cs" if lang == "en" else "en"
    files = {
        "_quarto.yml": THREE.format(lang=lang, other=other) + "profile: {default: public}\n",
        "a/works.bib": BIBLIOGRAPHY,
    }
    source = write_site(root, BODY, lang=lang, files=files)
    render(source, formats=("pdf", "docx"))
    return root / "site" / lang


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("papers")
    return {lang: _render(root, lang) for lang in ("cs", "en")}


@pytest.fixture(scope="module")
def pdfs(sites: dict[str, Path]) -> dict[str, PdfReader]:
    return {lang: reader((site / "a/index.pdf").read_bytes()) for lang, site in sites.items()}


@pytest.fixture(scope="module")
def words(sites: dict[str, Path]) -> dict[str, bytes]:
    return {lang: (site / "a/index.docx").read_bytes() for lang, site in sites.items()}


@pytest.mark.parametrize(("lang", "locale"), [("cs", "cs-CZ"), ("en", "en-GB")])
def test_pdf_says_what_it_is(pdfs: dict[str, PdfReader], lang: str, locale: str) -> None:
    pdf = pdfs[lang]
    root = pdf.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"].value) == (locale, True)
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    assert (pdf.metadata.title, pdf.metadata.author) == ("Stránka", "Úřad")
    xmp = root["/Metadata"].get_data().decode()
    for claim in ("pdfaid:part>2<", "pdfaid:conformance>A<", "pdfuaid:part>1<", "2024-12-31"):
        assert claim in xmp, claim


def test_structure_of_the_pdf(pdfs: dict[str, PdfReader]) -> None:
    elements = list(structure(pdfs["en"]))
    kinds = [element["/S"] for element in elements]
    assert {
        "/H1",
        "/H2",
        "/Table",
        "/TH",
        "/TD",
        "/Figure",
        "/Formula",
        "/Link",
        "/Note",
        "/L",
        "/Code",
    } <= set(kinds)
    alts = {str(e["/Alt"]) for e in elements if e["/S"] in {"/Figure", "/Formula"}}
    assert all(e.get("/Alt") for e in elements if e["/S"] in {"/Figure", "/Formula"})
    assert {"One bar, 40 wide.", "The left bar.", "The right bar."} <= alts
    assert kinds.count("/TH") == 2 + 14 + 2 + 1  # a header that is repeated on a page is an artifact
    headings = [str(outline.title) for outline in pdfs["en"].outline if not isinstance(outline, list)]
    assert headings == ["1\u2002Figures", "2\u2002Tables", "3\u2002Formulas", "4\u2002Boxes", "References"]


@pytest.mark.parametrize(
    ("lang", "references"),
    [
        (
            "cs",
            ["obrázek 1", "obrázek 2", "tabulka 1", "rovnice 1", "oddíl 4", "strana 1 z", "veřejná verze"],
        ),
        ("en", ["Figure 1", "Figure 2", "Table 1", "Equation 1", "Section 4", "page 1 of", "public version"]),
    ],
)
def test_pdf_has_the_words_of_the_page(pdfs: dict[str, PdfReader], lang: str, references: list[str]) -> None:
    text = words_of_pdf(pdfs[lang])
    missing = [
        word for word in (*references, *LETTERS.replace(" ", "")) if word.casefold() not in text.casefold()
    ]
    assert missing == []
    for word in ("Only in the PDF.", "(a) Left", "Data behind", "A note below the line.", "Smith", "(1)"):
        assert word in text, word
    for word in ("Only on the screen", "Only in Word", "@fig", "{{<", "#fig-", "::: "):
        assert word not in text, word
    first = pdfs[lang].pages[0].extract_text()
    assert "Syntetická data" in first
    assert "31" in first


def test_numbers_of_page_pdf_and_word_are_the_same(
    sites: dict[str, Path], pdfs: dict[str, PdfReader], words: dict[str, bytes]
) -> None:
    page = numbers(words_of_html((sites["cs"] / "a/index.html").read_text(encoding="utf-8")))
    assert len(page) > 90
    assert page - numbers(words_of_pdf(pdfs["cs"])) == set()
    assert page - numbers(words_of_word(words["cs"])) == set()


def test_tables_go_over_pages_and_wide_ones_turn_them(pdfs: dict[str, PdfReader]) -> None:
    pages = [page.extract_text() for page in pdfs["en"].pages]
    rows = [text for text in pages if "Row " in text]
    assert len(rows) >= 2
    assert all("Name" in text and "Value" in text for text in rows)  # its header is on each of them
    wide = next(page for page in pdfs["en"].pages if "Column 13" in page.extract_text())
    assert wide.mediabox.width > wide.mediabox.height
    assert f"{13 * 12345.678:.3f}" in wide.extract_text()


def test_whole_report_has_all_pages(sites: dict[str, Path]) -> None:
    whole = reader((sites["en"] / "report.pdf").read_bytes())
    titles = [str(one.title) for one in whole.outline if not isinstance(one, list)]
    assert titles == ["Start", "Stránka"]
    assert "Many rows" in words_of_pdf(whole)
    start = (sites["en"] / "index.html").read_text(encoding="utf-8")
    assert 'href="report.pdf"' in start
    assert 'href="index.docx"' in start


@pytest.mark.parametrize(("lang", "locale"), [("cs", "cs-CZ"), ("en", "en-GB")])
def test_word_has_styles_language_and_fields(words: dict[str, bytes], lang: str, locale: str) -> None:
    styles = part(words[lang], "word/styles.xml")
    assert [one.get(f"{WORD}val") for one in styles.iter(f"{WORD}lang")] == [locale]
    named = {one.get(f"{WORD}styleId") for one in styles.iter(f"{WORD}style")}
    body = part(words[lang], "word/document.xml")
    used = {one.get(f"{WORD}val") for one in body.iter(f"{WORD}pStyle")}
    expected = {"Title", "Heading1", "Heading2", "TableCaption", "ImageCaption", "CalloutTitle", "Equation"}
    assert expected <= used
    assert used <= named
    fields = [one.text or "" for one in body.iter(f"{WORD}instrText")]
    assert any("TOC" in field for field in fields)
    footer = part(words[lang], "word/footer1.xml")
    assert [one.get(f"{WORD}instr") for one in footer.iter(f"{WORD}fldSimple")] == ["PAGE", "NUMPAGES"]
    header = part(words[lang], "word/header1.xml")
    assert "Syntetická data" in "".join(header.itertext())


def test_word_is_accessible(words: dict[str, bytes]) -> None:
    body = part(words["en"], "word/document.xml")
    alts = [one.get("descr") for one in body.iter(f"{DRAWING}docPr")]
    assert alts == ["One bar, 40 wide.", "The left bar.", "The right bar."]
    tables = list(body.iter(f"{WORD}tbl"))
    headed = [table for table in tables if next(table.iter(f"{WORD}tblHeader"), None) is not None]
    assert len(tables) == 5
    assert len(headed) == 4  # one has no header in the source either
    text = words_of_word(words["en"])
    assert "Only in Word." in text
    assert "Only in the PDF." not in text
    assert "4\u2002Boxes" in text


def test_the_page_offers_its_documents(sites: dict[str, Path]) -> None:
    page = (sites["cs"] / "a/index.html").read_text(encoding="utf-8")
    size = round((sites["cs"] / "a/index.pdf").stat().st_size / 1000)
    assert f'<a href="index.pdf" download>PDF, česky, {size} kB</a>' in page
    assert 'href="index.docx"' in page


def test_documents_are_the_same_each_time(sites: dict[str, Path], tmp_path: Path) -> None:
    again = _render(tmp_path, "cs")
    for name in ("a/index.pdf", "a/index.docx", "index.pdf", "index.docx", "report.pdf"):
        assert (again / name).read_bytes() == (sites["cs"] / name).read_bytes(), name


def test_a_page_that_names_formats_has_no_others(tmp_path: Path) -> None:
    files = {"_quarto.yml": THREE.format(lang="en", other="cs")}
    source = write_site(tmp_path, "---\ntitle: A\nformat: html\n---\n\nText\n", files=files)
    render(source, formats=("pdf", "docx"))
    made = sorted(path.name for path in (tmp_path / "site/en").rglob("*") if path.suffix in {".pdf", ".docx"})
    assert made == ["index.docx", "index.pdf"]  # of the start page


def test_a_pdf_needs_a_date(tmp_path: Path) -> None:
    files = {
        "_quarto.yml": THREE.replace("document: {{date: 2024-12-31}}\n", "").format(lang="en", other="cs")
    }
    source = write_site(tmp_path, "---\ntitle: A\ndate: 2024-12-31\n---\n\nText\n", files=files)
    with pytest.raises(RunError) as caught:
        render(source, formats=("pdf",))
    assert [(one.place, one.code) for one in caught.value.values["defects"]] == [("index.qmd:1", "no-date")]


def test_what_typst_refuses_is_said_with_the_page(tmp_path: Path) -> None:
    files = {"_quarto.yml": THREE.format(lang="en", other="cs")}
    body = "---\ntitle: A\n---\n\n```{=typst}\n#unknown-function()\n```\n"
    source = write_site(tmp_path, body, files=files)
    with pytest.raises(RunError) as caught:
        render(source, formats=("pdf",))
    assert "unknown-function" in str(caught.value)
    assert "a/index.qmd" in str(caught.value)
    assert not (tmp_path / "site").exists()


def test_no_document_names_a_folder_of_this_machine(sites: dict[str, Path], words: dict[str, bytes]) -> None:
    folder = str(sites["cs"].parents[1]).encode()
    with zipfile.ZipFile(io.BytesIO(words["cs"])) as archive:
        assert [name for name in archive.namelist() if folder in archive.read(name)] == []
        assert [name for name in archive.namelist() if b"/tmp" in archive.read(name)] == []
    assert folder not in (sites["cs"] / "a/index.pdf").read_bytes()


def test_pictures_in_word_are_png(words: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(words["en"])) as archive:
        pictures = [name for name in archive.namelist() if name.startswith("word/media/")]
        assert pictures
        assert all(archive.read(name).startswith(b"\x89PNG") for name in pictures)
