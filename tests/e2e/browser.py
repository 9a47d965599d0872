"""A real browser for tests: Debian's or any other Chromium, driven without a network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

WIDTHS = (360, 768, 1440)
AXE = {"preload": False, "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
OVERFLOW = """() => {
  const room = document.documentElement.clientWidth;
  const scrolls = (el) => {
    for (let p = el.parentElement; p; p = p.parentElement)
      if (/auto|scroll|hidden/.test(getComputedStyle(p).overflowX) && p !== document.body) return true;
    return false;
  };
  return [...document.querySelectorAll('body *')]
    .filter((el) => el.getBoundingClientRect().right > room + 1 && !scrolls(el) && el.checkVisibility())
    .map((el) => el.tagName + '.' + el.className).slice(0, 5);
}"""


def find_chromium() -> str:
    """Return the path of a Chromium; skip, or fail with CI=true, where there is none."""
    names = (os.environ.get("EVALUATION_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        reason = "needs a Chromium on PATH, or named by EVALUATION_CHROMIUM"
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return found


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start the browser with everything off that would look for a network."""
    options = [
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
    ]
    options += ["--disable-sync", "--disable-quic", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    chromium = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=options)
        yield browser
        browser.close()


@contextmanager
def open_page(browser: Browser, file: Path, *, width: int = 1440, scheme: str = "light") -> Iterator[Page]:
    """Open a page of a site from disk; any error on it or request beyond the disk fails the test."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda m: trouble.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("requestfailed", lambda request: trouble.append(f"failed: {request.url}"))
    page.on(
        "request",
        lambda r: trouble.append(f"request: {r.url}") if not r.url.startswith(("file:", "data:")) else None,
    )
    page.goto(file.as_uri())
    yield page
    context.close()
    assert trouble == [], f"{file.name} at {width}: {trouble}"


def nothing_sticks_out(page: Page) -> list[str]:
    """Return the elements that make the page scroll sideways."""
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1")
    found: list[str] = page.evaluate(OVERFLOW)
    return found or (["the page scrolls sideways"] if wide else [])


def axe_violations(page: Page) -> list[str]:
    """Return what axe-core finds against WCAG 2.2 AA and good practice."""
    results = Axe().run(page, options=AXE)
    return [
        f"{v['id']} ({v['impact']}): {v['nodes'][0]['html'][:120]}" for v in results.response["violations"]
    ]
