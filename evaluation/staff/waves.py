"""`Waves`: answers of the same persons in several waves, linked by their pseudonyms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaluation.design import Note
from evaluation.design.columns import numeric, read_columns, refuse_empty
from evaluation.errors import DataError, DesignError, listed

KEYS = ("person", "wave", "office", "district")


@dataclass(frozen=True, eq=False, repr=False)
class Waves:
    """A survey of the same persons in several waves.

    It is no table, so that nothing that takes a table of independent observations takes it by accident:
    every comparison of waves goes through the persons (`scores`, `differences`). Make it with `from_frame`.

    Attributes
    ----------
    frame : DataFrame
        One row per person asked and wave, in order: person, wave, office, district, the items, and all
        further columns.
    items : tuple of str
        Columns of the items of the scale.
    low, high : int
        Lowest and highest answer.
    notes : tuple of Note
    """

    frame: pd.DataFrame
    items: tuple[str, ...]
    low: int
    high: int
    notes: tuple[Note, ...] = ()

    @classmethod
    def from_frame(  # noqa: PLR0913 -- the columns of the data, all by keyword
        cls,
        frame: pd.DataFrame,
        *,
        items: Sequence[str],
        person: str = "person",
        wave: str = "wave",
        office: str = "office",
        district: str = "district",
        low: int = 1,
        high: int = 5,
        notes: Sequence[Note] = (),
    ) -> Waves:
        """Link the answers of persons.

        Parameters
        ----------
        frame : DataFrame
            One row per person asked and wave. A person all of whose items are empty did not answer.
        items : sequence of str
            Items of one scale, all in the same direction.
        person, wave, office, district : str
            Columns: the pseudonym, the wave (a quarter, say), and where the person works.
        low, high : int
            Lowest and highest answer.
        notes : sequence of Note

        Returns
        -------
        Waves
            With the note ``persons_linked``: persons, linked (in more than one wave), waves.

        Raises
        ------
        DataError
            If a column is missing, a key is empty, a person occurs twice in a wave or changes the district,
            or an answer is out of range.

        Examples
        --------
        >>> frame = pd.DataFrame({"person": ["a", "b", "a", "b"], "wave": [1, 1, 2, 2], "office": "o",
        ...                       "district": "d", "i1": [2, 3, 4, None], "i2": [2, 4, 4, None]})
        >>> Waves.from_frame(frame, items=("i1", "i2"))
        Waves(2 persons, 2 waves, 2 items, 1 answered in several waves)
        """
        names = {"person": person, "wave": wave, "office": office, "district": district}
        data = read_columns(frame, names, tuple(items))
        others = [column for column in frame.columns if column not in {*names.values(), *items}]
        taken = frame[others].reset_index(drop=True)
        taken = taken.assign(**{role: frame[column].to_numpy() for role, column in names.items()})
        taken = taken.assign(**{item: numeric(data, item) for item in items})
        _refuse_unlinked(taken)
        _refuse_out_of_range(taken, items, low, high)
        taken = taken.sort_values(["wave", "person"], kind="stable").reset_index(drop=True)
        made = cls(taken, tuple(items), low, high, tuple(notes))
        linked = Note("persons_linked", {"persons": made.n_persons, "linked": made.n_linked,
                                         "waves": len(made.waves)})  # fmt: skip
        return cls(taken, tuple(items), low, high, (*notes, linked))

    def __repr__(self) -> str:
        return (
            f"Waves({self.n_persons} persons, {len(self.waves)} waves, {len(self.items)} items, "
            f"{self.n_linked} answered in several waves)"
        )

    @property
    def waves(self) -> tuple[Any, ...]:
        """Labels of the waves in order."""
        return tuple(self.frame.wave.unique().tolist())

    @property
    def answered(self) -> pd.DataFrame:
        """Rows of those who answered at least one item."""
        return self.frame[self.frame[list(self.items)].notna().any(axis=1)]

    @property
    def n_persons(self) -> int:
        """Number of persons asked."""
        return int(self.frame.person.nunique())

    @property
    def n_linked(self) -> int:
        """Number of persons who answered in more than one wave."""
        return int((self.answered.person.value_counts() > 1).sum())

    def scores(self, *, least: float = 0.75) -> pd.DataFrame:
        """Return the mean of the answered items of each person and wave.

        Parameters
        ----------
        least : float
            Share of the items that must have been answered; with fewer there is no score.

        Returns
        -------
        DataFrame
            All columns that are no items, and score (on the scale of the items; NaN where too few).

        Raises
        ------
        DesignError
            If the share is not between 0 and 1.
        """
        if not 0 < least <= 1:
            raise DesignError(
                "unknown-option", estimator="scores", option="least", value=least,
                available="above 0 and up to 1", suggestion="",
            )  # fmt: skip
        answers = self.frame[list(self.items)]
        enough = answers.notna().mean(axis=1) >= least
        return self.frame.drop(columns=list(self.items)).assign(score=answers.mean(axis=1).where(enough))

    def differences(self, before: Any, after: Any, *, least: float = 0.75) -> pd.DataFrame:
        """Return the change of the score within each person who has one in both waves.

        Returns
        -------
        DataFrame
            person, office, district, before, after, difference.

        Raises
        ------
        DataError
            If a wave is not in the data, or nobody answered in both.
        """
        known = self.waves
        for wave in (before, after):
            if wave not in known:
                raise DataError("unknown-wave", wave=wave, available=listed(map(str, known)))
        scores = self.scores(least=least).dropna(subset="score")
        first, last = (scores[scores.wave == wave].set_index("person") for wave in (before, after))
        both = first.index.intersection(last.index)
        if not len(both):
            raise DataError("nobody-linked", before=before, after=after)
        made: pd.DataFrame = first.loc[both, ["office", "district"]].assign(
            before=first.score[both], after=last.score[both]
        )
        made["difference"] = made.after - made.before
        return made.reset_index()


def _refuse_unlinked(frame: pd.DataFrame) -> None:
    for key in KEYS:
        refuse_empty((frame[key].isna() | (frame[key].astype(str).str.strip() == "")).to_numpy(), key, key)
    twice = np.flatnonzero(frame.duplicated(["person", "wave"]))
    if len(twice):
        row = frame.iloc[twice[0]]
        raise DataError("doubled-person", count=len(twice),
                        example=f"row {twice[0] + 1}: {row.person!r}, {row.wave!r}")  # fmt: skip
    moved = frame.groupby("person").district.nunique()
    moved = moved[moved > 1]
    if len(moved):
        places = frame[frame.person == moved.index[0]].district.unique()
        raise DataError("moved-person", count=len(moved), example=f"{moved.index[0]!r}: {listed(places)}")


def _refuse_out_of_range(frame: pd.DataFrame, items: Sequence[str], low: int, high: int) -> None:
    answers = frame[list(items)].to_numpy()
    rows, columns = np.nonzero((answers < low) | (answers > high))
    if len(rows):
        value = f"{answers[rows[0], columns[0]]:g}"
        example = f"row {rows[0] + 1}, {items[columns[0]]}: {value}"
        raise DataError("bad-score", count=len(rows), low=low, high=high, example=example)
