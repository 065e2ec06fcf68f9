"""Run folders: made, locked, found, read."""

from textclf.runs.creation import create_run
from textclf.runs.folder import FitFolder, RunFolder
from textclf.runs.search import distinct_names, find_run, list_runs
from textclf.runs.summary import Summary, summarize, summarize_runs

__all__ = [
    "FitFolder",
    "RunFolder",
    "Summary",
    "create_run",
    "distinct_names",
    "find_run",
    "list_runs",
    "summarize",
    "summarize_runs",
]
