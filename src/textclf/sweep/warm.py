"""Imported by the process that trials are forked from: TensorFlow, and all that trains with it."""

# Nothing here may compute: TensorFlow would start its threads, and a fork of them hangs.
import contextlib
import gc
import importlib

from textclf.training.engine.backend import import_for_forks, thread_pools

USED_BY_TRIALS = (
    "textclf.workflow.sweeping",
    "textclf.training.trainer",
    "textclf.training.pruning",
    # What they import late.
    "filelock",
    "matplotlib.backends.backend_agg",
    "rich.table",
    "sklearn.metrics",
)

import_for_forks()
with contextlib.suppress(Exception):  # the trial meets the error, too, and says what it is
    for name in USED_BY_TRIALS:
        importlib.import_module(name)
thread_pools()
gc.collect()
gc.freeze()  # or a collection in a trial would copy what it shares with all others
