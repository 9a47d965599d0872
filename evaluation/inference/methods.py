"""Which contract each inference method needs."""

from __future__ import annotations

METHODS: dict[str, str] = {
    "clustered": "influence",
    "conformal": "moments",
    "conley": "influence",
    "conley_taber": "moments",
    "ferman_pinto": "moments",
    "ibragimov_muller": "moments",
    "multiplier_bootstrap": "influence",
    "randomisation": "refit",
    "rearrangement": "moments",
    "robust": "moments",
    "sign_changes": "moments",
    "wild_cluster_bootstrap": "moments",
}
"""Method -> contract, for the messages that name what can be used instead."""

ONE_TREATED = frozenset({"conformal", "rearrangement"})
"""Methods for a single treated cluster."""

ONE_TERM = ONE_TREATED | {"conley_taber", "ferman_pinto", "ibragimov_muller", "sign_changes"}
"""Methods for few treated clusters: they test one effect, that of all treated clusters together."""
