"""Run folders: created, locked, found, read."""

from textclf.runs.creation import create_run
from textclf.runs.curve import CurveFolder
from textclf.runs.folder import FitFolder, RunFolder
from textclf.runs.lifecycle import locked, record_warnings, recording, restart
from textclf.runs.opening import open_folder
from textclf.runs.search import REPRODUCTION, distinct_names, find_run, find_runs, list_runs
from textclf.runs.series import SeriesFolder
from textclf.runs.summary import Summary, summarize, summarize_runs

__all__ = [
    "REPRODUCTION",
    "CurveFolder",
    "FitFolder",
    "RunFolder",
    "SeriesFolder",
    "Summary",
    "create_run",
    "distinct_names",
    "find_run",
    "find_runs",
    "list_runs",
    "locked",
    "open_folder",
    "record_warnings",
    "recording",
    "restart",
    "summarize",
    "summarize_runs",
]
