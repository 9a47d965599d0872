"""A case of the reference folder and the comparison with its own tolerance."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from tests.shared import find_shared, shared


@dataclass(frozen=True)
class Case:
    """One line of ``index.json``."""

    entry: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.entry["id"])

    @property
    def family(self) -> str:
        return str(self.entry["family"])

    @cached_property
    def expected(self) -> dict[str, Any]:
        return dict(json.loads(shared(f"reference/{self.entry['expected']}").read_text(encoding="utf-8")))

    @property
    def options(self) -> dict[str, Any]:
        return dict(self.expected["options"])

    @property
    def results(self) -> dict[str, Any]:
        return dict(self.expected["results"])

    def data(self, which: int = 0) -> pd.DataFrame:
        return pd.read_csv(shared(f"reference/{self.entry['data'][which]}"))

    def close(self, quantity: str, got: Any, wanted: Any, tolerance: str | None = None) -> None:
        """Compare with the tolerance that the case states for the quantity ("rtol=1e-8", "atol=1e-6")."""
        stated = self.expected["tolerance"][tolerance or quantity]
        limits = dict(re.findall(r"([ar]tol)=([\d.]+(?:e-?\d+)?)", stated))
        assert limits, f"{self.id}: no tolerance in {stated!r}"
        given = {name: float(limits.get(name, 0.0)) for name in ("rtol", "atol")}
        np.testing.assert_allclose(got, wanted, **given, err_msg=f"{self.id}: {quantity}")


def cases() -> list[Case]:
    """All cases, or none where the reference folder is absent."""
    index = find_shared("reference/index.json")
    return [Case(entry) for entry in json.loads(index.read_text(encoding="utf-8"))] if index else []
