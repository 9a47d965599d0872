"""Which inference is valid for a design: by the committed size study, or measured on its own data."""

from evaluation.recommend.calibration import recommend
from evaluation.recommend.default import infer

__all__ = ["infer", "recommend"]
