"""Honest quarterly evaluation of public programmes.

The names below are imported when they are first used, so that the command line starts without pandas.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evaluation import inference, simulate
    from evaluation.design import StudyDesign
    from evaluation.disclosure import publish
    from evaluation.estimate import combine
    from evaluation.estimators import att_gt, event_study, twfe
    from evaluation.recommend import infer
    from evaluation.run.show import show
    from evaluation.run.study import open_study

_HOME = {
    "StudyDesign": "evaluation.design",
    "att_gt": "evaluation.estimators",
    "combine": "evaluation.estimate",
    "event_study": "evaluation.estimators",
    "infer": "evaluation.recommend",
    "open_study": "evaluation.run.study",
    "publish": "evaluation.disclosure",
    "show": "evaluation.run.show",
    "twfe": "evaluation.estimators",
}

__all__ = [
    "StudyDesign",
    "att_gt",
    "combine",
    "event_study",
    "infer",
    "inference",
    "open_study",
    "publish",
    "show",
    "simulate",
    "twfe",
]


def __getattr__(name: str) -> Any:
    if name in {"inference", "simulate"}:
        return import_module(f"evaluation.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'evaluation' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
