"""The inferences that can be compared: each gives the p-value of an estimate with one term."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from evaluation.design import StudyDesign, require_panel
from evaluation.errors import EvaluationError
from evaluation.estimate import Estimate, Inference
from evaluation.inference import (
    clustered,
    conformal,
    conley_taber,
    ferman_pinto,
    ibragimov_muller,
    multiplier_bootstrap,
    rearrangement,
    sign_changes,
    wild_cluster_bootstrap,
)
from evaluation.inference._assignments import Assignments
from evaluation.inference.randomisation import extreme

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

REFERENCE = 1999
"""Assignments with which randomisation compares; all of them where there are no more."""

ONE_BY_ONE = 5
"""Where each assignment needs a fit or a search of its own, there are so many times fewer."""

BOOTSTRAP = 499
"""Draws of a bootstrap: a test at 1, 5 or 10 % has that size with so many draws too."""


@dataclass(frozen=True)
class Procedure:
    """An inference that judges one estimate at a time.

    Attributes
    ----------
    contract : {"influence", "moments"}
        What the estimate has to carry.
    infer : callable
        From an estimate to its inference.
    """

    contract: str
    infer: Callable[[Estimate], Inference]

    def p_value(self, estimate: Estimate) -> float:
        """Return p, NaN where this inference does not exist."""
        try:
            return float(self.infer(estimate).p_value[0])
        except EvaluationError:
            return float("nan")


PROCEDURES: Mapping[str, Procedure] = MappingProxyType(
    {
        "clustered": Procedure("influence", clustered),
        "clustered_cr2": Procedure("moments", partial(clustered, correction="CR2")),
        "clustered_cr3": Procedure("moments", partial(clustered, correction="CR3")),
        "wild_cluster_bootstrap": Procedure("moments", partial(wild_cluster_bootstrap, draws=BOOTSTRAP)),
        "multiplier_bootstrap": Procedure("influence", partial(multiplier_bootstrap, draws=BOOTSTRAP)),
        "conley_taber": Procedure("moments", partial(conley_taber, draws=BOOTSTRAP)),
        "ferman_pinto": Procedure("moments", partial(ferman_pinto, draws=BOOTSTRAP)),
        "ibragimov_muller": Procedure("moments", ibragimov_muller),
        "sign_changes": Procedure("moments", partial(sign_changes, draws=BOOTSTRAP)),
        "rearrangement": Procedure("moments", rearrangement),
        "conformal": Procedure("moments", partial(conformal, draws=BOOTSTRAP)),
    }
)
RANDOMISATION = "randomisation"
"""It compares with the other assignments, not with a distribution of its own: see `Reference`."""


@dataclass(frozen=True, eq=False)
class Reference:
    """Assignments and the estimates under them, shared by all false pilots in the same outcomes.

    Attributes
    ----------
    sources : ndarray of int, shape (B, n_units)
    value : ndarray, shape (B,)
    exact : bool
        Whether these are all assignments.
    """

    sources: Integers
    value: Floats
    exact: bool

    @property
    def noise(self) -> float:
        """One over the number of drawn assignments; nothing where they are all there."""
        return 0.0 if self.exact else 1 / len(self.sources)

    def p_value(self, estimate: float) -> float:
        """Return the rank of one of the estimates, as `randomisation` does."""
        count, _ = extreme(np.array([estimate]), self.value[:, None], np.abs)
        drawn = int(not self.exact)
        return (drawn + int(count[0])) / (drawn + len(self.value))


def reference(estimate: Estimate, rule: Assignments, rng: np.random.Generator) -> Reference:
    """Estimate under all assignments, or under `REFERENCE` of them; the estimate's design has the rule."""
    design = require_panel(estimate.design, "recommend")
    most = REFERENCE if is_fast(estimate, design) else REFERENCE // ONE_BY_ONE
    exact = rule.count <= most
    sources = np.concatenate(list(rule.every() if exact else rule.sample(most, rng)))
    return Reference(sources, values(estimate, design, sources), exact)


def is_fast(estimate: Estimate, design: StudyDesign) -> bool:
    """Whether many assignments of a design are estimated at once, without a search for each."""
    assert estimate.refit is not None
    return estimate.estimand != "log_ratio" and estimate.refit.together(design) is not None


def values(estimate: Estimate, design: StudyDesign, sources: Integers) -> Floats:
    """Estimate the same term under assignments of a design, shape (B,)."""
    assert estimate.refit is not None
    return estimate.refit.values(design, sources, estimate.terms)[:, 0]
