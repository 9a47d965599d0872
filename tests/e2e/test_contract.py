"""The comparison of two renderers, against our own pages and copies of them that say something else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evaluation.run.render.embedded import render
from tests.e2e.contract import differences, read_html
from tests.shared import ROOT
from tests.spec.render.features import write_features

PAGE = "a/index.html"
MUTATIONS = [
    ("headings", '<span class="section-number">2</span>', '<span class="section-number">3</span>'),
    ("captions", 'class="label">Figure 1:', 'class="label">Figure 7:'),
    ("alts", 'alt="', 'alt="Not '),
    ("links", 'href="#fig-', 'href="#fig-other-'),
    ("tables", "<table", "<div"),
    ("numbers", "<p", "<p>1,234</p><p"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("contract")
    for lang in ("cs", "en"):
        write_features(root, lang)
    render(root / "source/en")
    return root / "site/en"


def test_a_page_says_what_is_compared(site: Path) -> None:
    seen = read_html(site / PAGE)
    assert len(seen.headings) > 3
    assert any(caption.startswith("Figure 1:") for caption in seen.captions)
    assert all(seen.alts)
    assert seen.tables > 0
    assert len(seen.words) > 100


def test_a_site_is_like_itself(site: Path, tmp_path: Path) -> None:
    shutil.copytree(site, tmp_path / "copy")
    assert list(differences(site, tmp_path / "copy")) == []


@pytest.mark.parametrize(("what", "old", "new"), MUTATIONS, ids=[row[0] for row in MUTATIONS])
def test_a_difference_is_found(site: Path, tmp_path: Path, what: str, old: str, new: str) -> None:
    shutil.copytree(site, tmp_path / "copy")
    file = tmp_path / "copy" / PAGE
    html = file.read_text(encoding="utf-8")
    at = html.index(old, html.index('<div class="body">'))
    file.write_text(html[:at] + new + html[at + len(old) :], encoding="utf-8")
    assert [line for line in differences(site, tmp_path / "copy") if line.startswith(f"{PAGE}: {what}:")]


def test_a_missing_page_and_lost_words_are_found(site: Path, tmp_path: Path) -> None:
    shutil.copytree(site, tmp_path / "copy")
    (tmp_path / "copy/index.html").unlink()
    file = tmp_path / "copy" / PAGE
    html = file.read_text(encoding="utf-8")
    at = html.index("<h2", html.index('<div class="body">'))
    file.write_text(html[:at] + html[html.index("</main>") :], encoding="utf-8")
    found = list(differences(site, tmp_path / "copy"))
    assert "index.html: only in en" in found
    assert any(": words:" in line for line in found)


def test_the_tool_says_plainly_that_it_was_not_run(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/quarto-contract"), "2024Q4"],
        env=os.environ | {"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("not run: there is no quarto on PATH")
