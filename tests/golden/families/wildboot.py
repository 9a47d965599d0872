"""fwildclusterboot: all sign vectors of nine or ten clusters.

Its engine "11" counts ties as this package does, its engine "fnw11" does not: p and the confidence sets of
the latter are reached by counting strictly. Types 13, 31 and 33 count weakly too; both standard errors
count all dummies. With CR3 its t statistics of the draws are larger than that of the data by the root of
G / (G - 1), a factor that only the latter's variance has; here they are alike, see tests/spec/test_wild.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from evaluation.design import StudyDesign
from evaluation.estimate import Estimate
from evaluation.estimators import twfe
from evaluation.inference import clustered, wild_cluster_bootstrap
from tests.golden.case import Case
from tests.golden.dense import dummies, pooled


def not_covered(case: Case) -> list[str]:
    return []


def check(case: Case) -> None:
    estimate, results = _fit(case), case.results
    np.testing.assert_allclose(estimate.value[0], results["coef"], rtol=1e-8)
    group = case.options["cluster"]
    for letter, impose_null in (("R", True), ("U", False)):
        found = wild_cluster_bootstrap(estimate, cluster=group, impose_null=impose_null)
        counted = results["independent_enumeration_numpy"]["restricted" if impose_null else "unrestricted"]
        draws = np.abs(found.distribution[:, 0])
        assert len(draws) == results["n_enumerated"]
        t = abs(estimate.value[0] / found.std_error[0])
        weak, strict = float(np.mean(draws >= t * (1 - 1e-9))), float(np.mean(draws > t * (1 + 1e-9)))
        assert weak == results[f"type11_{letter}"]["p"] == counted["p_weak"]
        assert strict == results[f"typefnw11_{letter}"]["p"] == counted["p_strict"]
        wanted = weak if impose_null else (1 + weak * len(draws)) / (1 + len(draws))
        assert found.p_value[0] == wanted
    for name in [name for name in results if name.startswith(("type13", "type31", "type33"))]:
        _jackknifed(estimate, group, name, results)
    for name in [name for name in results if name.startswith("p_null")]:
        null = float(name.removeprefix("p_null_"))
        assert _strict(estimate, group, null) == results[name]
    for level, key in ((0.05, "conf_int"), (0.10, "ci90")):
        ends = results["typefnw11_R"]["conf_int"] if key == "conf_int" else results[key]
        for end, inwards in zip(ends, (1, -1), strict=True):
            step = inwards * 1e-3 * abs(end)  # the case's tolerance: p jumps within it
            assert _strict(estimate, group, end - step) <= level < _strict(estimate, group, end + step)


def _jackknifed(estimate: Estimate, group: str, name: str, results: dict[str, Any]) -> None:
    kind, impose_null = name.removeprefix("type")[:2], name.endswith("_R")
    found = wild_cluster_bootstrap(
        estimate,
        cluster=group,
        bootstrap_type=kind,  # type: ignore[arg-type]
        impose_null=impose_null,
    )
    draws = np.abs(found.distribution[:, 0])
    t = abs(estimate.value[0] / found.std_error[0])
    counted = clustered(estimate, cluster=group, count_effects="all").std_error
    plain = clustered(estimate, cluster=group, correction="CR0").std_error
    n = results["G"]
    factor = np.sqrt(n / (n - 1)) if kind[1] == "3" else 1.0
    theirs = counted / plain / factor * found.std_error if kind[1] == "3" else counted
    np.testing.assert_allclose(abs(estimate.value / theirs), abs(results[name]["t_stat"]), rtol=1e-7)
    assert float(np.mean(factor * draws >= t * (1 - 1e-9))) == results[name]["p"], name
    ours = float(np.mean(draws >= t * (1 - 1e-9)))
    among = impose_null and kind[0] == "1"
    assert found.p_value[0] == (ours if among else (1 + ours * len(draws)) / (1 + len(draws))), name


def _strict(estimate: Estimate, group: str, null: float) -> float:
    found = wild_cluster_bootstrap(estimate, cluster=group, null=null)
    t = abs((estimate.value[0] - null) / found.std_error[0])
    return float(np.mean(np.abs(found.distribution[:, 0]) > t * (1 + 1e-9)))


def _fit(case: Case) -> Estimate:
    group, param = case.options["cluster"], case.options["param"]
    if "mpdta" in case.id:
        frame = case.data()
        others = np.column_stack([np.ones(len(frame)), frame["lpop"], dummies(frame["year"])])
        return pooled(
            frame, outcome="lemp", terms=["tr"], others=others, unit="countyreal", time="year", group=group
        )
    design = StudyDesign.from_frame(
        case.data(),
        outcome="y",
        unit="district",
        time="quarter",
        treatment=param,
        covariates=[
            name for name in ("treated", "unemp") if name != param and name in case.options["formula"]
        ],
        groups=[group],
    )
    return twfe(design)
