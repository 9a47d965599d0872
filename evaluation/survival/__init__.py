"""Durations: how long until something ended, and what ended it. Pure, and without words."""

from evaluation.survival.competing import cumulative_incidence, incidence_curves, incidence_error
from evaluation.survival.cox import cox, information, proportional_hazards
from evaluation.survival.discrete_hazard import discrete_hazard
from evaluation.survival.fine_gray import fine_gray
from evaluation.survival.kaplan_meier import greenwood, kaplan_meier, quantiles, survival_curve
from evaluation.survival.log_rank import log_rank
from evaluation.survival.rmst import adjusted_restricted_mean, area_error, restricted_mean

__all__ = [
    "adjusted_restricted_mean",
    "area_error",
    "cox",
    "cumulative_incidence",
    "discrete_hazard",
    "fine_gray",
    "greenwood",
    "incidence_curves",
    "incidence_error",
    "information",
    "kaplan_meier",
    "log_rank",
    "proportional_hazards",
    "quantiles",
    "restricted_mean",
    "survival_curve",
]
