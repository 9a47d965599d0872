"""Messages of the data that a design is made of: code -> what is wrong, what to do next."""

from __future__ import annotations

MESSAGES: dict[str, tuple[str, str]] = {
    "missing-column": (
        "The data have no column {column!r} (asked for as {role}).",
        "Columns present: {available}. {suggestion}",
    ),
    "not-a-frame": (
        "A dataframe is needed, not {type}.",
        "Give a pandas, polars or Arrow table with one row per unit and period.",
    ),
    "no-rows": ("The data have no rows.", "Check the file and the filters that were applied to it."),
    "not-numeric": (
        "{count} {count:value|values} of column {column!r} {count:is not a number|are not numbers}.",
        "Write them as numbers (12.5) or leave them empty where nothing was observed.",
    ),
    "not-finite": (
        "{count} {count:value|values} of column {column!r} {count:is|are} infinite, or too large to "
        "calculate with.",
        "Correct the calculation that made them, or leave them empty.",
    ),
    "duplicate-column": (
        "{count} column {count:name occurs|names occur} more than once.",
        "Give every column a name of its own.",
    ),
    "mixed-labels": (
        "The values of column {column!r} (the {role}) cannot be put in order: {kinds}.",
        "Use text only, or whole numbers only, in this column.",
    ),
    "missing-key": (
        "{count} {count:row has|rows have} no value in column {column!r} (the {role}).",
        "Every row needs its unit and its period; complete or remove these rows.",
    ),
    "duplicate-unit-period": (
        "{count} {count:pair of unit and period occurs|pairs of unit and period occur} more than once.",
        "Keep one row per unit and period; if they are individual records, add them up first.",
    ),
    "bad-time": (
        "{count} {count:value|values} of column {column!r} {count:is not a period|are not periods} "
        "that can be read.",
        "Use years (2021), quarters (2021Q3), months (2021-09), dates, or whole numbers; "
        "one kind per column.",
    ),
    "bad-date": (
        "{count} {count:value|values} of column {column!r} {count:is not a date|are not dates}.",
        "Write a date as year, month and day: 2020-01-02; leave the cell empty where there is none.",
    ),
    "varies-within-unit": (
        "Column {column!r} (the {role}) changes within {count} {count:unit|units}.",
        "It must be the same in all periods of a unit.",
    ),
    "negative-weight": (
        "{count} {count:value|values} of column {column!r} (the {role}) {count:is|are} negative, "
        "or zero where it must be positive.",
        "Weights are at least zero, exposures are greater than zero.",
    ),
    "unknown-code": (
        "{count} {count:row has|rows have} a code in column {column!r} "
        "that the code list {code_list!r} does not contain.",
        "{suggestion} Correct the code, or add it to the code list with its source.",
    ),
    "unreadable-file": ("The file cannot be read: {reason}.", "{advice}"),
    "time-out-of-range": (
        "No row of the data lies in or before {quarter}.",
        "The data begin in {first}; choose a later quarter or check the period column.",
    ),
    "not-a-count": (
        "{count} {count:value|values} of column {column!r} {count:is not a count|are not counts}.",
        "A count is a whole number of zero or more, written with digits only.",
    ),
    "not-a-flag": (
        "{count} {count:value|values} of column {column!r} {count:is|are} neither yes nor no.",
        "Write 1 or 0.",
    ),
    "unit-not-in-data": (
        "Column {column!r} nowhere holds {unit!r}, which the catalogue names as treated.",
        "{suggestion} Correct data/catalogue.yml or the data.",
    ),
}
