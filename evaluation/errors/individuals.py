"""Messages of samples of persons: code -> what is wrong, what to do next."""

from __future__ import annotations

MESSAGES: dict[str, tuple[str, str]] = {
    "not-zero-or-one": (
        "Column {column!r}: {count} {count:value is|values are} neither 0 nor 1.",
        "Write 1 for those who are treated and 0 for all others.",
    ),
    "weight-not-positive": (
        "Column {column!r}: {count} {count:weight is|weights are} not positive.",
        "Leave out rows that stand for no one, and correct the others.",
    ),
    "one-group-only": (
        "{treated} of {units} {units:unit|units} with an outcome are treated: there is nothing to compare.",
        "Take in both those who are treated and those who are not.",
    ),
    "too-many-labels": (
        "Column {column!r} is text with {count} different {count:value|values}; "
        "a covariate has at most {most}.",
        "Join its values into categories, or name it as cluster= or strata= if it is a place or a key.",
    ),
    "no-covariates": (
        "{what} makes groups comparable by their covariates, and the sample has none.",
        "Name covariates= from before the treatment when the sample is made.",
    ),
    "covariates-collinear": (
        "{what}: one covariate follows from the others or does not vary.",
        "Leave one out: of the indicators of all categories one too many, a constant, or a copy.",
    ),
    "no-overlap": (
        "{what}: the covariates tell the treated from the others: the propensity score of {count} "
        "{count:unit|units} lies within {limit} of 0 or 1.",
        "Compare fewer covariates or a narrower group, or leave units without a counterpart out (trim).",
    ),
    "separated": (
        "{what}: the covariates tell the treated from the others without error, or nearly so.",
        "Compare fewer covariates or a narrower group: a unit without any counterpart cannot be compared.",
    ),
    "not-balanceable": (
        "No weights of the comparison group give it the mean of the treated in {covariate!r}.",
        "Leave that covariate or that power out, or leave out the treated beyond all comparison units.",
    ),
    "bad-limit": (
        "{option}={value!r} is not possible.",
        "Give a number between {low} and {high}.",
    ),
    "nobody-left": (
        "{what} leaves {treated} treated and {comparison} comparison {comparison:unit|units}.",
        "Choose a wider limit or fewer variables.",
    ),
    "one-armed-stratum": (
        "{what}: {count} {count:stratum has|strata have} one group only, such as {stratum!r}.",
        "Join strata until each has units that were assigned to treatment and units that were not.",
    ),
    "no-received": (
        "{what} needs to know who received the treatment.",
        "Name the column as received= when the sample is made.",
    ),
    "nobody-moved": (
        "late: of {units} {units:unit|units}, as many received the treatment whether assigned or not.",
        "Without anyone moved by the assignment there is no such effect: report itt.",
    ),
    "not-of-late": (
        "{method} is not for estimates by {estimator}.",
        "Use it with late; for other estimates ask for inference.clustered.",
    ),
    "unknown-covariate": ("The sample has no covariate {covariate!r}.", "Known: {available}. {suggestion}"),
    "distance-shape": (
        "The matrix of distances has shape {shape}, needed {wanted}, without empty values.",
        "Give a row for each treated unit with an outcome and a column for each other one, in the order of "
        "the data; write infinity where a pair is not allowed.",
    ),
    "needs-replacement": (
        "abadie_imbens is for matching with replacement by a distance of the package, without weights.",
        "Use match(replace=True), or inference.clustered by matched sets for matching without replacement.",
    ),
    "bad-neighbours": (
        "neighbours={value!r} is not possible.",
        "Give a whole number from 1 to {most}.",
    ),
}
