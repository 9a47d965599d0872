"""`Sample`: persons seen once, some of whom were treated."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.design.base import Design, Floats, Names
from evaluation.design.columns import Data, coded, numeric, read_columns, refuse_empty, refuse_rows
from evaluation.design.cross_section import OBSERVATION
from evaluation.design.grouping import Grouping
from evaluation.design.note import Note
from evaluation.errors import DataError, DesignError

Bools = NDArray[np.bool_]
MOST_LABELS = 20
"""A column of text with more values than this is a name or a key, no covariate."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Sample(Design):
    """Persons, households or offices with one outcome each: trials, comparisons, eligibility scores.

    Make it with `from_frame`, which checks the data. Each row is a unit of its own: influence values are
    keyed by it.

    Attributes
    ----------
    outcome : ndarray, shape (n_units,)
        NaN where it was not observed; `complete` leaves these out.
    treatment : ndarray, shape (n_units,)
        1 for those to whom treatment was assigned, 0 for the others.
    received : ndarray, shape (n_units,), or None
        1 for those who were in fact treated.
    running : ndarray, shape (n_units,), or None
        The score by which treatment was assigned.
    covariates : ndarray, shape (n_units, p)
        Numbers; a column of text is one indicator for each of its values but the first.
    weights : ndarray, shape (n_units,)
        Sampling weights.
    strata : Grouping or None
        Within which treatment was assigned.
    """

    outcome: Floats
    treatment: Floats
    covariates: Floats
    weights: Floats
    received: Floats | None = None
    running: Floats | None = None
    strata: Grouping | None = None

    @classmethod
    def from_frame(  # noqa: PLR0913 -- the columns of the data, all by keyword
        cls,
        frame: Any,
        *,
        outcome: str,
        treatment: str | None = None,
        received: str | None = None,
        running: str | None = None,
        covariates: Sequence[str] = (),
        strata: str | None = None,
        cluster: str | None = None,
        weights: str | None = None,
        notes: Sequence[Note] = (),
    ) -> Sample:
        """Check and lay out a table with one row per person.

        Parameters
        ----------
        frame : pandas, polars or Arrow table
        outcome : str
            Column with the outcome; empty where it was not observed.
        treatment : str, optional
            Column of 0 and 1 with the treatment assigned; may be left out where `running` decides.
        received : str, optional
            Column of 0 and 1 with the treatment received.
        running : str, optional
            Column with the score by which treatment was assigned.
        covariates : sequence of str
            Columns of numbers or text, all from before the treatment.
        strata, cluster, weights : str, optional
            Columns. Without `cluster` the rows count as independent.
        notes : sequence of Note
            What is already known of the data, such as that they are synthetic.

        Returns
        -------
        Sample
            With the note ``outcome_not_observed`` where some have no outcome.

        Raises
        ------
        DataError
            If a column is missing or not numeric, a treatment is other than 0 and 1, a covariate is empty.
        DesignError
            If no one, or everyone, is treated.

        Examples
        --------
        >>> people = pd.DataFrame({"housed": [1, 0, 1, 0], "offered": [1, 1, 0, 0], "age": [30, 51, 40, 38]})
        >>> Sample.from_frame(people, outcome="housed", treatment="offered", covariates=["age"])
        Sample(4 units, 2 treated, outcome 'housed')
        """
        columns = {"outcome": outcome, "treatment": treatment, "received": received, "running": running}
        columns |= {"strata": strata, "cluster": cluster, "weights": weights}
        if not (treatment or running):
            raise DataError("nothing-to-compare", what="Sample")
        data = read_columns(frame, columns, tuple(covariates))
        n = len(data[outcome])
        x, names = _covariates(data, covariates)
        return cls(
            outcome=numeric(data, outcome),
            treatment=_treated(data, treatment) if treatment else np.zeros(n),
            received=_indicator(data, received) if received else None,
            running=_complete(data, running, "running") if running else None,
            covariates=x,
            weights=_weights(data, weights, n),
            strata=Grouping.of(strata, data[strata]) if strata else None,
            units=tuple(range(n)),
            cohort=None,
            periods=(0,),
            period_numbers=np.zeros(1),
            cluster=_cluster(data, cluster, n),
            names=Names(outcome, OBSERVATION, "", (treatment,) if treatment else (), names),
            notes=(*notes, *_noticed(numeric(data, outcome))),
        )

    def __repr__(self) -> str:
        treated = int(self.treated_units.sum())
        return f"Sample({self.n_units} units, {treated} treated, outcome {self.names.outcome!r})"

    @property
    def n_units(self) -> int:
        """Number of rows."""
        return len(self.outcome)

    @property
    def n_obs(self) -> int:
        """Number of rows with an outcome."""
        return int(np.isfinite(self.outcome).sum())

    @property
    def treated_units(self) -> Bools:
        """Those to whom treatment was assigned, shape (n_units,)."""
        return np.asarray(self.treatment == 1)

    @property
    def unit_weights(self) -> Floats:
        """Sampling weights, shape (n_units,)."""
        return self.weights

    def take(self, rows: NDArray[Any]) -> Sample:
        """Return the sample of some rows, by position or as a mask."""
        kept = np.flatnonzero(rows) if rows.dtype == bool else rows
        of_rows: dict[str, Any] = {
            name: None if (v := getattr(self, name)) is None else v[kept] for name in _BY_ROW
        }
        return dataclasses.replace(
            self,
            **of_rows,
            strata=self.strata.take(kept) if self.strata else None,
            cluster=self.cluster.take(kept),
            groups={name: group.take(kept) for name, group in self.groups.items()},
            units=tuple(self.units[i] for i in kept),
        )

    def complete(self) -> Sample:
        """Return the sample of those with an outcome.

        Raises
        ------
        DesignError
            If no treated unit, or no other, is left.
        """
        seen = np.isfinite(self.outcome)
        if seen.all():
            return self
        kept = self.take(seen)
        if self.names.treatment:
            _check_groups(kept.treatment)
        return kept


_BY_ROW = ("outcome", "treatment", "received", "running", "covariates", "weights")


def _treated(data: Data, name: str) -> Floats:
    values = _indicator(data, name)
    _check_groups(values)
    return values


def _check_groups(treatment: Floats) -> None:
    treated = int((treatment == 1).sum())
    if treated in (0, len(treatment)):
        raise DesignError("one-group-only", treated=treated, units=len(treatment))


def _indicator(data: Data, name: str) -> Floats:
    values = _complete(data, name, "treatment")
    refuse_rows(~np.isin(values, (0, 1)), data[name], name, "not-zero-or-one")
    return values


def _complete(data: Data, name: str, role: str) -> Floats:
    values = numeric(data, name)
    refuse_empty(np.isnan(values), name, role)
    return values


def _weights(data: Data, name: str | None, n: int) -> Floats:
    if name is None:
        return np.ones(n)
    values = _complete(data, name, "weights")
    refuse_rows(values <= 0, data[name], name, "weight-not-positive")
    return values


def _covariates(data: Data, names: Sequence[str]) -> tuple[Floats, tuple[str, ...]]:
    """Numbers as they are; text as an indicator for each value but the first."""
    columns: list[Floats] = []
    labels: list[str] = []
    for name in names:
        if _is_text(data[name]):
            codes, values = coded(data, name, "covariate", sort=True)
            if len(values) > MOST_LABELS:
                raise DataError("too-many-labels", column=name, count=len(values), most=MOST_LABELS)
            columns += [(codes == j).astype(np.float64) for j in range(1, len(values))]
            labels += [f"{name}={value}" for value in values[1:]]
        else:
            columns.append(_complete(data, name, "covariate"))
            labels.append(name)
    n = len(next(iter(data.values())))
    return (np.column_stack(columns) if columns else np.empty((n, 0))), tuple(labels)


def _is_text(values: NDArray[Any]) -> bool:
    return values.dtype.kind not in "iufb" and bool(
        pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").isna().all()
    )


def _cluster(data: Data, cluster: str | None, n: int) -> Grouping:
    if cluster:
        return Grouping.of(cluster, data[cluster])
    return Grouping(OBSERVATION, np.arange(n), tuple(range(n)))


def _noticed(outcome: Floats) -> tuple[Note, ...]:
    missing = int(np.isnan(outcome).sum())
    return (Note("outcome_not_observed", {"missing": missing, "of": len(outcome)}),) if missing else ()
