"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.shared import ROOT
from tests.shared import shared as shared_path


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """``shared("reference/index.json")``: the file, or a skip (a failure with CI=true)."""
    return shared_path


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Under make a run in which no test passed is a failure, also where all of them were skipped."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    wanted = os.environ.get("EVALUATION_MUST_TEST") and not hasattr(session.config, "workerinput")
    if not wanted or reporter is None or session.config.option.collectonly:
        return
    if not reporter.stats.get("passed") and session.exitstatus == pytest.ExitCode.OK:
        reporter.write_line("No test passed: nothing was tested.", red=True)
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
