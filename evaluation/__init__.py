"""Honest quarterly evaluation of public programmes.

The names below are imported when they are first used, so that the command line starts without pandas.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evaluation import inference
    from evaluation.design import StudyDesign
    from evaluation.disclosure import publish
    from evaluation.estimate import combine
    from evaluation.estimators import twfe
    from evaluation.recommend import infer
    from evaluation.run.show import show
    from evaluation.run.study import open_study

_HOME = {
    "StudyDesign": "evaluation.design",
    "combine": "evaluation.estimate",
    "infer": "evaluation.recommend",
    "open_study": "evaluation.run.study",
    "publish": "evaluation.disclosure",
    "show": "evaluation.run.show",
    "twfe": "evaluation.estimators",
}

__all__ = ["StudyDesign", "combine", "infer", "inference", "open_study", "publish", "show", "twfe"]


def __getattr__(name: str) -> Any:
    if name == "inference":
        return import_module("evaluation.inference")
    if name not in _HOME:
        raise AttributeError(f"module 'evaluation' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
