"""From a run to an exported model and its card, which appear only when complete."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from textclf.disk.atomic import drafting
from textclf.errors import ResourceError
from textclf.results.export.formats import FORMATS, card_path
from textclf.runs import RunFolder
from textclf.training.engine import backend

if TYPE_CHECKING:
    from textclf.results.export.serving import Served


def export_run(run: RunFolder, format_name: str, path: Path) -> Path:
    """Write a run's kept model in a format, read it back, compare, and write its card.

    Returns:
        The card's path, beside the model's.

    Raises:
        RunError: the run is damaged, or not complete.
        ResourceError: a package is missing, the path exists or cannot be written, or the written
            model's outputs differ from the run's.
    """
    _check_packages(format_name)
    _refuse_taken(path)  # first: '.' has no name that '.json' could follow
    card = card_path(path)
    _refuse_taken(card)
    with backend.computing(None):
        backend.start("cpu")  # a model that is written on a CPU runs everywhere
        from textclf.results.export.card import card_text, make_card
        from textclf.results.export.serving import serve_run

        form = FORMATS[format_name]
        model = serve_run(run, form.reads_texts, form.features_dtype, form.slim_loops)
        with drafting(path) as folder:
            outputs = _write_and_compare(model, format_name, folder / path.name)
            content = make_card(run, format_name, path, model, outputs)
            (folder / card.name).write_text(card_text(content), encoding="utf-8", newline="\n")
            for place in (card, path):
                (folder / place.name).rename(place)
    return card


def _check_packages(format_name: str) -> None:
    for package in FORMATS[format_name].packages:
        try:
            version(package)
        except PackageNotFoundError as error:
            raise ResourceError(
                f"--format {format_name}: needs {package}, which is not installed; install it: "
                "pip install 'textclf[export]'"
            ) from error


def _refuse_taken(path: Path) -> None:
    if os.path.lexists(path):
        raise ResourceError(f"{path}: already exists; choose another path, or remove it")


def _write_and_compare(model: Served, format_name: str, path: Path) -> np.ndarray:
    """The outputs of the written file for all examples, after comparing them with the run's."""
    form = FORMATS[format_name]
    try:
        form.write(model, path)
        predict = form.open(path)
        first, outputs = predict(model.examples[:1]), predict(model.examples)
    except OSError:
        raise
    except Exception as error:  # converters and runtimes raise any exception
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise ResourceError(f"--format {format_name}: cannot be written: {reason}") from error
    for part in (first, outputs):
        if not np.allclose(part, model.expected[: len(part)], rtol=1e-4, atol=1e-5):
            gap = np.abs(part - model.expected[: len(part)]).max()
            raise ResourceError(
                f"--format {format_name}: the written model's outputs differ from the run's by up "
                f"to {gap:.2g}, so it was not kept; try another format"
            )
    return np.asarray(outputs)
