"""Messages of disclosure: code -> what is wrong, what to do next."""

from __future__ import annotations

MESSAGES: dict[str, tuple[str, str]] = {
    "not-two-by-two": (
        "A table of two groups and two times cannot be made of {name}.",
        "Give dd_table the published result of did_2x2; for others use table.",
    ),
    "not-publishable": (
        "{type} cannot be published.",
        "Give a Result, a CheckResult or a Cells table to disclosure.publish.",
    ),
    "not-published": (
        "{what} accepts published values only, not {type}.",
        "Pass it through evaluation.publish first.",
    ),
    "bad-cells": (
        "Every column of a table of cells must be a key, a count or derived from a count; wrong: {columns}.",
        "Name it in keys=, counts= or depends=; counts are numbers.",
    ),
    "bad-published": (
        "These published values are of version {version!r}, this program reads version {known}.",
        "Run the analysis again.",
    ),
    "not-on-map": (
        "{count} {count:name is|names are} not on the map, for example {name!r}.",
        "Write them as the tables in data/reference do.",
    ),
    "no-figure": ("There is no figure for {name!r}.", "Show it as a table."),
}
