"""One self-contained HTML page about runs: what was asked, what came out, where it goes wrong."""

from textclf.report.contents import Contents, read_contents
from textclf.report.mistakes import Explanation, Mistake
from textclf.report.page import render_page

__all__ = ["Contents", "Explanation", "Mistake", "read_contents", "render_page"]
