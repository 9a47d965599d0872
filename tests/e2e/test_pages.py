"""The pages of the demonstration quarter in a real browser, in both languages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import WIDTHS, axe_violations, nothing_sticks_out, open_browser, open_page
from tests.project import QUARTER, Project
from tests.shared import ROOT, find_shared
from tests.spec.render.papers import numbers, reader, words_of_html, words_of_pdf, words_of_word

pytestmark = pytest.mark.browser
PARTS = ("analyses", "data", "notebooks", "reports")
LANGUAGES = ("cs", "en")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration quarter, run and rendered through the command line."""
    root = tmp_path_factory.mktemp("pages") / "project"
    for part in PARTS:
        ignored = shutil.ignore_patterns("raw", "vintages", "derived", "build")
        shutil.copytree(ROOT / part, root / part, ignore=ignored)
    for file in ("evaluation.toml", *(p.name for p in ROOT.glob("_quarto*.yml"))):
        shutil.copy(ROOT / file, root / file)
    project = Project(root)
    data = {"EVALUATION_DATA": str(found)} if (found := find_shared("data/real")) else {}
    for command in ("run", "render"):
        done = project.evaluation(command, QUARTER, **data)
        assert done.returncode == 0, done.stdout + done.stderr
    return project.build / "site"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the module."""
    with open_browser() as opened:
        yield opened


def _pages(site: Path) -> list[Path]:
    pages = [
        site / "index.html",
        *sorted(page for lang in LANGUAGES for page in (site / lang).rglob("*.html")),
    ]
    assert len(pages) >= 1 + 2 * (1 + 2 * 2)  # the choice of language; start, two analyses, two computations
    return pages


def test_pdf_and_word_have_every_number_of_their_page(site: Path) -> None:
    papers = [page.with_suffix(".pdf") for lang in LANGUAGES for page in (site / lang).rglob("index.html")]
    assert len(papers) >= 2 * (1 + 2)
    for paper in papers:
        page = numbers(words_of_html(paper.with_suffix(".html").read_text(encoding="utf-8")))
        printed = numbers(words_of_pdf(reader(paper.read_bytes())))
        filed = numbers(words_of_word(paper.with_suffix(".docx").read_bytes()))
        assert (page - printed, page - filed) == (set(), set()), str(paper.relative_to(site))


MATRIX = [pytest.param(width, marks=[pytest.mark.long] if width == WIDTHS[1] else []) for width in WIDTHS]


@pytest.mark.parametrize("width", MATRIX)
def test_no_page_sticks_out_or_complains(site: Path, browser: Browser, width: int) -> None:
    for file in _pages(site):
        with open_page(browser, file, width=width) as page:
            assert nothing_sticks_out(page) == [], f"{file.relative_to(site)} at {width}"
            assert page.locator("h1").count() == 1
            assert page.evaluate("[...document.images].every((i) => i.naturalWidth > 0 && i.alt.length > 20)")


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_axe_finds_nothing(site: Path, browser: Browser, scheme: str) -> None:
    for file in _pages(site):
        with open_page(browser, file, scheme=scheme) as page:
            page.evaluate("document.querySelectorAll('details').forEach((el) => { el.open = true; })")
            assert axe_violations(page) == [], f"{file.relative_to(site)}, {scheme}"


@pytest.mark.long
def test_axe_finds_nothing_on_a_phone(site: Path, browser: Browser) -> None:
    for file in _pages(site):
        with open_page(browser, file, width=360) as page:
            assert axe_violations(page) == [], str(file.relative_to(site))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_language_switch_keeps_the_place(site: Path, browser: Browser, lang: str) -> None:
    other = next(code for code in LANGUAGES if code != lang)
    with open_page(browser, site / lang / "organ-donations/index.html") as page:
        page.locator(".switch a").click()
        assert page.url == (site / other / "organ-donations/index.html").as_uri()
        assert page.locator("html").get_attribute("lang") == other
    with open_page(browser, site / lang / "organ-donations/index.html", width=360) as page:
        page.evaluate("document.getElementById('sec-estimates').scrollIntoView()")
        page.locator(".switch a").evaluate("link => link.click()")
        page.wait_for_url("**/" + other + "/**")
        assert page.url == (site / other / "organ-donations/index.html").as_uri() + "#sec-estimates"
        assert (
            0 <= page.evaluate("document.getElementById('sec-estimates').getBoundingClientRect().top") < 400
        )


def test_the_keyboard_reaches_the_content_and_the_menu(site: Path, browser: Browser) -> None:
    with open_page(browser, site / "en/index.html", width=360) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
        menu = page.locator("button.toggle")
        assert not page.locator("#pages").is_visible()
        menu.focus()
        page.keyboard.press("Enter")
        assert menu.get_attribute("aria-expanded") == "true"
        assert page.locator("#pages").is_visible()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('#pages') !== null")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_link_leads_to_a_file(site: Path, browser: Browser, lang: str) -> None:
    for file in (site / lang).rglob("*.html"):
        with open_page(browser, file) as page:
            targets = page.evaluate("[...document.links].map((a) => a.href)")
        local = {t.partition("#")[0] for t in targets if t.startswith("file:")}
        assert local
        assert [t for t in local if not Path(unquote(urlsplit(t).path)).is_file()] == [], file


def test_paper_shows_everything_that_is_folded(site: Path, browser: Browser) -> None:
    with open_page(browser, site / "cs/organ-donations/index.html") as page:
        folded = page.locator("main details:not([open])").count()
        assert folded > 0
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
        assert page.locator("main details:not([open])").count() == 0
        assert not page.locator(".sidebar").is_visible()
        assert nothing_sticks_out(page) == []
