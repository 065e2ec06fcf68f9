"""What each command does, step by step; TensorFlow is imported when a step needs it.

Sweeps are in `workflow.sweeping`, which others need not import.
"""

from textclf.workflow.opened import Curve, Run, Series, open_run
from textclf.workflow.scoring import evaluate, load_predictor
from textclf.workflow.training import learning_curve, reproduce, resume, train

__all__ = [
    "Curve",
    "Run",
    "Series",
    "evaluate",
    "learning_curve",
    "load_predictor",
    "open_run",
    "reproduce",
    "resume",
    "train",
]
