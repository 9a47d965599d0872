"""Messages of surveys of staff: code -> what is wrong, what to do next."""

from __future__ import annotations

MESSAGES: dict[str, tuple[str, str]] = {
    "doubled-person": (
        "{count} {count:person answers|persons answer} twice in one wave.",
        "Keep the right row: answers of one person must not count as those of two.",
    ),
    "moved-person": (
        "{count} {count:person is|persons are} in several districts.",
        "Name the district in which the person was when the programme began in all waves.",
    ),
    "unknown-wave": ("No wave is called {wave!r}.", "Waves in the data: {available}."),
    "nobody-linked": (
        "Nobody has a score both in {before!r} and in {after!r}.",
        "Check that pseudonyms of all waves were made with the same key.",
    ),
    "too-few-answers": (
        "{what} needs at least {needed} {unit} with answers to all items, wave {wave!r} has {count}.",
        "Join waves or groups, or leave the wave out.",
    ),
}
