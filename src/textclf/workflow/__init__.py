"""What each command does, step by step; TensorFlow is imported when a step needs it."""

from textclf.workflow.opened import Curve, Run, Series, open_run
from textclf.workflow.parts import train_part
from textclf.workflow.scoring import evaluate, load_predictor
from textclf.workflow.sweeping import sweep, train_trial
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
    "sweep",
    "train",
    "train_part",
    "train_trial",
]
