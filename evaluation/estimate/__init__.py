"""`Estimate`, `Inference`, `Result`: frozen values, the registry of estimators, and `combine`."""

from evaluation.estimate.check import CheckResult
from evaluation.estimate.combine import combine
from evaluation.estimate.contracts import Absorbed, Cells, Moments, Term
from evaluation.estimate.estimate import Estimate, Result, glance, require, tidy
from evaluation.estimate.inference import Inference
from evaluation.estimate.refit import Batch, Refit, Step, Together
from evaluation.estimate.registry import Registered, Variant, estimator, registry

__all__ = [
    "Absorbed",
    "Batch",
    "Cells",
    "CheckResult",
    "Estimate",
    "Inference",
    "Moments",
    "Refit",
    "Registered",
    "Result",
    "Step",
    "Term",
    "Together",
    "Variant",
    "combine",
    "estimator",
    "glance",
    "registry",
    "require",
    "tidy",
]
