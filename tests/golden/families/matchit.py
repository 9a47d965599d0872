"""MatchIt: matches, weights, balance, and the difference with errors by matched set.

In these cases MatchIt 4.5.1 takes, of the comparison units with a smaller propensity score than the treated
one, the nearest (of several the last), and one with a larger score only where none is left, even if it is
nearer; nor does its caliper bind. With distances by that rule everything else must agree; by Mahalanobis
distance it takes the nearest, as `match` does.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation import individuals
from evaluation.design import Sample
from evaluation.individuals.matched import Matched
from evaluation.inference import clustered
from tests.golden.case import Case

Floats = NDArray[np.float64]


def not_covered(case: Case) -> list[str]:
    del case
    return []


def check(case: Case) -> None:
    frame, sample = _sample(case)
    if case.results["pscore"]:
        case.close("pscore", individuals.propensity(sample).value, case.results["pscore"])
    frame, matched = _matched(case, frame, sample)
    _pairs(case, frame, matched)
    wanted = case.results["weights"]
    rows = frame.id.map(dict(zip(wanted["id"], wanted["w"], strict=True))).to_numpy(dtype=float)
    case.close("weights", matched.weights, rows, "att")
    _difference(case, matched)
    _balance(case, matched)


def _sample(case: Case) -> tuple[pd.DataFrame, Sample]:
    formula = str(case.expected["r_call"]).split("~")[1].split(",")[0].split("+")
    names = [name.strip(" )") for name in formula]
    frame = case.data()
    return frame, Sample.from_frame(frame, outcome="re78", treatment="treat", covariates=names)


def _matched(case: Case, frame: pd.DataFrame, sample: Sample) -> tuple[pd.DataFrame, Matched]:
    call = str(case.expected["r_call"])  # says the ratio, which the options leave out
    options = case.options | dict(re.findall(r"(ratio)=(\d)", call))
    if options["method"] == "cem":
        return frame, individuals.cem(sample, bins=options["cutpoints"])
    if options["method"] == "subclass":
        return frame, individuals.subclassification(sample, subclasses=options["subclass"])
    if options.get("distance") == "mahalanobis":
        return frame, individuals.match(sample, distance="mahalanobis")
    return _by_the_rule_of_the_reference(frame, sample, options)


def _by_the_rule_of_the_reference(
    frame: pd.DataFrame, sample: Sample, options: dict[str, Any]
) -> tuple[pd.DataFrame, Matched]:
    """Rows in the order in which treated units choose, and the last of the others first."""
    score, treated = individuals.propensity(sample).value, sample.treated_units
    first = np.flatnonzero(treated)[np.argsort(-score[treated], kind="stable")]
    order = np.concatenate([first, np.flatnonzero(~treated)[::-1]])
    turned, sorted_score = sample.take(order), score[order]
    one, zero = sorted_score[: len(first), None], sorted_score[None, len(first) :]
    apart = np.where(zero < one - 1e-12, one - zero, 1 + zero - one)
    exact = [str(options["exact"]).lstrip("~")] if "exact" in options else []
    matched = individuals.match(
        turned,
        distance=apart,
        exact=exact,
        ratio=int(options.get("ratio", 1)),
        replace=options.get("replace", False),
    )
    return frame.iloc[order], matched


def _pairs(case: Case, frame: pd.DataFrame, matched: Matched) -> None:
    wanted = case.results["match_matrix"]
    if wanted is None:
        return
    ids = frame.id.to_numpy()
    found: dict[str, list[str]] = {}
    for one, other in matched.pairs:
        found.setdefault(ids[one], []).append(ids[other])
    theirs = {
        one: [name for name in others if name]
        for one, others in zip(wanted["treated"], wanted["control"], strict=True)
    }
    assert found == theirs


def _difference(case: Case, matched: Matched) -> None:
    fit = individuals.matched_difference(matched)
    case.close("att", fit.value, [case.results["att"]])
    n = fit.design.n_units
    if case.results["se_type"] == "HC1":
        error = clustered(fit, correction="CR0").std_error * np.sqrt(n / (n - 2))
    else:  # the reference also counts the two coefficients
        error = clustered(fit, cluster="matched_set").std_error * np.sqrt((n - 1) / (n - 2))
    case.close("att_se", error, [case.results["att_se"]], "att")


def _balance(case: Case, matched: Matched) -> None:
    table = individuals.weighted_balance(matched).table.set_index("covariate")
    for label, key in (("before", "balance_all"), ("after", "balance_matched")):
        wanted = case.results[key]
        if wanted is None:
            continue
        theirs = pd.DataFrame(wanted).set_index("var").astype(float)
        theirs.index = theirs.index.str.replace("race", "race=").str.replace("distance", "propensity_score")
        ours = table[table["sample"] == label]
        common = [name for name in ours.index if name in theirs.index]
        assert len(common) == len(ours)
        for column in ("smd", "var_ratio", "ecdf_mean", "ecdf_max"):
            got = ours.loc[common, column].to_numpy(dtype=float)
            expected = theirs.loc[common, column].to_numpy(dtype=float)
            np.testing.assert_allclose(got, expected, rtol=1e-7, atol=1e-12, err_msg=f"{case.id} {column}")
