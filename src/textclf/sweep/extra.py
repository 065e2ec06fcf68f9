"""Libraries of the extra `sweep`, imported late, and quiet."""

from __future__ import annotations

import importlib
import logging
import warnings
from typing import Any

from textclf.errors import UsageError


def import_optuna() -> Any:
    """Optuna, without its log lines on the screen.

    Raises:
        UsageError: it is not installed.
    """
    optuna = import_extra("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.getLogger("optuna").propagate = False
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    return optuna


def import_extra(name: str) -> Any:
    """A library that only sweeps need.

    Raises:
        UsageError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"textclf sweep needs {error.name or name}, which is not installed; install it with: "
            "pip install 'textclf[sweep]'"
        ) from error
