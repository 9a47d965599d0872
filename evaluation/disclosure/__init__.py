"""The gate before the report: what was not published here is not shown."""

from evaluation.disclosure.cells import PUBLIC, TOTAL, Cells, Profile
from evaluation.disclosure.gate import publish
from evaluation.disclosure.publishable import Publishable

__all__ = ["PUBLIC", "TOTAL", "Cells", "Profile", "Publishable", "publish"]
