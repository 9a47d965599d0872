"""What every inference method must keep, with every estimator."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation import inference
from evaluation.design import Note
from evaluation.errors import InferenceError
from evaluation.estimate import Estimate, Inference, Registered, Term, Variant, combine
from evaluation.inference.methods import METHODS, ONE_TERM, ONE_TREATED
from tests.conformance.panels import CASES, fit, name, panel

Case = tuple[Registered, Variant]
FUNCTIONS: dict[str, Callable[..., Inference]] = {key: getattr(inference, key) for key in METHODS}
PLACES = {unit: (50.0, 14 + i / 10) for i, unit in enumerate(sorted(panel()["unit"].unique()))}
every_method = pytest.mark.parametrize("method", FUNCTIONS)
every_estimator = pytest.mark.parametrize("case", CASES, ids=name)


def few(method: str, **options: Any) -> dict[str, Any]:
    """Few draws where there are draws; places of the districts where they are needed."""
    takes = inspect.signature(FUNCTIONS[method]).parameters
    given: dict[str, Any] = {"draws": 25} if "draws" in takes else {}
    return given | ({"coordinates": PLACES, "cutoff_km": 40.0} if "coordinates" in takes else {}) | options


def data(method: str, case: Case | None = None) -> pd.DataFrame:
    """Panels with one treated district for the methods that need it, where the estimator gives one effect."""
    if method not in ONE_TREATED:
        return panel()
    usual = fit(case or WHOLE, panel())
    return panel(sizes=(0, 1, 15)) if usual.moments and len(usual.terms) == 1 else panel()


WHOLE = next(case for case in CASES if case[0].name == "twfe")
"""An estimator whose estimates carry all contracts."""


def carries(estimate: Estimate, method: str) -> bool:
    """Whether the method can be used; where not it must say so."""
    carried = METHODS[method] in estimate.contracts or (METHODS[method] == "influence" and estimate.moments)
    several = method in ONE_TERM and len(estimate.terms) > 1
    if carried and not several:
        return True
    with pytest.raises(InferenceError, match="one effect" if carried else METHODS[method]):
        FUNCTIONS[method](estimate, **few(method))
    return False


def test_all_methods_are_listed() -> None:
    methods = {
        key for key in inference.__all__
        if inspect.signature(getattr(inference, key)).return_annotation in ("Inference", Inference)
    }  # fmt: skip
    assert methods == set(METHODS)


@every_method
@every_estimator
def test_what_comes_back(case: Case, method: str) -> None:
    estimate = fit(case, data(method, case))
    if not carries(estimate, method):
        return
    before = estimate.value.copy()
    result = estimate.infer(FUNCTIONS[method], **few(method, conf_level=0.9))
    found, k = result.inference, len(estimate.terms)
    assert found.method == method
    assert found.conf_level == 0.9
    assert all(getattr(found, array).shape == (k,) for array in Inference.ARRAYS)
    p_value = found.p_value[np.isfinite(found.p_value)]
    assert ((p_value >= 0) & (p_value <= 1)).all()
    known = np.isfinite(found.conf_low)
    assert (found.conf_low[known] <= estimate.value[known]).all()
    assert (estimate.value[known] <= found.conf_high[known]).all()
    assert all(isinstance(note, Note) for note in found.notes)
    assert (estimate.value == before).all()
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.p_value = before  # type: ignore[misc]
    assert list(result.tidy()["term"]) == [term.name for term in estimate.terms]
    assert "district-" not in repr(result) + repr(found)


@every_method
@every_estimator
def test_a_scale_changes_no_p_value(case: Case, method: str) -> None:
    frame = data(method, case)
    one, other = (fit(case, data) for data in (frame, frame.assign(outcome=4.0 * frame.outcome)))
    if not carries(one, method):
        return
    p_values = [FUNCTIONS[method](estimate, **few(method)).p_value for estimate in (one, other)]
    np.testing.assert_allclose(p_values[0], p_values[1], rtol=1e-6, atol=1e-12)


@every_method
def test_the_same_seed_gives_the_same_bits(method: str) -> None:
    estimate = fit(WHOLE, data(method))
    one, other = (FUNCTIONS[method](estimate, **few(method)) for _ in range(2))
    for array in Inference.ARRAYS:
        assert getattr(one, array).tobytes() == getattr(other, array).tobytes()


@every_method
def test_a_contract_that_is_missing_is_named_with_what_can_be_used(method: str) -> None:
    contract = METHODS[method]
    whole = fit(WHOLE, data(method))
    gone = ("influence", "moments") if contract == "influence" else (contract,)
    with pytest.raises(InferenceError) as caught:
        FUNCTIONS[method](dataclasses.replace(whole, **dict.fromkeys(gone)), **few(method))
    usable = [other for other, needs in METHODS.items() if needs not in gone]
    assert caught.value.code == "contract-missing"
    assert contract in str(caught.value)
    assert all(other in str(caught.value) for other in usable)


@every_method
@pytest.mark.parametrize("level", [0.0, 1.0, 95, -0.1])
def test_a_level_that_is_none_is_refused(method: str, level: float) -> None:
    with pytest.raises(InferenceError, match="conf_level"):
        FUNCTIONS[method](fit(WHOLE, data(method)), **few(method, conf_level=level))


@every_method
@every_estimator
def test_a_combination_can_be_inferred_on(case: Case, method: str) -> None:
    """Twice an estimate has twice its standard error and the same p-value."""
    estimate = fit(case, data(method, case))
    k = len(estimate.terms)
    if not carries(estimate, method) or METHODS[method] == "moments":  # a combination has no moments
        return
    doubled = combine(estimate, 2 * np.eye(k), [Term(f"twice {i}") for i in range(k)])
    one, two = (FUNCTIONS[method](each, **few(method)) for each in (estimate, doubled))
    np.testing.assert_allclose(two.p_value, one.p_value, rtol=1e-9)
    np.testing.assert_allclose(two.std_error, 2 * one.std_error, rtol=1e-9)
