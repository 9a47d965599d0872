"""A group column as the first covariate of a model."""

from __future__ import annotations

import dataclasses

import numpy as np

from evaluation.design import Durations, Grouping
from evaluation.errors import DataError


def with_arm(design: Durations, what: str) -> tuple[Durations, tuple[str, ...]]:
    """Put the group, 0 for its first label, first among the covariates; return their names too.

    Raises
    ------
    DataError
        If there are more than two groups, or nothing to compare by.
    """
    names, groups = design.names.covariates, design.arm.n_groups
    if groups > 2:
        raise DataError("needs-two-groups", what=what, count=groups, column=design.arm.name)
    if groups == 2:
        names = (design.arm.name, *names)
        design = dataclasses.replace(
            design,
            covariates=np.column_stack([design.arm.codes.astype(np.float64), design.covariates]),
            names=dataclasses.replace(design.names, covariates=names),
            arm=Grouping(design.arm.name, np.zeros(design.n_units, dtype=np.int64), ("all",)),
        )
    if not names:
        raise DataError("nothing-to-compare", what=what)
    return design, names
