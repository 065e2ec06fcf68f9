"""One self-contained HTML page about runs: the task, the model, the scores, the mistakes."""

from textclf.results.report.contents import Contents, read_contents
from textclf.results.report.mistakes import FeatureExplanation, Mistake, TextExplanation
from textclf.results.report.page import render_page

__all__ = [
    "Contents",
    "FeatureExplanation",
    "Mistake",
    "TextExplanation",
    "read_contents",
    "render_page",
]
