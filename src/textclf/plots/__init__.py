"""Pictures drawn from a run's tables, without TensorFlow, pyplot or a display."""

from textclf.plots.canvas import FORMATS, save_figure
from textclf.plots.confusion import draw_confusion_matrix
from textclf.plots.curves import draw_comparison, draw_curves, draw_fold_curves
from textclf.plots.residuals import draw_residuals

__all__ = [
    "FORMATS",
    "draw_comparison",
    "draw_confusion_matrix",
    "draw_curves",
    "draw_fold_curves",
    "draw_residuals",
    "save_figure",
]
