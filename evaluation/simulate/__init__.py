"""Seeded data with a known truth: for tests, documentation, power and the demonstration data."""

from evaluation.simulate.cases import CASES_SEED, cases
from evaluation.simulate.operations import OPERATIONS_SEED, operations
from evaluation.simulate.panels import (
    DECIMALS,
    PRAGUE_CITYWIDE,
    PRAGUE_EFFECT,
    PRAGUE_RAMP,
    PRAGUE_SEED,
    PRAGUE_START,
    PRAGUE_STARTS,
    ar1,
    did_panel,
    prague_effects,
    prague_panel,
)
from evaluation.simulate.staff import STAFF_SEED, staff_waves

__all__ = [
    "CASES_SEED",
    "DECIMALS",
    "OPERATIONS_SEED",
    "PRAGUE_CITYWIDE",
    "PRAGUE_EFFECT",
    "PRAGUE_RAMP",
    "PRAGUE_SEED",
    "PRAGUE_START",
    "PRAGUE_STARTS",
    "STAFF_SEED",
    "ar1",
    "cases",
    "did_panel",
    "operations",
    "prague_effects",
    "prague_panel",
    "staff_waves",
]
