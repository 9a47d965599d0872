"""`Estimate`, `Inference`, `Result`: frozen values, the registry of estimators, and `combine`."""

from evaluation.estimate.combine import combine
from evaluation.estimate.contracts import Absorbed, Batch, Cells, Moments, Refit, Term
from evaluation.estimate.estimate import Estimate, Result, glance, require, tidy
from evaluation.estimate.inference import Inference
from evaluation.estimate.registry import Registered, Variant, estimator, registry

__all__ = [
    "Absorbed",
    "Batch",
    "Cells",
    "Estimate",
    "Inference",
    "Moments",
    "Refit",
    "Registered",
    "Result",
    "Term",
    "Variant",
    "combine",
    "estimator",
    "glance",
    "registry",
    "require",
    "tidy",
]
