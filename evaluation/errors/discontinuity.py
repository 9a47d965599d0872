"""Messages of regression discontinuity: code -> what is wrong, what to do next."""

from __future__ import annotations

MESSAGES: dict[str, tuple[str, str]] = {
    "rd-no-running": (
        "Nothing says on which side of the cutoff a unit lies: the sample of {outcome!r} has no score.",
        "Name running= with the column of the score when the sample is made.",
    ),
    "rd-one-side": (
        "On one side of the cutoff {cutoff} there {count:is|are} {count} different {count:score|scores}; "
        "{least} are needed.",
        "Scores run from {low} to {high}: check the cutoff and its unit, or use a lower order.",
    ),
    "rd-not-by-score": (
        "Column {treatment!r} does not follow from the score: {count} {count:unit lies|units lie} on the "
        "other side of the cutoff {cutoff}.",
        "Check the cutoff (who lies at it belongs to those above); if not all did what the score said, name "
        "the column as received= for a fuzzy design.",
    ),
    "rd-few-inside": (
        "Within {bandwidth} of the cutoff {count} different {count:score lies|scores lie} on one side; "
        "{least} are needed.",
        "Give a wider bandwidth, or leave it out to have it selected.",
    ),
    "rd-bad-number": (
        "{option}={value!r} is not possible.",
        "Give a positive number.",
    ),
    "rd-bias-bandwidth-alone": (
        "bias_bandwidth={value!r} is given without bandwidth.",
        "Give both, or neither to have them selected.",
    ),
    "rd-no-first-stage": (
        "Treatment does not jump at the cutoff {cutoff}: there is nothing to divide the outcome's jump by.",
        "Check the cutoff and the column of treatment received; without it the jump of the outcome itself "
        "is estimated.",
    ),
    "not-a-discontinuity": (
        "{method} is not for estimates by {estimator}.",
        "Use it with regression_discontinuity, or ask for inference.clustered.",
    ),
}
