"""Synthetic quarterly returns of districts: what a contract of housing need asks for, in order in itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Rows = list[dict[str, Any]]

NEED = 0.004
"""Share of inhabitants whose households are in housing need: invented, of the size of published counts."""

_ROLES = ("housing_officer", "social_worker", "coordinator")
_STAGES = ("planned", "pilot", "routine")


def synthetic_returns(
    population: Mapping[str, float], quarter: str, *, tools: Sequence[str], seed: int = 108
) -> dict[str, dict[str, Rows]]:
    """Return what each district reports for a quarter; nothing of it was observed.

    Parameters
    ----------
    population : Mapping[str, float]
        Inhabitants by the name of the district.
    quarter : str
    tools : sequence of str
        Codes of the tools, of which each district uses some.
    seed : int
        Each district has a level of its own that depends on the seed; its quarters differ by chance only.

    Returns
    -------
    dict
        District -> sheet ("need", "tools", "staff") -> rows, as field -> value.

    Examples
    --------
    >>> sent = synthetic_returns({"Praha 3": 71769}, "2024Q4", tools=["contact_point"])
    >>> row = sent["Praha 3"]["need"][0]
    >>> row["housed"] <= row["clients"] <= row["contacts"]
    True
    """
    found = {}
    for number, (district, people) in enumerate(population.items()):
        level = np.random.default_rng([seed, number])
        now = np.random.default_rng([seed, number, int(quarter[:4]), int(quarter[-1])])
        mean = NEED * people * float(level.uniform(0.6, 1.4))
        found[district] = _district({"district": district, "quarter": quarter}, mean, tools, level, now)
    return found


def _district(
    key: dict[str, str],
    mean: float,
    tools: Sequence[str],
    level: np.random.Generator,
    now: np.random.Generator,
) -> dict[str, Rows]:
    need = int(now.poisson(mean))
    clients = int(now.binomial(need, 0.55))
    staff: Rows = [
        {
            **key,
            "role": role,
            "fte": round(0.25 * int(level.integers(1, 9)), 2),
            "trained": bool(level.integers(2)),
        }
        for role in _ROLES
    ]
    row = {
        **key,
        "households_in_need": need,
        "clients": clients,
        "housed": int(now.binomial(clients, 0.2)),
        "contacts": clients + int(now.poisson(1.5 * clients)),
        "evictions": int(now.poisson(0.03 * mean)),
        "share_active_step": round(float(now.beta(8, 12)), 3),
        "staff_fte": sum(one["fte"] for one in staff),
    }
    used: Rows = []
    for tool in tools:
        if level.random() < 0.5:
            stage = _STAGES[int(level.integers(3))]
            cases = 0 if stage == "planned" else int(now.binomial(clients, 0.15))
            used.append({**key, "tool": tool, "stage": stage, "cases": cases, "started": None})
    return {"need": [row], "tools": used, "staff": staff}


def with_mistakes(sent: Mapping[str, dict[str, Rows]]) -> dict[str, dict[str, Rows]]:
    """Return the returns with one mistake in each of some districts, and without the last district."""
    names = list(sent)
    found = {name: sent[name] for name in names[:-1]}
    for name, (sheet, field, change) in zip(names, _MISTAKES, strict=False):
        first, *rest = sent[name][sheet]
        found[name] = {**sent[name], sheet: [{**first, field: change(first[field])}, *rest]}
    return found


_MISTAKES: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("need", "district", lambda value: f"{value}a"),
    ("need", "quarter", lambda value: f"{value[:4]}Q5"),
    ("need", "clients", lambda _: None),
    ("need", "clients", lambda value: f"asi {value}"),
    ("need", "housed", lambda value: 1000 + value),
    ("need", "share_active_step", lambda _: 1.4),
    ("need", "share_active_step", lambda value: str(value).replace(".", ",")),
    ("need", "households_in_need", lambda value: -value),
    ("staff", "fte", lambda value: value + 1),
    ("staff", "role", lambda _: "=1+1"),
)
