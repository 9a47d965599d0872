"""Which contract each inference method needs."""

from __future__ import annotations

METHODS: dict[str, str] = {
    "clustered": "influence",
    "multiplier_bootstrap": "influence",
    "randomisation": "refit",
    "robust": "moments",
    "wild_cluster_bootstrap": "moments",
}
"""Method -> contract, for the messages that name what can be used instead."""
