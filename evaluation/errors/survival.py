"""Messages of durations: code -> what is wrong, what to do next."""

from __future__ import annotations

MESSAGES: dict[str, tuple[str, str]] = {
    "negative-duration": (
        "Column {column!r}: {count} {count:duration is|durations are} negative.",
        "A spell cannot end before it begins: check the two dates.",
    ),
    "entry-not-before-end": (
        "Column {column!r}: {count} {count:spell comes|spells come} under observation when or after "
        "{count:it has|they have} ended (column {time!r}).",
        "The entry must lie before the end; leave the spells out that had ended before.",
    ),
    "unknown-cause": (
        "No spell ended by {cause!r}.",
        "Ends in the data: {available}. {suggestion}",
    ),
    "beyond-follow-up": (
        "Nothing is known of group {group!r} at time {time}: its last spell is followed up to {last}.",
        "Ask for an earlier time, or leave the group out.",
    ),
    "bad-horizon": ("A horizon of {value!r} is not a length of time.", "Give a positive number."),
    "late-entry": (
        "{what} is not for spells that come under observation late, nor for strata.",
        "Use cox or discrete_hazard, which allow for both.",
    ),
    "needs-two-groups": (
        "{what} compares two groups; column {column!r} has {count}.",
        "Choose the rows of two groups, or make one column of 0 and 1 for each comparison.",
    ),
    "nothing-to-compare": (
        "{what} needs something to compare by.",
        "Name a group or covariates when the durations are made.",
    ),
    "not-a-survival-share": (
        "{method} is not for estimates by {estimator}.",
        "Use it with the function on whose page it stands, or ask for inference.clustered.",
    ),
    "not-identified-hazard": (
        "The ratio of hazards by {term!r} is not identified: it does not vary, or all ends lie on one "
        "side of it.",
        "Leave it out, or join categories until each has spells that ended and spells that did not.",
    ),
    "bad-breaks": (
        "Breaks {value} are not ends of intervals.",
        "Give positive numbers in increasing order, such as 3, 6, 9, 12.",
    ),
    "interval-without-end": (
        "In {count} {count:interval|intervals} no spell ended, the first is number {interval}.",
        "Join it with the next one: a hazard of its own cannot be estimated from no end.",
    ),
}
