"""R pretrends: the slope that a pre-test finds, and the means of estimates that pass it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.checks import pretrends_power
from evaluation.design import StudyDesign
from evaluation.estimate import Estimate, Term
from tests.golden.case import Case


def not_covered(case: Case) -> list[str]:
    return []


def path(value: np.ndarray, covariance: np.ndarray, times: list[int]) -> Estimate:
    """Return an estimate with this covariance: influence values of 100 units, with mean zero."""
    n, k = 100, len(value)
    t, u = np.arange(1, 3), np.arange(n)
    frame = pd.DataFrame(
        {"u": np.repeat(u, 2), "t": np.tile(t, n), "g": np.repeat(2 * (u < 50), 2), "y": 0.0}
    )
    design = StudyDesign.from_frame(frame, outcome="y", unit="u", time="t", cohort="g")
    draws = np.random.default_rng(1).normal(size=(n, k))
    basis, _ = np.linalg.qr(draws - draws.mean(axis=0))
    return Estimate(
        estimator="given",
        estimand="att",
        terms=tuple(Term("att", event_time=float(time)) for time in times),
        value=value,
        design=design,
        influence=n * basis @ np.linalg.cholesky(covariance).T,
    )


def check(case: Case) -> None:
    frame = case.data()
    covariance = frame.filter(regex=r"^s\d").to_numpy()
    estimate = path(frame["betahat"].to_numpy(), covariance, case.options["tVec"])
    found, wanted = pretrends_power(estimate), case.results
    for percent in (50, 80):  # its root finder stops early: by its own word at a power of 0.50076 in case bc
        slope = wanted[f"slope{percent}"]
        np.testing.assert_allclose(found.numbers[f"slope_{percent}"], slope, rtol=2e-3)
        case.close("power", pretrends_power(estimate, slope=slope).numbers["power"], percent / 100)
    given = pretrends_power(estimate, slope=wanted["slope50"])
    case.close("power", given.numbers["power"], wanted["power"]["Power"])
    case.close("power", given.numbers["bayes_factor"], wanted["power"]["Bayes.Factor"])
    np.testing.assert_allclose(
        given.numbers["likelihood_ratio"], wanted["power"]["Likelihood.Ratio"], rtol=1e-9
    )
    shown = [i for i, time in enumerate(wanted["event"]["t"]) if time != -1]
    for column, name in {"trend": "deltatrue", "std_error": "se", "estimate": "betahat"}.items():
        np.testing.assert_allclose(given.table[column], np.array(wanted["event"][name])[shown], rtol=1e-9)
    passed = np.array(wanted["event"]["meanAfterPretesting"])[shown]
    case.close("meanAfterPretesting", given.table["mean_if_passed"], passed)
