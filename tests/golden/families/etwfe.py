"""R etwfe and emfx: one effect per cohort and period, and their averages.

emfx takes the covariates and the sizes of the cohorts as given; this package counts that they are sampled.
The given part is compared here, with fixest's small-sample factor; the sum of both against the jackknife in
tests/spec/test_etwfe.py.
"""

from __future__ import annotations

import numpy as np

from evaluation.aggregate import aggregate
from evaluation.design import StudyDesign
from evaluation.estimate import Estimate
from evaluation.estimators import _saturated_fit, etwfe
from evaluation.estimators.etwfe import _data, _layout, cell_effects
from tests.golden.case import Case

BY = {"simple": "simple", "event": "event_time", "event_all": "event_time", "group": "cohort",
      "calendar": "period"}  # fmt: skip
COLUMNS = {
    "district_a.csv": ("district", "quarter", "cohort"),
    "mpdta": ("countyreal", "year", "first.treat"),
}


def not_covered(case: Case) -> list[str]:
    return []


def check(case: Case) -> None:
    outcome, covariates = case.options["formula"].split("~")
    unit, time, cohort = COLUMNS["district_a.csv" if "district" in case.id else "mpdta"]
    family = case.options["family"] or "gaussian"
    design = StudyDesign.from_frame(
        case.data(),
        outcome=outcome,
        unit=unit,
        time=time,
        cohort=cohort,
        covariates=[] if covariates == "1" else [covariates],
    )
    control = "never_treated" if case.options["cgroup"] == "never" else "not_yet_treated"
    effects = etwfe(design, family=family, control_group=control, effects="cohort")
    covariance, coefficients = _given(design, family, control)
    names = case.results["coef"]["term"]
    at = [i for i, name in enumerate(names) if name.startswith(".Dtreat") and not name.endswith("_dm")]
    for quantity, got in zip(("estimate", "se"), coefficients, strict=True):
        case.close(quantity, got, np.array(case.results["coef"][quantity])[at])
    for name, wanted in case.results["emfx"].items():
        averaged = aggregate(effects, by=BY[name])
        rows = np.array([_weights(effects, term) for term in averaged.terms])
        np.testing.assert_allclose(rows @ effects.value, averaged.value, rtol=1e-9)
        errors = np.sqrt(np.einsum("rk,kl,rl->r", rows, covariance, rows))
        known = np.array([error is not None for error in np.atleast_1d(wanted["se"])])
        case.close("estimate", averaged.value, np.atleast_1d(wanted["estimate"])[known].astype(float))
        case.close("se", errors, np.atleast_1d(wanted["se"])[known].astype(float))


def _given(
    design: StudyDesign, family: str, control: str
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Covariance of the cells, and coefficients with errors, with covariates and cohort sizes as given."""
    data, _ = _data(design, family, unit_effects=False)
    layout = _layout(design, data, control).layout
    fit = _saturated_fit.fit_saturated(data, layout)
    n, n_obs = design.n_units, design.n_obs
    factor = n / (n - 1) * (n_obs - 1) / (n_obs - fit.kept.sum())
    psi = cell_effects(data, layout, fit, response=True).delta / n
    own = slice(layout.first_effect, layout.first_effect + len(layout.cells))
    errors = np.sqrt(factor * ((fit.scores @ fit.bread[:, own]) ** 2).sum(axis=0))
    return factor * psi.T @ psi, (fit.theta[own], errors)


def _weights(effects: Estimate, row: object) -> np.ndarray:
    """Cells of a row by the size of their cohort: how emfx averages over treated observations."""
    sizes = {g: (effects.design.cohort == g).sum() for g in {t.cohort for t in effects.terms}}
    chosen = [
        sizes[t.cohort]
        * (t.event_time >= 0 or row.event_time is not None)  # type: ignore[attr-defined, operator]
        * all(getattr(row, key) in (None, getattr(t, key)) for key in ("cohort", "period", "event_time"))
        for t in effects.terms
    ]
    return np.array(chosen) / np.sum(chosen)
