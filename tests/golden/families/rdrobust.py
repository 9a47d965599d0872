"""R rdrobust: robust bias-corrected jumps, their errors, and the bandwidths of every selector."""

from __future__ import annotations

from typing import Any

import numpy as np

from evaluation import individuals
from evaluation.design import Sample
from tests.golden.case import Case


def not_covered(case: Case) -> list[str]:
    return []


def check(case: Case) -> None:
    options = dict(case.options) if case.options else {}
    sample = _sample(case, options)
    estimate = individuals.regression_discontinuity(
        sample,
        order=options.get("p", 1),
        kernel=options.get("kernel", "triangular"),
        selector=options.get("bwselect", "mserd"),
        bandwidth=options.get("h"),
        bias_bandwidth=options.get("b"),
        errors=options.get("vce"),
    )
    wanted = case.results
    widths = np.array([estimate.options["bandwidths"], estimate.options["bias_bandwidths"]])
    case.close("bws", widths, wanted["bws"])
    found = estimate.infer(individuals.rd_error).tidy()
    for column, key in (("estimate", "coef"), ("std_error", "se"), ("p_value", "pv")):
        case.close(key, found[column], [wanted[key][0], wanted[key][2]], "coef")
    case.close("ci", found[["conf_low", "conf_high"]], [wanted["ci"][0], wanted["ci"][2]], "coef")
    score = sample.running
    assert score is not None
    sides = [np.abs(score[score < 0]), np.abs(score[score >= 0])]
    for row, key in ((0, "N_h"), (1, "N_b")):
        assert [int((x <= h).sum()) for x, h in zip(sides, widths[row], strict=True)] == wanted[key]
    assert [len(x) for x in sides] == wanted["N"]
    _every_selector(case)


def _sample(case: Case, options: dict[str, Any]) -> Sample:
    frame = case.data()
    outcome, running = ("vote", "margin") if "vote" in frame else ("y", "x")
    covariates = options.get("covs", [])
    more = [options[name] for name in ("fuzzy", "cluster") if options.get(name)]
    return Sample.from_frame(
        frame.dropna(subset=[outcome, running, *covariates, *more]),
        outcome=outcome,
        running=running,
        received=options.get("fuzzy"),
        covariates=covariates,
        cluster=options.get("cluster"),
    )


def _every_selector(case: Case) -> None:
    wanted = case.results["rdbwselect_all_default"]
    table = individuals.rd_bandwidths(_sample(case, {})).table.set_index(["selector", "side"])
    found = [table.loc[name, ["main", "bias"]].to_numpy().T.ravel() for name in wanted["names"]]
    case.close("bws", found, wanted["bws"])
