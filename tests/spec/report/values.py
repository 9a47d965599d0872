"""Published values by hand: small enough to check every number that the report writes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.checks import CheckResult, raw_trends
from evaluation.design import Note, StudyDesign
from evaluation.disclosure import Cells, Publishable, publish
from evaluation.estimate import Estimate, Inference, Result, Term
from evaluation.report import Labels

CS = Labels("Podíl dárců", "podíl", "stát", events=(("2011Q3", "aktivní volba"),))
EN = Labels("Share of donors", "share", "state", events=(("2011Q3", "active choice"),))
LABELS = {"cs": CS, "en": EN}
PERIODS = ("2010Q4", "2011Q1", "2011Q2", "2011Q3", "2011Q4", "2012Q1")
FEW = Note(
    "few_treated_clusters",
    {
        "treated_clusters": 1,
        "clusters": 27,
        "rejection": 0.67,
        "rejection_treated": 1,
        "rejection_clusters": 22,
        "source": "docs/methods/clustered.md",
    },
)


def design(*notes: Note) -> StudyDesign:
    """27 units in 6 quarters, one treated from the fourth on."""
    rows = [
        (f"S{unit:02d}", period, 0.4 + unit / 100 + t / 1000 - (0.02 if unit == 0 and t > 2 else 0), unit)
        for unit in range(27)
        for t, period in enumerate(PERIODS)
    ]
    frame = pd.DataFrame(rows, columns=["unit", "quarter", "rate", "number"])
    frame["start"] = np.where(frame["number"] == 0, "2011Q3", None)
    return StudyDesign.from_frame(
        frame, outcome="rate", unit="unit", time="quarter", cohort="start", notes=notes
    )


def estimate(value: float = -0.022459, *, estimand: str = "att", notes: tuple[Note, ...] = ()) -> Estimate:
    return Estimate("twfe", estimand, (Term("att"),), np.array([value]), design(*notes))


def exact(
    p_value: float = 5 / 27,
    *,
    used: int = 27,
    notes: tuple[Note, ...] = (),
    ends: tuple[float, float] = (np.nan, np.nan),
) -> Publishable:
    """A result by exact randomisation, with an interval where its ends are given."""
    note = Note("assignments", {"admissible": used, "used": used, "exact": True, "smallest_p": 1 / used})
    others = np.linspace(-0.05, 0.12, used - 1)
    inference = Inference.of(
        "randomisation",
        1,
        conf_level=0.95,
        p_value=np.array([p_value]),
        conf_low=np.array(ends[:1]),
        conf_high=np.array(ends[1:]),
        distribution=np.append(others, -0.022459)[:, None],
        notes=(note,),
    )
    return publish(Result(estimate(notes=notes), inference))


def sampled(p_value: float, *, used: int = 9999) -> Publishable:
    """A result by randomisation from drawn assignments."""
    note = Note(
        "assignments", {"admissible": 10**8, "used": used, "exact": False, "smallest_p": 1 / (used + 1)}
    )
    values = np.random.default_rng(1).normal(size=(used, 1)) / 50
    inference = Inference.of(
        "randomisation", 1, conf_level=0.95, p_value=np.array([p_value]), distribution=values, notes=(note,)
    )
    return publish(Result(estimate(), inference))


def clustered(
    p_value: float = 0.0011, *, value: float = -0.022459, few: bool = True, estimand: str = "att"
) -> Publishable:
    """A result with a standard error and an interval."""
    inference = Inference.of(
        "clustered",
        1,
        conf_level=0.95,
        std_error=np.array([0.00613]),
        df=np.array([26.0]),
        p_value=np.array([p_value]),
        conf_low=np.array([value - 0.0126]),
        conf_high=np.array([value + 0.0126]),
        notes=(FEW,) if few else (),
    )
    return publish(Result(estimate(value, estimand=estimand), inference))


def inverted(ends: tuple[float, float], p_value: float = 0.042) -> Publishable:
    """A test of one treated cluster: a p-value and an interval, no standard error."""
    low, high = (np.array([end]) for end in ends)
    inference = Inference.of(
        "conformal", 1, conf_level=0.95, p_value=np.array([p_value]), conf_low=low, conf_high=high
    )
    return publish(Result(estimate(), inference))


def trends(*notes: Note) -> Publishable:
    return publish(raw_trends(design(*notes)))


def cells() -> Publishable:
    table = pd.DataFrame(
        {"district": ["A & B", "C", "D", "E"], "households": [3, 1234, 8, 90], "rate": [1.25, 2.5, 3.75, 5.0]}
    )
    return publish(Cells(table, ("district",), ("households",), {"rate": "households"}))


def other_check() -> Publishable:
    table = pd.DataFrame({"variable": ["x"], "treated": [1.5], "n_treated": [3]})
    return publish(CheckResult("balance", None, table))
