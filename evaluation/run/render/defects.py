"""What cannot be rendered: collected over the whole site, then refused at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from evaluation.errors import RunError
from evaluation.locales import text

CODES = (
    "unknown-shortcode",
    "open-shortcode",
    "missing-include",
    "include-cycle",
    "missing-key",
    "missing-cell",
    "unknown-option",
    "bad-option",
    "unknown-class",
    "unknown-attribute",
    "bad-attribute",
    "unknown-format",
    "empty-listing",
    "executable-cell",
    "unknown-cell-option",
    "unknown-output",
    "failed-notebook",
    "unresolved-reference",
    "unknown-citation",
    "missing-bibliography",
    "duplicate-id",
    "no-alt",
    "no-caption",
    "no-table",
    "bad-equation",
    "empty-tabset",
    "unknown-callout",
    "unknown-condition",
    "dead-link",
    "dead-anchor",
    "missing-file",
    "outside-site",
    "outside-network",
    "same-output",
    "no-date",
)


@dataclass(frozen=True, order=True)
class Defect:
    """One place that cannot be rendered.

    Attributes
    ----------
    place : str
        File and line (``cs/index.qmd:12``), or notebook, cell and line (``cs/a.ipynb, cell 3:2``).
    code : str
        One of `CODES`; its sentence is ``render-defect-<code>`` of the catalogues.
    what : str
        The word that is wrong: the shortcode, the reference, the file.
    """

    place: str
    code: str
    what: str = field(default="")

    def describe(self, lang: str = "en") -> str:
        """Return the place and the sentence.

        Examples
        --------
        >>> print(Defect("index.qmd:3", "unresolved-reference", "fig-trend").describe())
        index.qmd:3: nothing on this page has the id “fig-trend”
        """
        return f"{self.place}: {text(lang, f'render-defect-{self.code}', what=self.what)}"


def refuse(defects: Iterable[Defect], *, where: str = "", lang: str = "en") -> None:
    """Raise one error that names every defect; do nothing where there is none.

    Raises
    ------
    RunError
        ``render-defects``; its ``values["defects"]`` hold the defects themselves.
    """
    found = tuple(sorted(set(defects), key=_reading_order))
    if found:
        lines = [defect.describe(lang) for defect in found]
        advice = "\n".join(["", *(f"  {line}" for line in lines)])
        raise RunError("render-defects", where=where, count=len(found), advice=advice, defects=found)


def _reading_order(defect: Defect) -> tuple[str, int, str]:
    file, _, line = defect.place.rpartition(":")
    return (file, int(line), defect.code) if line.isdigit() else (defect.place, 0, defect.code)
