"""Libraries of the extra `sweep`, imported late, and quiet."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import warnings
from typing import Any

from textclf.errors import ResourceError


def import_optuna() -> Any:
    """Optuna, without its log lines on the screen.

    Raises:
        ResourceError: it is not installed.
    """
    optuna = import_extra("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.getLogger("optuna").propagate = False
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    return optuna


def import_extra(name: str) -> Any:
    """A library of the extra.

    Raises:
        ResourceError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise _missing(error.name or name) from error


def require(*names: str) -> None:
    """Refuse what needs libraries of the extra without them; importing them would take seconds.

    Raises:
        ResourceError: one is not installed.
    """
    for name in names:
        if importlib.util.find_spec(name) is None:
            raise _missing(name)


def _missing(name: str) -> ResourceError:
    return ResourceError(
        f"several trainings at a time need {name}, which is not installed; install it with: pip "
        "install 'textclf[sweep]'"
    )
