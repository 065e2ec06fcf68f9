"""Train a seed or a fold of a run in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textclf.runs import RunFolder, SeriesFolder, open_folder
from textclf.sweep.orders import Link, Order, Outcome
from textclf.sweep.parts import FINAL, attempt_part
from textclf.training.engine import backend
from textclf.training.engine.last_words import witness
from textclf.training.fits import Fit, final_fit, fits_before
from textclf.training.reporter import Reporter
from textclf.training.scores import Scores
from textclf.training.series import training_seed
from textclf.workflow.fitting import fit_and_score, new_trainer, train_run

if TYPE_CHECKING:
    from textclf.training.trainer import Trainer


def train_part(order: Order, link: Link) -> Outcome:
    """Train a seed or a fold of the run that it is a part of; in a process of its own."""
    witness.is_silent = True  # the coordinator says how a process ended
    return attempt_part(order, link, _train_part)


def _train_part(order: Order, reporter: Reporter) -> tuple[Scores, dict[str, Any] | None]:
    whole = open_folder(order.folder.parent)
    with backend.computing(whole.log_path):
        if isinstance(whole, SeriesFolder):
            return _train_seed(whole, order, reporter), None
        trainer = new_trainer(whole.config, order.data_dir, order.device, reporter)
        scores = fit_and_score(trainer, _fit_of(whole, order, trainer))
        return scores, trainer.engine_record


def _train_seed(series: SeriesFolder, order: Order, reporter: Reporter) -> Scores:
    names = [series.seed(number).name for number in range(1, len(series.seed_values) + 1)]
    with training_seed(series, names.index(order.name) + 1) as run:
        if run is not None:  # a finished one stays as it is
            train_run(new_trainer(run.config, order.data_dir, order.device, reporter), run)
    return RunFolder(order.folder).metrics


def _fit_of(run: RunFolder, order: Order, trainer: Trainer) -> Fit:
    before = fits_before(run, trainer.data)
    if order.name == FINAL:
        return final_fit(run, trainer.data, [fit.folder.metrics for fit in before])
    return next(fit for fit in before if fit.folder.path.name == order.name)
