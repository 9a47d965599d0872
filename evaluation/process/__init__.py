"""Process evaluation: what was promised, what was done, when and for whom. Pure, and without words."""

from evaluation.process._dates import months_after
from evaluation.process.counts import Counts
from evaluation.process.forecast import forecast
from evaluation.process.indicators import indicator, indicator_path, indicator_table
from evaluation.process.intervals import clopper_pearson, complete, default_interval, garwood, wilson
from evaluation.process.readds import re_adds
from evaluation.process.stages import STAGES, stage_progress
from evaluation.process.targets import Target, deadline_state, target_state

__all__ = [
    "STAGES",
    "Counts",
    "Target",
    "clopper_pearson",
    "complete",
    "deadline_state",
    "default_interval",
    "forecast",
    "garwood",
    "indicator",
    "indicator_path",
    "indicator_table",
    "months_after",
    "re_adds",
    "stage_progress",
    "target_state",
    "wilson",
]
