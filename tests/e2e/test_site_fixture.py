"""A small site with every feature of the renderer, in a real browser, whether the report uses it or not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from evaluation.run.render.embedded import render
from tests.e2e.browser import WIDTHS, axe_violations, nothing_sticks_out, open_browser, open_page
from tests.spec.render.features import write_features
from tests.spec.render.sites import write_site

pytestmark = pytest.mark.browser
LANGUAGES = ("cs", "en")
PAGES = ("index.html", "a/index.html", "a/computation.html")
FEATURES = (*PAGES, "b/index.html")
COLUMNS = range(14)

WIDE = (
    "<table><thead><tr>"
    + "".join(f'<th scope="col">Column {k}</th>' for k in COLUMNS)
    + "</tr></thead><tbody><tr>"
    + "".join(f'<td class="num">{k * 12345.678:.3f}</td>' for k in COLUMNS)
    + "</tr></tbody></table>"
)

BODY = f"""
See @fig-bars, @tbl-wide, @eq-long and @sec-tabs. As [@smith2020] shows,
`a_very_long_name_of_a_variable_that_has_no_space`.

## Figure

![Two bars](bars.svg){{#fig-bars fig-alt="Two bars, the second is twice as high as the first."}}

## Table

::: {{#tbl-wide}}
```{{=html}}
{WIDE}
```

Many columns
:::

{WIDE}

## Formulas

$$ \\hat\\beta = \\frac{{\\sum_i (x_i - \\bar x)(y_i - \\bar y)}}{{\\sum_i (x_i - \\bar x)^2}}
= a_1 + a_2 + a_3 + a_4 + a_5 + a_6 + a_7 + a_8 + a_9 + b_1 $$ {{#eq-long}}

Without a number:

$$ a_1 + a_2 + a_3 + a_4 + a_5 + a_6 + a_7 + a_8 + a_9
+ a_{{10}} + a_{{11}} + a_{{12}} + a_{{13}} + a_{{14}} + a_{{15}} + a_{{16}} + a_{{17}} + a_{{18}} = b $$

## Tabs {{#sec-tabs}}

::: {{.panel-tabset}}
### First
The first panel.

### Second
The second panel.

### Third
The third panel.
:::

## Boxes

::: {{.callout-note}}
A note.
:::

::: {{.callout-tip title="With a title"}}
A tip.
:::

::: {{.callout-important}}
Important, with [a link](../index.qmd).
:::

::: {{.callout-warning collapse="true"}}
### Folded
A warning.
:::

::: {{.callout-caution}}
Careful.
:::

## Code

```python
def a_function_with_a_long_line(first_argument, second_argument, third_argument, fourth_argument, fifth):
    # comment
    return "text", 1.5, None
```

> A quotation.[^1]

[^1]: A note below.
"""

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 200" width="400" height="200">'
    '<rect width="400" height="200" fill="#fff"/><rect x="60" y="100" width="80" height="80" fill="#0072B2"/>'
    '<rect x="220" y="20" width="80" height="160" fill="#D55E00"/></svg>'
)
BIBLIOGRAPHY = """@book{smith2020, author = {Smith, Jane}, title = {A book}, year = {2020}}
"""


def _cell(kind: str, source: str, *outputs: dict[str, object]) -> dict[str, object]:
    cell: dict[str, object] = {"cell_type": kind, "source": source, "metadata": {}}
    return cell | ({"outputs": list(outputs)} if kind == "code" else {})


def _notebook() -> str:
    frame = '<table border="1" class="dataframe">' + WIDE.removeprefix("<table>")
    cells = [
        _cell("markdown", "# Computation\n\nWords."),
        _cell(
            "code",
            "show(frame)",
            {"output_type": "display_data", "data": {"text/html": frame}, "metadata": {}},
        ),
        _cell("code", "print(x)", {"output_type": "stream", "name": "stdout", "text": "x" * 300 + "\nend\n"}),
        _cell(
            "code",
            "#| label: fig-drawn\n#| fig-cap: Drawn\n#| fig-alt: Two bars drawn by the notebook.\nplot()",
            {"output_type": "display_data", "data": {"image/svg+xml": SVG}, "metadata": {}},
        ),
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site in both languages."""
    root = tmp_path_factory.mktemp("fixture")
    files = {
        "a/_metadata.yml": "title: All that a page may hold\nsubtitle: Below the title\nbibliography: r.bib",
        "a/r.bib": BIBLIOGRAPHY,
        "a/bars.svg": SVG,
        "a/computation.ipynb": _notebook(),
    }
    for lang in LANGUAGES:
        write_site(root, BODY, lang=lang, files=files)
    for lang in LANGUAGES:
        render(root / "source" / lang)
    return root / "site"


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site that uses every feature, in both languages."""
    root = tmp_path_factory.mktemp("features")
    for source in [write_features(root, lang) for lang in LANGUAGES]:
        render(source)
    return root / "site"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the module."""
    with open_browser() as opened:
        yield opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_fits_and_is_accessible(site: Path, browser: Browser, width: int, scheme: str) -> None:
    for lang in LANGUAGES:
        for name in PAGES:
            with open_page(browser, site / lang / name, width=width, scheme=scheme) as page:
                page.evaluate("document.querySelectorAll('details').forEach((el) => { el.open = true; })")
                assert nothing_sticks_out(page) == [], f"{lang}/{name}"
                assert axe_violations(page) == [], f"{lang}/{name}"
                assert page.locator("h1").count() == 1


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
def test_every_feature_fits_and_is_accessible(
    features: Path, browser: Browser, width: int, scheme: str
) -> None:
    for lang in LANGUAGES:
        for name in FEATURES:
            with open_page(browser, features / lang / name, width=width, scheme=scheme) as page:
                page.evaluate("document.querySelectorAll('details').forEach((el) => { el.open = true; })")
                assert nothing_sticks_out(page) == [], f"{lang}/{name}"
                assert axe_violations(page) == [], f"{lang}/{name}"


def test_search_finds_without_accents_by_keys_alone(features: Path, browser: Browser) -> None:
    with open_page(browser, features / "cs/b/index.html") as page:
        box, options = page.get_by_role("combobox"), page.get_by_role("option")
        box.focus()
        page.keyboard.type("BYDLENI cisla")
        page.wait_for_selector("[role=option]")
        assert options.all_inner_texts()[0].startswith("Všechno na jedné stránce › 2 Tabulka")
        assert axe_violations(page) == []
        page.keyboard.press("ArrowDown")
        assert box.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
        assert options.first.get_attribute("aria-selected") == "true"
        page.keyboard.press("Enter")
        page.wait_for_url("**/a/index.html#tabulka")
    with open_page(browser, features / "cs/b/index.html") as page:
        page.get_by_role("combobox").fill("ydlení")  # the middle of a word
        page.wait_for_function("document.querySelector('[role=status]').textContent")
        assert page.get_by_role("status").inner_text() == "Nic nenalezeno."
        page.get_by_role("combobox").fill("da")
        page.wait_for_selector("[role=option]")
        assert page.locator("mark").first.inner_text().casefold() == "dá"
        page.keyboard.press("Escape")
        assert not page.get_by_role("listbox").is_visible()


def test_the_theme_is_changed_by_keys_and_remembered(features: Path, browser: Browser) -> None:
    shade = "getComputedStyle(document.body).backgroundColor"
    with open_page(browser, features / "en/index.html", scheme="light") as page:
        light, button = page.evaluate(shade), page.locator("button.theme")
        assert button.get_attribute("aria-pressed") == "false"
        button.focus()
        page.keyboard.press("Enter")
        dark = page.evaluate(shade)
        assert (button.get_attribute("aria-pressed"), dark != light) == ("true", True)
        page.goto((features / "en/a/index.html").as_uri())
        assert page.evaluate(shade) == dark
        page.emulate_media(media="print")
        assert page.evaluate(shade) == "rgb(255, 255, 255)"


def test_without_a_memory_theme_and_tabs_still_work(features: Path, browser: Browser) -> None:
    context = browser.new_context(color_scheme="light")
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    denied = "{ get() { throw new DOMException('no', 'SecurityError'); } }"
    page.add_init_script(f"Object.defineProperty(window, 'localStorage', {denied})")
    page.goto((features / "en/a/index.html").as_uri())
    page.locator("button.theme").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.get_by_role("tab").nth(1).click()
    assert errors == []
    context.close()


def test_tabs_of_a_group_change_together_and_stay_so(features: Path, browser: Browser) -> None:
    seen = "[...document.querySelectorAll('[role=tabpanel]')].map((el) => el.checkVisibility())"
    with open_page(browser, features / "en/a/index.html") as page:
        page.get_by_role("tab").first.focus()
        page.keyboard.press("ArrowRight")
        assert page.evaluate(seen) == [False, True, False, True]
        page.reload()
        assert page.evaluate(seen) == [False, True, False, True]


def test_what_is_wider_than_a_phone_scrolls_in_its_own_frame(site: Path, browser: Browser) -> None:
    with open_page(browser, site / "cs/a/index.html", width=360) as page:
        for frame in page.locator(".table-frame").all():
            frame.focus()
            assert frame.evaluate("(el) => el === document.activeElement && el.scrollWidth > el.clientWidth")


def test_tabs_are_operated_by_keys(site: Path, browser: Browser) -> None:
    with open_page(browser, site / "en/a/index.html") as page:
        tabs, panels = page.get_by_role("tab"), page.locator("[role=tabpanel]")
        assert [panel.is_visible() for panel in panels.all()] == [True, False, False]
        tabs.first.focus()
        for key, chosen in (("ArrowRight", 1), ("End", 2), ("ArrowRight", 0), ("ArrowLeft", 2), ("Home", 0)):
            page.keyboard.press(key)
            assert [panel.is_visible() for panel in panels.all()] == [k == chosen for k in range(3)]
            assert page.evaluate("document.activeElement.getAttribute('aria-selected')") == "true"


def test_without_its_script_a_page_shows_everything(site: Path, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.goto((site / "en/a/index.html").as_uri())
    assert all(panel.is_visible() for panel in page.locator("[role=tabpanel]").all())
    assert page.locator("#pages").is_visible()
    assert not page.locator("[role=tablist]").is_visible()
    context.close()


def test_a_citation_leads_to_its_source(site: Path, browser: Browser) -> None:
    with open_page(browser, site / "en/a/index.html") as page:
        assert "(Smith 2020)" in page.locator(".body").inner_text()
        assert "A book" in page.locator("#refs").inner_text()
