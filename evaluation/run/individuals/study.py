"""`IndividualsStudy`: people in housing need at a quarter, one line per part of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from evaluation import process, survival
from evaluation.design import Durations, Note
from evaluation.disclosure import Cells
from evaluation.errors import DataError
from evaluation.estimate import CheckResult
from evaluation.process import CaseLog
from evaluation.process.case_log import STANDARD
from evaluation.run.catalogue import Dataset, read_catalogue
from evaluation.run.datafile import load
from evaluation.run.individuals.spec import IndividualsQuestion
from evaluation.run.project import Project

MONTH = 365.25 / 12
"""Days of a month: tenancies are reported in months."""
SHOWN = MappingProxyType(
    {"2": "accommodation", "3": "accommodation", "4": "other_need", "5": "other_need", "6": "other_need"}
    | dict.fromkeys(("institution", "died", "unknown"), "gone")
)
"""States that are shown together, so that fewer small counts have to be hidden."""
FEW = 10
"""A curve ends where fewer are at risk: single homes would move it."""


@dataclass(frozen=True)
class IndividualsStudy:
    """People in housing need at one quarter.

    Attributes
    ----------
    question : IndividualsQuestion
    datasets : Mapping of str to Dataset
        The log and the households.
    quarter : str
        Data cut-off.
    project : Project
    """

    question: IndividualsQuestion
    datasets: Mapping[str, Dataset]
    quarter: str
    project: Project

    @cached_property
    def loaded(self) -> dict[str, tuple[pd.DataFrame, dict[str, Any]]]:
        """Both tables, checked against the catalogue, and where they come from."""
        return {name: load(self.project, name, one, self.quarter) for name, one in self.datasets.items()}

    @property
    def notes(self) -> tuple[Note, ...]:
        """What is known of the data: synthetic, or an outcome that the tool itself produces."""
        synthetic = any(one.synthetic for one in self.datasets.values())
        tool = (
            (Note("outcome_from_tool", {"column": self.question.log}),) if self.question.tool_produced else ()
        )
        return ((Note("synthetic_data", {"dataset": self.question.log}),) if synthetic else ()) + tool

    @cached_property
    def log(self) -> CaseLog:
        """The log of cases."""
        return CaseLog.from_frame(self.loaded[self.question.log][0], notes=self.notes)

    @cached_property
    def households(self) -> pd.DataFrame:
        """Households that took part in the lottery by the cut-off: person, assigned, strata, day.

        Raises
        ------
        DataError
            If a household has another assignment than the two, or none of one of them is there.
        """
        lottery, (frame, origin) = self.question.lottery, self.loaded[self.question.households]
        known = (lottery.comparison, lottery.treated)
        strange = frame[~frame[lottery.assigned].isin(known)]
        if len(strange):
            row = frame.attrs["lines"][strange.index[0]]
            raise DataError(
                "not-on-list",
                where=str(origin["file"]),
                count=len(strange),
                role=lottery.assigned,
                suggestion=f"Known: {', '.join(known)}.",
                example=f"row {row}: {strange[lottery.assigned].iloc[0]!r}",
            )
        strata = frame[lottery.strata] if lottery.strata else "all"
        day = pd.to_datetime(frame[lottery.day], format="ISO8601")
        made = frame[["person"]].assign(assigned=frame[lottery.assigned], stratum=strata, day=day)
        return made[made.day <= self._cut_off].reset_index(drop=True)

    @cached_property
    def _cut_off(self) -> pd.Timestamp:
        return pd.Period(self.quarter, "Q").end_time.normalize()

    def waits(self) -> Durations:
        """Months from the lottery to the first standard home of each household, found by support or not."""
        known, people = self.log.until(self.quarter), self.households
        homes = pd.concat(
            [
                known[["person", "moved_in"]].set_axis(["person", "home"], axis=1),
                known.loc[known.destination == STANDARD, ["person", "exited"]].set_axis(
                    ["person", "home"], axis=1
                ),
            ]
        ).dropna()
        joined = homes.merge(people[["person", "day"]], on="person")
        first = joined[joined.home >= joined.day].groupby("person").home.min()
        home = people.person.map(first)
        end = home.fillna(self._cut_off)
        frame = people.assign(months=(end - people.day).dt.days / MONTH, housed=home.notna().astype(int))
        order = pd.Categorical(
            frame.assigned, [self.question.lottery.comparison, self.question.lottery.treated]
        )
        frame = frame.assign(arm=order.codes)
        return Durations.from_frame(
            frame, time="months", event="housed", group="arm", strata="stratum", notes=self.notes
        )

    def effect(self) -> CheckResult:
        """Mean months without a home out of the horizon, by assignment, and their difference.

        As assigned, whether or not support was taken up (intention to treat). The test is stratified as the
        lottery was.
        """
        waits, horizon = self.waits(), float(self.question.horizon_months)
        found = survival.restricted_mean(waits, horizon=horizon).infer(survival.area_error).tidy().iloc[:3]
        test = survival.log_rank(waits)
        sizes = np.bincount(waits.arm.codes, minlength=2).tolist()
        lottery = self.question.lottery
        table = pd.DataFrame(
            {
                "group": [lottery.comparison, lottery.treated, "difference"],
                "n": [*sizes, sum(sizes)],
                "months": found.estimate,
                "conf_low": found.conf_low,
                "conf_high": found.conf_high,
            }
        )
        numbers = {
            "horizon": horizon,
            "p_value": float(found.p_value.iloc[2]),
            "log_rank_p": test.numbers["p_value"],
            "strata": waits.strata.n_groups if waits.strata else 1,
        }
        return CheckResult("waits", None, table, numbers, waits.notes)

    def tenancies(self) -> Durations:
        """Months that homes were kept after the move-in, by how they ended."""
        frame = process.tenancies(self.log, at=self.quarter)
        return Durations.from_frame(
            frame.assign(months=frame.days / MONTH), time="months", event="end", censored="", notes=self.notes
        )

    def retention(self) -> Cells:
        """Lay out the curve of homes not lost to housing need, month by month, with those at risk.

        Death, an institution or another standard home are no loss, and no censoring either: the curve is one
        less the cumulative incidence of loss.
        """
        kept = self.tenancies()
        curve = survival.survival_curve(kept).table
        last = int(curve[curve.at_risk >= FEW].time.max())
        months = np.arange(0, last + 1, dtype=np.float64)
        lost = survival.cumulative_incidence(kept, times=months.tolist(), cause="lost").infer(
            survival.incidence_error
        )
        at_risk = [int((kept.time >= month).sum()) for month in months]
        table = pd.DataFrame(
            {
                "group": "kept",
                "month": months,
                "survival": 1 - lost.estimate.value,
                "conf_low": 1 - lost.inference.conf_high,
                "conf_high": 1 - lost.inference.conf_low,
                "at_risk": at_risk,
            }
        )
        rests = dict.fromkeys(("survival", "conf_low", "conf_high"), "at_risk")
        return Cells(table, keys=("group", "month"), counts=("at_risk",), depends=rests, separate=("month",))

    def ends(self) -> CheckResult:
        """How tenancies had ended by 6, 12 and 24 months: shares by cause, with intervals."""
        kept = self.tenancies()
        months = [float(month) for month in self.question.months if month <= kept.time.max()]
        rows = []
        for cause in kept.causes:
            found = survival.cumulative_incidence(kept, times=months, cause=cause).infer(
                survival.incidence_error
            )
            spread = zip(
                found.estimate.value, found.inference.conf_low, found.inference.conf_high, strict=True
            )
            rows += [(cause, month, *one) for month, one in zip(months, spread, strict=True)]
        table = pd.DataFrame(rows, columns=["cause", "month", "share", "conf_low", "conf_high"])
        numbers = {"n_spells": kept.n_units, "censored": int((kept.cause == 0).sum())}
        return CheckResult("tenancy_ends", None, table, numbers, kept.notes)

    def returns(self) -> Cells:
        """Count returns to housing need after an exit to a standard home, by the service that was left."""
        last = pd.Period(self.quarter, "Q")
        found = process.returns_to_need(self.log, first=str((last - 3).start_time.date()), last=self.quarter)
        counts = ("exits", "returned_0_6", "returned_6_12", "returned_12_24", "returned")
        table = found.table.assign(service=found.table.service.where(found.table.service != "total", "*"))
        return Cells(table, keys=("service",), counts=counts, depends={"share": "returned"})

    def transitions(self) -> Cells | None:
        """Where persons lived at the end of the chosen months, and where they went."""
        months = [one for one in self.question.states_at if pd.Period(one, "M").end_time <= self._cut_off]
        if len(months) < 2:
            return None
        table = process.transitions(self.log, months=months, states=SHOWN)
        return Cells(table, keys=("period", "state", "next_state"), counts=("persons",), separate=("period",))

    def need(self) -> CheckResult:
        """Days in services for people in housing need in the last four quarters."""
        last = pd.Period(self.quarter, "Q")
        return process.time_in_need(self.log, first=str((last - 3).start_time.date()), last=self.quarter)


def make_study(question: IndividualsQuestion, quarter: str, project: Project) -> IndividualsStudy:
    """Make a study of a parsed specification.

    Raises
    ------
    SpecError
        If a data set is not in the catalogue.
    """
    catalogue = read_catalogue(project)
    datasets = {name: catalogue.dataset(name, where=question.id) for name in question.sources}
    return IndividualsStudy(question, datasets, project.require_quarter(quarter), project)


def check(question: IndividualsQuestion, quarter: str, project: Project, file: str) -> list[dict[str, Any]]:
    """Check both tables against the catalogue, the log and the lottery.

    Raises
    ------
    EvaluationError
    """
    del file
    study = make_study(question, quarter, project)
    study.waits()
    study.tenancies()
    return [origin for _, origin in study.loaded.values()]
