"""Imported first by the process that trials are forked from: TensorFlow, without its messages."""

# Nothing here may compute: TensorFlow would start its threads, and a fork of them hangs.
from textclf.training.engine.backend import import_for_forks

import_for_forks()
