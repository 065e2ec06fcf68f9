"""Score the kept models of a run again, and predict with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textclf.errors import RunError
from textclf.results.prediction import Predictor, read_encoder
from textclf.results.thresholds import Threshold
from textclf.runs import CurveFolder, RunFolder, SeriesFolder
from textclf.training.device_choice import device_for_little
from textclf.training.engine import backend
from textclf.training.evaluation import mean_and_sd
from textclf.training.fits import Fit, final_fit, fits_before
from textclf.training.reporter import LineReporter, Reporter
from textclf.training.resumption import refuse_other_data
from textclf.training.scores import Scores
from textclf.training.series import require_finished
from textclf.workflow.fitting import new_trainer, score_splits, together

if TYPE_CHECKING:
    from textclf.training.trainer import Trainer


def evaluate(
    run: RunFolder,
    *,
    data_dir: str | Path | None = None,
    device: str = "auto",
    reporter: Reporter | None = None,
) -> Scores:
    """Score a run's kept models, read back from disk, as `train` did; writes nothing into the run.

    Returns:
        The scores; of a series of seeds their means and, beside them, their deviations.

    Raises:
        RunError: a model is missing or damaged.
    """
    if isinstance(run, CurveFolder):
        run.refuse()
    with backend.computing(None):
        shown = reporter or LineReporter()
        trainer = new_trainer(run.config, data_dir, device, shown, trains=False)
        refuse_other_data(run, trainer.data)
        if not isinstance(run, SeriesFolder):
            return _evaluate_fits(trainer, run)
        require_finished(run)
        return mean_and_sd([_evaluate_fits(trainer, seed) for seed in run.seeds.values()])


def _evaluate_fits(trainer: Trainer, run: RunFolder) -> Scores:
    before = [_score_again(trainer, fit) for fit in fits_before(run, trainer.data)]
    final = _score_again(trainer, final_fit(run, trainer.data, before))
    return {**together(before), **final}


def _score_again(trainer: Trainer, fit: Fit) -> Scores:
    scores = score_splits(trainer, trainer.prepare(fit).predict_kept())
    if not fit.folder.metrics_path.exists():  # an interrupted fit
        return scores
    return {**scores, "best_epoch": fit.folder.best_epoch}


def load_predictor(
    run: RunFolder,
    *,
    device: str = "auto",
    each_class: bool = False,
    threshold: Threshold | None = None,
    reporter: Reporter | None = None,
) -> Predictor:
    """Load a run's kept model to predict the classes or numbers of new examples.

    Args:
        each_class: whether to predict every class's probability, too.
        threshold: from which probability one of two classes is predicted; by default 0.5.

    Raises:
        RunError: the run has not the threshold's classes, keeps no model yet, or is damaged.
    """
    encoder, class_names = read_encoder(run)
    above = (threshold.place(class_names, run), threshold.value) if threshold else None
    if run.status != "finished":
        shown = reporter or LineReporter()
        shown.warn(f"{run.path}: not finished; its best model so far predicts")
    with backend.computing(None):
        backend.start(device_for_little(device))
        from textclf.training.network import load_kept_model

        network = load_kept_model(run.config, run)
        try:
            separator = run.config.dataset.separator
            return Predictor(network, encoder, class_names, each_class, above, separator)
        except (ValueError, TypeError, IndexError) as error:  # it predicts a first text
            raise RunError(f"{run.preprocessing_path}: damaged: {error}") from error
