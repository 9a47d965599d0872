"""Style sheets: which classes they know, and which files they load."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

STYLE = Path(__file__).parent / "style.css"
CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)(?=[^{}]*\{)")
LOADED = re.compile(r"""@import\s+(?:url\()?\s*['"]?([^'")\s;]+)|url\(\s*['"]?([^'")]+)""")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@cache
def classes_of(files: tuple[str, ...]) -> tuple[str, ...]:
    """Return the classes that our style sheet or those of a page say something about.

    Examples
    --------
    >>> "lead" in classes_of(())
    True
    """
    present = [path for path in map(Path, files) if path.is_file()]
    texts = [COMMENT.sub("", path.read_text(encoding="utf-8")) for path in (STYLE, *present)]
    return tuple(sorted({name for text in texts for name in CLASS.findall(text)}))


def loaded_by(text: str) -> list[str]:
    """Return the addresses that a style sheet loads.

    Examples
    --------
    >>> loaded_by("@import 'a.css'; p { background: url(b.png) } /* url(c.png) */")
    ['a.css', 'b.png']
    """
    return [first or second for first, second in LOADED.findall(COMMENT.sub("", text))]
