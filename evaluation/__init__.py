"""Honest quarterly evaluation of public programmes.

The names below are imported when they are first used, so that the command line starts without pandas.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evaluation import individuals, inference, process, simulate, staff, survival
    from evaluation.aggregate import aggregate
    from evaluation.design import Durations, RepeatedCrossSection, Sample, StudyDesign
    from evaluation.disclosure import publish
    from evaluation.estimate import combine
    from evaluation.estimators import (
        Learners,
        att_gt,
        did_2x2,
        efficient,
        etwfe,
        event_study,
        imputation,
        stacked,
        sun_abraham,
        twfe,
        two_stage,
    )
    from evaluation.recommend import infer, recommend
    from evaluation.run.history import load_run
    from evaluation.run.opening import open_study
    from evaluation.run.show import show

_HOME = {
    "Durations": "evaluation.design",
    "Learners": "evaluation.estimators",
    "RepeatedCrossSection": "evaluation.design",
    "Sample": "evaluation.design",
    "StudyDesign": "evaluation.design",
    "att_gt": "evaluation.estimators",
    "combine": "evaluation.estimate",
    "did_2x2": "evaluation.estimators",
    "efficient": "evaluation.estimators",
    "etwfe": "evaluation.estimators",
    "event_study": "evaluation.estimators",
    "imputation": "evaluation.estimators",
    "infer": "evaluation.recommend",
    "load_run": "evaluation.run.history",
    "open_study": "evaluation.run.opening",
    "publish": "evaluation.disclosure",
    "show": "evaluation.run.show",
    "stacked": "evaluation.estimators",
    "sun_abraham": "evaluation.estimators",
    "twfe": "evaluation.estimators",
    "two_stage": "evaluation.estimators",
}

__all__ = [
    "Durations",
    "Learners",
    "RepeatedCrossSection",
    "Sample",
    "StudyDesign",
    "aggregate",
    "att_gt",
    "combine",
    "did_2x2",
    "efficient",
    "etwfe",
    "event_study",
    "imputation",
    "individuals",
    "infer",
    "inference",
    "load_run",
    "open_study",
    "process",
    "publish",
    "recommend",
    "show",
    "simulate",
    "stacked",
    "staff",
    "sun_abraham",
    "survival",
    "twfe",
    "two_stage",
]


def __getattr__(name: str) -> Any:
    if name in {"individuals", "inference", "process", "simulate", "staff", "survival"}:
        return import_module(f"evaluation.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'evaluation' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__


class _Facade(ModuleType):
    """Two functions have the name of their modules, which Python would put in their place."""

    @property
    def aggregate(self) -> Any:
        return import_module("evaluation.aggregate").aggregate

    @aggregate.setter
    def aggregate(self, module: ModuleType) -> None:
        """Leave the function where Python binds the module after its first import."""

    @property
    def recommend(self) -> Any:
        return import_module("evaluation.recommend").recommend

    @recommend.setter
    def recommend(self, module: ModuleType) -> None:
        """Leave the function where Python binds the module after its first import."""


sys.modules[__name__].__class__ = _Facade
