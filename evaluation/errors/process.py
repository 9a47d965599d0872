"""Messages of process evaluation: code -> what is wrong, what to do next."""

from __future__ import annotations

MESSAGES: dict[str, tuple[str, str]] = {
    "not-a-date": (
        "{count} {count:value|values} of column {column!r} {count:is not a date|are not dates}.",
        "Write dates as 2021-09-30, or leave the cell empty where nothing has happened yet.",
    ),
    "numerator-too-large": (
        "In {count} {count:row|rows} the numerator {numerator!r} is larger than the denominator "
        "{denominator!r}.",
        "A share counts some of those in the denominator: correct the row, or ask for a rate or a ratio.",
    ),
    "negative-count": (
        "{count} {count:value|values} of column {column!r} {count:is|are} negative.",
        "Counts and denominators are zero or more.",
    ),
    "interval-not-defined": (
        "The interval {method!r} needs {needs}, but this indicator is {given}.",
        "Intervals that fit: {available}.",
    ),
    "no-denominator": (
        "A {estimand} needs a denominator, but none was given.",
        "Name the column of the denominator, or ask for a count or a sum.",
    ),
    "bad-target": ("The target cannot be checked: {reason}.", "{advice}"),
    "unknown-stage": (
        "{count} {count:value|values} of column {column!r} {count:is no stage|are no stages}.",
        "Stages in their order: {available}. {suggestion}",
    ),
    "doubled-event": (
        "{count} {count:event occurs|events occur} twice in one enrolment.",
        "Keep the right one; a second stay is an enrolment of its own.",
    ),
    "event-without-enrolment": (
        "{count} {count:event belongs|events belong} to an enrolment that never began.",
        "Add the row with the event enrolled, or correct the number of the enrolment.",
    ),
    "event-before-enrolment": (
        "{count} {count:event lies|events lie} before the beginning of the enrolment.",
        "Correct the dates: an enrolment comes first.",
    ),
    "exit-before-move": (
        "{count} {count:enrolment ends|enrolments end} before its move-in.",
        "Correct the dates: who left before moving in has no move-in.",
    ),
    "not-on-list": (
        "{count} {count:row names|rows name} a {role} that is not on the list.",
        "{suggestion} Correct the name, or add it to the list.",
    ),
    "bad-score": (
        "{count} {count:answer is|answers are} not between {low} and {high}.",
        "Correct the answers, or leave them empty where the item was skipped.",
    ),
    "wrong-items": (
        "The scale needs {needed} items, but {given} were given.",
        "Name the columns of its items in their order.",
    ),
    "bad-rule": ("The rule of the verdicts cannot be used: {reason}.", "{advice}"),
    "bad-option-value": ("{option} is {value}, which is not possible.", "{advice}"),
}
