"""Who may touch files, and who may speak to people."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.source import below, dotted, imported, modules_of, name, tree

# --- files -------------------------------------------------------------------------------------------
MODULES_WITH_EFFECTS = {
    "duckdb", "ftplib", "glob", "http", "pickle", "requests", "shelve", "shutil", "socket", "sqlite3",
    "subprocess", "tempfile", "urllib", "zipfile",
}  # fmt: skip
METHODS = {
    "glob", "hardlink_to", "iterdir", "mkdir", "read_bytes", "read_text", "rename", "rglob", "rmdir",
    "symlink_to", "touch", "unlink", "write_bytes", "write_text",
}  # fmt: skip
FRAMES = re.compile(r"(read|scan)_(csv|parquet|excel|json|table|feather|pickle|stata|sas|sql|ipc)|to_pickle")
WRITERS = re.compile(r"(to|write)_(csv|parquet|excel|json|feather|stata|html|latex|markdown)")
OS_READS = {"os.environ.get", "os.getenv", "os.cpu_count", "os.fspath", "os.getpid"}


def touches_files(call: ast.Call) -> bool:
    called = dotted(call.func)
    last = called.rsplit(".", 1)[-1] or getattr(call.func, "attr", "")
    if called.startswith("os.") and called not in OS_READS and not called.startswith("os.path."):
        return True
    if last == "open" or (isinstance(call.func, ast.Attribute) and last in METHODS) or FRAMES.fullmatch(last):
        return True
    if called in {"np.load", "np.save", "np.savez", "np.savetxt", "np.loadtxt", "np.genfromtxt"}:
        return True
    return bool(WRITERS.fullmatch(last)) and bool(call.args)


def file_accesses(module: ast.Module) -> Iterator[int]:
    for line, imports, _ in imported(module):
        if imports.split(".")[0] in MODULES_WITH_EFFECTS:
            yield line
    calls = (node for node in ast.walk(module) if isinstance(node, ast.Call))
    yield from (call.lineno for call in calls if touches_files(call))


ACCESSES = [
    "open('a')", "Path('a').read_text()", "here.parent.write_bytes(b'')", "pd.read_csv(x)",
    "frame.to_csv(path)", "pl.scan_parquet(x)", "import subprocess", "from urllib.request import urlopen",
    "os.remove('a')", "path.open('w')", "np.load(x)", "gzip.open(x)", "(folder / 'x').mkdir()",
]  # fmt: skip
HARMLESS = [
    "frame.to_csv()", "text.replace('a', 'b')", "figure.savefig(buffer)", "os.environ.get('X')", "import io",
]  # fmt: skip


@pytest.mark.parametrize("code", ACCESSES)
def test_the_search_for_file_accesses_finds(code: str) -> None:
    assert list(file_accesses(ast.parse(code)))


@pytest.mark.parametrize("code", HARMLESS)
def test_the_search_for_file_accesses_passes_over(code: str) -> None:
    assert not list(file_accesses(ast.parse(code)))


def test_only_run_and_intake_touch_files() -> None:
    pure = modules_of(below("run") - {"intake"})
    assert len(pure) > 10, "hardly any module was found: this test would be empty"
    assert not [f"{name(path)}:{line}" for path in pure for line in file_accesses(tree(path))]
    assert any(list(file_accesses(tree(path))) for path in modules_of({"run"})), "run does touch files"


# --- words -------------------------------------------------------------------------------------------
def docstrings(module: ast.Module) -> set[ast.expr]:
    bodies = [node.body for node in ast.walk(module) if isinstance(node, ast.Module | ast.ClassDef)]
    bodies += [node.body for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]
    return {statement.value for body in bodies for statement in body if isinstance(statement, ast.Expr)}


def for_developers(module: ast.Module) -> set[ast.AST]:
    """Everything within ``raise`` and within ``__repr__`` and the like."""
    spared = [node for node in ast.walk(module) if isinstance(node, ast.Raise)]
    spared += [
        node for node in ast.walk(module) if isinstance(node, ast.FunctionDef) and node.name.startswith("__")
    ]
    return {inner for node in spared for inner in ast.walk(node)}


def said(node: ast.AST) -> str:
    """The text of a string, with a dash in place of what an f-string fills in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "–" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def prose(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Strings that look like a sentence: four words or more, or a letter that English does not have."""
    spared = docstrings(module) | for_developers(module)
    for node in ast.walk(module):
        text = "" if node in spared else said(node)
        words = re.findall(r"[^\W\d_]{2,}", text)
        sentence = len(words) >= 4 and re.search(r"[^\W\d_]{2,} [^\W\d_]+ [^\W\d_]{2,}", text)
        if sentence or re.search(r"[áčďéěíňóřšťúůýž]", text, re.IGNORECASE):
            yield node.lineno, text


SAID = ["x = 'The effect is not significant'", "label = 'Účinek'", "x = f'there were {n} of these districts'"]
UNSAID = ["raise ValueError('shapes do not fit at all')", "'''One two three four.'''", "x = 'conf_low'"]


@pytest.mark.parametrize("code", SAID)
def test_the_search_for_prose_finds(code: str) -> None:
    assert list(prose(ast.parse(code)))


@pytest.mark.parametrize("code", UNSAID)
def test_the_search_for_prose_passes_over(code: str) -> None:
    assert not list(prose(ast.parse(code)))


def test_nothing_below_report_speaks_to_people() -> None:
    silent = modules_of(below("report") - {"errors"})
    assert len(silent) > 10, "hardly any module was found: this test would be empty"
    assert not [f"{name(path)}:{line}: {text}" for path in silent for line, text in prose(tree(path))]
    speaking = {"babel", "locale", "gettext"}
    assert not [
        f"{name(path)}:{line}: {module}"
        for path in silent
        for line, module, _ in imported(tree(path))
        if module.split(".")[0] in speaking
    ]
