"""DRDID: two groups, two periods; panels and repeated cross-sections through att_gt.

Where the reference departs from its own paper this is reproduced here and our value is compared with the
derivative of the estimate in the direction of each observation, which is what an influence value is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from unittest import mock

import numpy as np
import pandas as pd

from evaluation.design import RepeatedCrossSection, StudyDesign
from evaluation.estimators import _repeated, att_gt
from evaluation.estimators._two_by_two import METHODS as PANEL_METHODS
from evaluation.inference import clustered
from tests.golden.case import Case

PANEL = {
    "drdid_panel": "dr",
    "drdid_imp_panel": "dr_improved",
    "reg_did_panel": "reg",
    "ipw_did_panel": "ipw_unnormalised",
    "std_ipw_did_panel": "ipw",
}
REPEATED = {
    "drdid_rc": "dr",
    "drdid_imp_rc": "dr_improved",
    "reg_did_rc": "reg",
    "ipw_did_rc": "ipw_unnormalised",
    "std_ipw_did_rc": "ipw",
}
STEP = 1e-4


def not_covered(case: Case) -> list[str]:
    known = PANEL | REPEATED
    return [name for name in case.results if name not in known and name not in {"n", "n_treated"}]


def check(case: Case) -> None:
    if "drdid_panel" in case.results:
        _check_panel(case)
    else:
        _check_repeated(case)


def _check_panel(case: Case) -> None:
    o = case.options
    covariates = o["x"].split("+")
    design = StudyDesign.from_frame(
        _two_groups(case),
        outcome="y",
        unit="id",
        time="t",
        cohort="start",
        covariates=covariates,
        weights=o["weights"],
    )
    assert design.n_units == case.results["n"]
    for name, method in PANEL.items():
        effect = att_gt(design, method=method)
        case.close("att", effect.value, [case.results[name]["att"]])
        case.close("se", clustered(effect, correction="CR0").std_error, [case.results[name]["se"]])
    assert set(PANEL.values()) == set(PANEL_METHODS)


def _check_repeated(case: Case) -> None:
    design = _cross_section(case)
    assert design.n_units == case.results["n"]
    assert int(design.treated_units.sum()) == case.results["n_treated"]
    pooled = _pooled(case)
    for name, method in REPEATED.items():
        effect = att_gt(design, method=method)
        case.close("att", effect.value, [case.results[name]["att"]])
        assert effect.influence is not None
        influence = effect.influence[:, 0]
        error = clustered(effect, correction="CR0").std_error[0]
        if name == "drdid_rc":
            assert abs(error / case.results[name]["se"] - 1) > 1e-4, "the reference has been corrected"
            with wrong_sign():
                error = clustered(att_gt(design, method=method), correction="CR0").std_error[0]
        if name == "ipw_did_rc" and case.options["weights"]:
            error = _error(_weights_taken_as_given(pooled, influence))
        case.close("se", error, case.results[name]["se"])
        if name in {"drdid_rc", "ipw_did_rc"}:
            _is_derivative(_repeated.METHODS[method], pooled, influence)
    assert set(REPEATED.values()) == set(_repeated.METHODS)


def _two_groups(case: Case) -> pd.DataFrame:
    """The observations of the never treated and of one cohort, in two periods."""
    o = case.options
    frame = case.data()
    frame = frame[frame["g"].isin([0, o["treated_g"]]) & frame["t"].isin([o["pre"], o["post"]])]
    return frame.assign(start=np.where(frame["g"] > 0, o["post"], 0))


def _cross_section(case: Case) -> RepeatedCrossSection:
    o = case.options
    return RepeatedCrossSection.from_frame(
        _two_groups(case),
        outcome="y",
        time="t",
        cohort="start",
        covariates=o["x"].split("+"),
        weights=o["weights"],
    )


def _pooled(case: Case) -> _repeated.Pooled:
    o, frame = case.options, _two_groups(case)
    weights = frame[o["weights"]].to_numpy() if o["weights"] else np.ones(len(frame))
    return _repeated.Pooled(
        outcome=frame["y"].to_numpy(),
        post=(frame["t"] == o["post"]).to_numpy(dtype=float),
        treated=(frame["g"] > 0).to_numpy(dtype=float),
        x=np.column_stack([np.ones(len(frame)), *(frame[name] for name in o["x"].split("+"))]),
        weights=weights / weights.mean(),
    )


def _error(influence: np.ndarray) -> float:
    return float(np.sqrt((influence**2).sum()) / len(influence))


class wrong_sign:
    """DRDID 1.2.3 adds the influence of the base period's regressions among controls; it must subtract it."""

    def __enter__(self) -> None:
        original = _repeated._Part

        def part(sign: float, w: np.ndarray, h: np.ndarray, models: object = None, **more: bool) -> object:
            given = dict(models or {})  # type: ignore[call-overload]
            if list(given) == ["control_pre"]:
                given["control_pre"] = -given["control_pre"]
            return original(sign, w, h, given, **more)

        self.patch = mock.patch.object(_repeated, "_Part", part)
        self.patch.start()

    def __exit__(self, *_: object) -> None:
        self.patch.stop()


def _weights_taken_as_given(c: _repeated.Pooled, influence: np.ndarray) -> np.ndarray:
    """Put DRDID's influence of the shares of late and early observations in the place of ours.

    It takes the mean of the weights, which normalises both shares, as known.
    """
    late = float((c.weights * c.post).mean())
    score = _repeated.logit(c.x, c.treated, c.weights)
    treat, control = c.weights * c.treated, c.weights * (1 - c.treated) * score.odds
    value = (treat - control) * c.outcome / treat.mean()
    by_late = (value * c.post).mean() / late**2
    by_early = (value * (1 - c.post)).mean() / (1 - late) ** 2
    ours = -(by_late + by_early) * c.weights * (c.post - late)
    theirs = by_early * (c.weights * (1 - c.post) - (1 - late)) - by_late * (c.weights * c.post - late)
    return influence - ours + theirs


def _is_derivative(
    method: Callable[[_repeated.Pooled], object], c: _repeated.Pooled, influence: np.ndarray
) -> None:
    """Compare influence values with the change of the estimate when an observation gets more weight."""
    n = len(c.outcome)

    def att(i: int, step: float) -> float:
        share = np.full(n, (1 - step) / n)
        share[i] += step
        weights = c.weights * share
        return float(method(dataclasses.replace(c, weights=weights / weights.mean())).att[0])  # type: ignore[attr-defined]

    some = np.arange(0, n, 23)
    slope = [(att(i, STEP) - att(i, -STEP)) / (2 * STEP) for i in some]
    np.testing.assert_allclose(influence[some], slope, atol=1e-5 * np.abs(influence).max())
