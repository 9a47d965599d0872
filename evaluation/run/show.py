"""What a notebook shows: published values only, and errors on one screen."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from evaluation.checks import CheckResult
from evaluation.disclosure import Cells, Publishable, publish
from evaluation.errors import EvaluationError
from evaluation.estimate import Result
from evaluation.run.notebook import ERROR, PUBLISHED
from evaluation.run.results import coded_error

_MOST_ROWS = 120

Shown = Result | CheckResult | Cells | Publishable


def show(x: Shown | Mapping[str, Shown] | None, name: str = "result") -> None:
    """Publish a value and show it: the only way from a notebook into the report.

    Parameters
    ----------
    x : Result, CheckResult, Cells, Publishable, a mapping of names to such values, or None
        None and an empty mapping show nothing: an analysis need not have every part.
    name : str
        Name of the value in the results of the analysis; those of a mapping have their own.

    Raises
    ------
    DisclosureError
        If a value of this type cannot be published.

    Examples
    --------
    >>> import pandas as pd
    >>> show(CheckResult("size", True, pd.DataFrame({"units": [57]})), "size")
    size: size
    """
    if isinstance(x, Mapping):
        for key, value in x.items():
            show(value, key)
        return
    if x is None:
        return
    published = x if isinstance(x, Publishable) else publish(x)
    bundle = {
        "text/plain": f"{name}: {published.name}",
        "text/html": _html(published),
        PUBLISHED: {"name": name, "published": _text(published)},
    }
    _display(bundle)


def surface_errors() -> None:
    """Let a notebook end with the message of an `EvaluationError` instead of a traceback."""
    from IPython import get_ipython  # noqa: PLC0415 -- a notebook has it already, a check does not need it

    shell = get_ipython()
    if shell is not None:
        shell.set_custom_exc((EvaluationError,), _surface)


def _surface(
    shell: Any, kind: type[BaseException], error: EvaluationError, _trace: Any, tb_offset: Any = None
) -> list[str]:
    """Show the coded error and its message; the names of the arguments are IPython's."""
    del tb_offset
    _display({"text/plain": str(error), ERROR: coded_error(error)})
    lines = [f"{kind.__name__}: {error}"]
    shell._showtraceback(kind, error, lines)
    return lines


def _text(published: Publishable) -> str:
    """JSON as text: a notebook file sorts keys, and the order of columns must not be lost."""
    return json.dumps(published.to_json(), ensure_ascii=False, allow_nan=False)


def _display(bundle: dict[str, Any]) -> None:
    from IPython import get_ipython  # noqa: PLC0415
    from IPython.display import display  # noqa: PLC0415

    if get_ipython() is None:
        sys.stdout.write(f"{bundle['text/plain']}\n")
        return
    display(bundle, raw=True)  # type: ignore[no-untyped-call]


def _html(published: Publishable) -> str:
    """Plain tables with the names of the columns; a hidden value is a dot."""
    shown = [_table(published, name) for name, table in published.tables.items() if len(table) <= _MOST_ROWS]
    numbers = pd.DataFrame(
        {"name": list(published.numbers), "value": [_said(v) for v in published.numbers.values()]}
    )
    return "\n".join([*shown, numbers.to_html(index=False, border=0)] if len(numbers) else shown)


def _table(published: Publishable, name: str) -> str:
    table = published.tables[name].astype(object)
    hidden = published.suppressed.get(name)
    if hidden is not None:
        table = table.mask(hidden.reindex(columns=table.columns, fill_value=False), "•")
    html: str = table.to_html(index=False, na_rep="", border=0)
    return f"<p><strong>{escape(name)}</strong></p>\n{html}"


def _said(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
