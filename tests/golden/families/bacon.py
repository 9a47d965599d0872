"""R bacondecomp: all comparisons of two groups, with and without covariates."""

from __future__ import annotations

import numpy as np

from evaluation.checks import bacon
from evaluation.design import StudyDesign
from tests.golden.case import Case

TYPES = {"treated_vs_never": "Treated vs Untreated", "earlier_vs_later": "Earlier vs Later Treated",
         "later_vs_earlier": "Later vs Earlier Treated", "both_treated": "Both Treated"}  # fmt: skip


def not_covered(case: Case) -> list[str]:
    return []


def check(case: Case) -> None:
    left, right = case.options["formula"].split("~")
    treatment, *covariates = right.split("+")
    design = StudyDesign.from_frame(
        case.data(),
        outcome=left,
        unit=case.options["id_var"],
        time=case.options["time_var"],
        treatment=treatment,
        covariates=covariates,
    )
    found, results = bacon(design), case.results
    table = found.table[found.table.type != "within"]
    within = found.table[found.table.type == "within"]
    scale = 1 - within.weight.sum()
    ours = {
        frozenset({row.treated, row.control})
        if row.type == "both_treated"
        else (row.treated, row.control): row
        for row in table.itertuples()
    }
    wanted = results["two_by_two"]
    assert len(ours) == len(wanted["type"]) == len(table)
    for treated, control, kind, weight, estimate in zip(
        *(wanted[name] for name in ("treated", "untreated", "type", "weight", "estimate")), strict=True
    ):
        pair = str(treated), "never" if control is None else str(control)
        row = ours[frozenset(pair) if kind == "Both Treated" else pair]
        assert TYPES[row.type] == kind
        case.close("weight", row.weight / scale, weight)
        case.close("estimate", row.estimate, estimate)
    case.close("estimate", found.numbers["estimate"], results["twfe"])
    np.testing.assert_allclose((found.table.weight * found.table.estimate).sum(), results["twfe"], rtol=1e-10)
    if "Omega" in results:
        case.close("weight", within.weight, [results["Omega"]])
        case.close("estimate", within.estimate, [results["beta_hat_w"]])
    for kind, weight, part in zip(*results.get("by_type", {"": [], " ": [], "  ": []}).values(), strict=True):
        rows = table[table.type.map(TYPES) == kind]
        case.close("weight", rows.weight.sum(), weight)
        case.close("estimate", (rows.weight * rows.estimate).sum(), part)
