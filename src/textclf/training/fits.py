"""The fits of a run: one, or one for each fold and a final one, or one and a refit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from textclf.data.dataset import Dataset
from textclf.data.splits import NO_ROWS, Split, everything, make_splits
from textclf.runs import FitFolder, RunFolder
from textclf.runs.series import FIRST_SEED
from textclf.training.scores import Scores


@dataclass(frozen=True)
class Fit:
    """One training of one model: its rows, its seed, the folder it is written to.

    Args:
        has_baseline: whether a linear model is fitted on the same rows; once for a run is enough.
    """

    split: Split
    seed: int
    epochs: int
    folder: FitFolder
    has_baseline: bool = False


def fits_before(run: RunFolder, data: Dataset) -> list[Fit]:
    """The fits before the final one: of each fold, or the one that chooses the epochs of a refit.

    They do not see the test rows.
    """
    config = run.config
    splits = make_splits(config.training.validation, data, config.training.train_share)
    if config.training.refit:
        split = replace(splits[0], test=NO_ROWS)
        return [Fit(split, config.seed, config.training.epochs, run.first_fit)]
    if len(splits) == 1:
        return []
    return [
        Fit(split, config.seed, config.training.epochs, run.fold(number))
        for number, split in enumerate(splits, start=1)
    ]


def final_fit(run: RunFolder, data: Dataset, before: Sequence[Scores]) -> Fit:
    """The fit at the run's top; after others, one on all training rows.

    Args:
        before: the scores of the fits before; their mean `best_epoch`, where known, is the final
            fit's number of epochs.
    """
    config = run.config
    share = config.training.train_share
    split = (
        everything(data, share)
        if before
        else make_splits(config.training.validation, data, share)[0]
    )
    best = [scores["best_epoch"] for scores in before if "best_epoch" in scores]
    epochs = round(sum(best) / len(best)) if best else config.training.epochs
    if run.is_untested:
        return Fit(replace(split, test=NO_ROWS), config.seed, epochs, run)
    is_first = run.title == run.name or run.name == FIRST_SEED
    return Fit(split, config.seed, epochs, run, has_baseline=is_first)
