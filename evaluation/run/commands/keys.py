"""Whether the keys that the store and the contracts need are on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from evaluation.intake.keys import find_key
from evaluation.run.contracts import contracts, read_contract
from evaluation.run.project import Project

Examined = tuple[Literal["ok", "absent", "broken"], str, Mapping[str, str]]


def examined(project: Project) -> Examined:
    """Return a status, which of its sentences fits, and what that names.

    Raises
    ------
    EvaluationError
        If a key cannot be used, or the store or a contract cannot be read.
    """
    from evaluation.intake.protect import needs_key  # noqa: PLC0415 -- pandas where keys are looked at
    from evaluation.run.store import open_store  # noqa: PLC0415

    store_key, pseudonym_key = (find_key(purpose, project.root) for purpose in ("store", "pseudonym"))
    store = open_store(project)
    needed = store.needed_key if store.exists else ""
    if needed and (store_key is None or store_key.id != needed):
        return "broken", "other", {"needed": needed}
    asking = [name for name in contracts(project) if needs_key(read_contract(project, name))]
    if asking and pseudonym_key is None:
        return "absent", "pseudonym", {"name": asking[0]}
    if store.exists and not needed:
        return "absent", "plain", {}
    return "ok", "fit" if store.exists or asking else "no_store", {}
