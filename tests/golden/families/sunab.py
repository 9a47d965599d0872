"""fixest::sunab: cohort by period effects, and their averages with the shares held fixed."""

from __future__ import annotations

import re

import numpy as np

from evaluation.aggregate import aggregate
from evaluation.design import StudyDesign
from evaluation.estimate import Estimate, Term
from evaluation.estimators import sun_abraham
from evaluation.inference import clustered
from evaluation.inference.clustered import cluster_covariance
from tests.golden.case import Case

COVERED = {"nobs", "period", "att", "cohort", "cohort_by_period", "dropped_collinear"}


def not_covered(case: Case) -> list[str]:
    return [name for name in case.results if name not in COVERED]


def check(case: Case) -> None:
    effects = _fit(case)
    whole = case.results
    assert effects.moments is not None
    assert effects.moments.n_obs == whole["nobs"]
    assert not whole["dropped_collinear"]
    assert not [note for note in effects.notes if note.code == "collinear_dropped"]
    path = aggregate(effects, by="event_time", shares="fixed")
    _compare(case, "period", path)
    _compare(case, "cohort", aggregate(effects, by="cohort", shares="fixed"))
    _compare(case, "att", aggregate(effects, by="simple", shares="fixed"))
    _compare(case, "cohort_by_period", effects)


def _fit(case: Case) -> Estimate:
    left, effects = case.options["formula"].split("|")
    outcome, right = left.split("~")
    found = re.search(r"sunab\(([\w.]+),(\w+)\)", right)
    assert found is not None
    cohort, time = found.groups()
    frame = case.data()
    frame = frame.assign(start=frame[cohort].where(frame[cohort] <= frame[time].max(), 0))
    design = StudyDesign.from_frame(
        frame,
        outcome=outcome,
        unit=effects.split("+")[0],
        time=time,
        cohort="start",
        covariates=[name for name in right.split("+") if "sunab" not in name],
    )
    return sun_abraham(design)


def _key(name: str) -> Term | None:
    """``year::-4:cohort::2007``, ``year::-4``, ``cohort::2007`` or ``ATT``; None for a covariate."""
    parts = dict(re.findall(r"(\w+)::(-?\d+)", name))
    if not parts and name != "ATT":
        return None
    cohort = parts.pop("cohort", None)
    distance = next(iter(parts.values()), None)
    return Term("att", cohort, None, None if distance is None else float(distance))


def _compare(case: Case, which: str, got: Estimate) -> None:
    wanted = case.results[which]
    terms = [Term(t.name, None if t.cohort is None else str(t.cohort), None, t.event_time) for t in got.terms]
    keys = [_key(name) for name in np.atleast_1d(wanted["term"])]
    at = {key: i for i, key in enumerate(keys) if key is not None}
    assert set(terms) == set(at), which
    order = [at[term] for term in terms]
    result = clustered(got)
    case.close("estimate", got.value, np.atleast_1d(wanted["estimate"])[order])
    case.close("se", result.std_error, np.atleast_1d(wanted["se"])[order])
    if "t_df" in wanted:
        assert (result.df == wanted["t_df"]).all()
        np.testing.assert_allclose(result.p_value, np.atleast_1d(wanted["p"])[order], rtol=1e-5)
    if "vcov" not in wanted:
        return
    matrix = np.array(wanted["vcov"])
    if len(matrix) == len(keys):
        error = np.sqrt(np.diag(matrix))[order]
        np.testing.assert_allclose(
            cluster_covariance(got) / np.outer(error, error),
            matrix[np.ix_(order, order)] / np.outer(error, error),
            atol=1e-6,
        )
