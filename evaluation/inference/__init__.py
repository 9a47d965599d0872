"""Inference: functions of an estimate, each of which needs one of its contracts."""

from evaluation.inference.anderson import AndersonIndex, anderson_index
from evaluation.inference.clustered import clustered
from evaluation.inference.conformal import conformal
from evaluation.inference.conley import conley
from evaluation.inference.conley_taber import conley_taber
from evaluation.inference.ferman_pinto import ferman_pinto
from evaluation.inference.ibragimov_muller import ibragimov_muller
from evaluation.inference.multiple import adjusted, multiple_outcomes, romano_wolf
from evaluation.inference.multiplier import multiplier_bootstrap
from evaluation.inference.randomisation import randomisation
from evaluation.inference.rearrangement import rearrangement
from evaluation.inference.robust import robust
from evaluation.inference.sign_changes import sign_changes
from evaluation.inference.wald import Wald, wald
from evaluation.inference.wild import wild_cluster_bootstrap

__all__ = [
    "AndersonIndex",
    "Wald",
    "adjusted",
    "anderson_index",
    "clustered",
    "conformal",
    "conley",
    "conley_taber",
    "ferman_pinto",
    "ibragimov_muller",
    "multiple_outcomes",
    "multiplier_bootstrap",
    "randomisation",
    "rearrangement",
    "robust",
    "romano_wolf",
    "sign_changes",
    "wald",
    "wild_cluster_bootstrap",
]
