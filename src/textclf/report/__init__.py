"""One self-contained HTML page about runs: what was asked, what came out, where it goes wrong."""

from textclf.report.contents import Contents, read_contents
from textclf.report.mistakes import FeatureExplanation, Mistake, TextExplanation
from textclf.report.page import render_page

__all__ = [
    "Contents",
    "FeatureExplanation",
    "Mistake",
    "TextExplanation",
    "read_contents",
    "render_page",
]
