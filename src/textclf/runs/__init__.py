"""Run folders: made, locked, found, read."""

from textclf.runs.creation import create_run
from textclf.runs.folder import FitFolder, RunFolder
from textclf.runs.search import find_run, list_runs

__all__ = ["FitFolder", "RunFolder", "create_run", "find_run", "list_runs"]
