"""Process evaluation: what was promised, what was done, when and for whom. Pure, and without words."""

from evaluation.process._dates import months_after
from evaluation.process.adoption import adoption, adoption_curve, dose
from evaluation.process.case_log import (
    CaseLog,
    days_to_move_in,
    returns_to_need,
    tenancies,
    time_in_need,
    transitions,
)
from evaluation.process.counts import Counts
from evaluation.process.forecast import forecast
from evaluation.process.indicators import indicator, indicator_path, indicator_table
from evaluation.process.intervals import clopper_pearson, complete, default_interval, garwood, wilson
from evaluation.process.milestones import milestones, plan_versions
from evaluation.process.readds import re_adds
from evaluation.process.reporting import item_missingness, reporting_matrix, reporting_rates
from evaluation.process.scales import item_means, sus, sus_scores
from evaluation.process.scorecards import FRAMEWORKS, scorecard
from evaluation.process.spc import run_chart, xmr_chart
from evaluation.process.stages import STAGES, stage_progress
from evaluation.process.sustainment import sustainment
from evaluation.process.targets import Target, deadline_state, target_state
from evaluation.process.training import (
    counted_hours,
    support_hours,
    training_funnel,
    training_increments,
)
from evaluation.process.treatment_dates import treatment_dates
from evaluation.process.verdicts import Criterion, VerdictRule, adopted_of_successful, verdicts

__all__ = [
    "FRAMEWORKS",
    "STAGES",
    "CaseLog",
    "Counts",
    "Criterion",
    "Target",
    "VerdictRule",
    "adopted_of_successful",
    "adoption",
    "adoption_curve",
    "clopper_pearson",
    "complete",
    "counted_hours",
    "days_to_move_in",
    "deadline_state",
    "default_interval",
    "dose",
    "forecast",
    "garwood",
    "indicator",
    "indicator_path",
    "indicator_table",
    "item_means",
    "item_missingness",
    "milestones",
    "months_after",
    "plan_versions",
    "re_adds",
    "reporting_matrix",
    "reporting_rates",
    "returns_to_need",
    "run_chart",
    "scorecard",
    "stage_progress",
    "support_hours",
    "sus",
    "sus_scores",
    "sustainment",
    "target_state",
    "tenancies",
    "time_in_need",
    "training_funnel",
    "training_increments",
    "transitions",
    "treatment_dates",
    "verdicts",
    "wilson",
    "xmr_chart",
]
