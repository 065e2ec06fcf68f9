"""What a learning curve found: its table, and whether more training rows would help."""

from __future__ import annotations

import csv
import io
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from textclf.data.dataset import split_labels
from textclf.data.tasks import is_better_higher
from textclf.errors import RunError
from textclf.runs import CurveFolder, RunFolder
from textclf.runs.preprocessing import read_preprocessing
from textclf.wording import several

SPLITS = {"val": "validation", "test": "test"}
METRICS = ("accuracy", "mae", "loss")
ANSWERS = ("truth", "prediction")
CONFIDENCE = 0.975  # at each side of a 95 % interval


def table_of_curve(curve: CurveFolder, rows: Mapping[float, int]) -> str:
    """learning_curve.csv: a line for each share, its scores the means over its seeds.

    Args:
        rows: the number of training rows of each share.

    Raises:
        RunError: a file of a share's run is missing or damaged.
    """
    lines = []
    for share in curve.shares:
        scores = _scores_of_share(curve.share(share))
        lines.append({"share": share, "rows": rows[share], "seeds": curve.n_seeds, **scores})
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def _scores_of_share(run: RunFolder) -> dict[str, float]:
    """train_, val_ and test_ of the metric and, of several seeds, their deviations (n - 1)."""
    by_seed = [_scores_of_run(part) for part in _models(run)]
    scores: dict[str, float] = {}
    for name in by_seed[0]:
        values = [seed[name] for seed in by_seed]
        scores[name] = statistics.fmean(values)
        if len(values) > 1:
            scores[f"{name}_sd"] = statistics.stdev(values)
    return scores


def _scores_of_run(run: RunFolder) -> dict[str, float]:
    history, metrics = run.history, run.metrics
    metric = next(name for name in METRICS if name in history)
    # While the kept epoch trained: nothing scores the training rows afterwards.
    kept = history.loc[history["epoch"] == run.best_epoch, metric]
    if kept.empty:
        raise RunError(f"{run.history_path}: damaged: it has no epoch {run.best_epoch}")
    names = (f"{split}_{metric}" for split in SPLITS)
    return {
        f"train_{metric}": float(kept.iloc[0]),
        **{name: metrics[name] for name in names if name in metrics},
    }


def _models(run: RunFolder) -> list[RunFolder]:
    """The run of each seed, or the run itself."""
    return [*run.seeds.values()] or [run]


# --- would more data help? -------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """What the last doubling of the training rows brought.

    Args:
        score: on validation rows, or else on test rows, such as 'val_accuracy'.
        rows: training rows before and after.
        values: the score before and after.
        gain: by how much it is better; below 0: worse.
        noise: what a gain must exceed; of one seed, the part of it that other seeds would add is
            unknown.
        n_seeds: of each.
        n_scored: rows that the score is of.
        may_improve: whether a model of them was still improving in its last epoch.
    """

    score: str
    rows: tuple[int, int]
    values: tuple[float, float]
    gain: float
    noise: float
    n_seeds: int
    n_scored: int
    may_improve: bool

    @property
    def helped(self) -> bool | None:
        """Whether the rows made the score better, or else worse; None if that may be noise."""
        return self.gain > 0 if self.n_seeds > 1 and abs(self.gain) > self.noise else None

    def in_words(self) -> Iterator[str]:
        """A line on what happened, one on what follows, and perhaps what to do about it."""
        (few, many), (before, after) = self.rows, self.values
        direction = "better" if self.gain >= 0 else "worse"
        yield (
            f"from {few:,} to {several(many, 'training row')}, {self.score} went from "
            f"{before:.4f} to {after:.4f}: {abs(self.gain):.4f} {direction}"
        )
        yield self._conclusion()
        if self.may_improve:
            yield "some models were best in their last epoch: raise training.epochs to be sure"

    def _conclusion(self) -> str:
        rows = several(self.n_scored, "scored row")
        if self.n_seeds == 1:
            return f"it may be noise: {self.noise:.4f} for {rows}, more for one seed; add --seeds 5"
        noise = f"noise ({self.noise:.4f}: {self.n_seeds} seeds each, {rows})"
        if self.helped:
            return f"more than {noise}: more data of this kind would probably help"
        if self.helped is False:
            return f"more than {noise}: more data made it worse; look at the settings"
        most = self.gain + self.noise
        return f"within {noise}: more data may help, by up to {most:.4f}, or not at all"


def judge(curve: CurveFolder) -> Verdict:
    """What the last doubling of the training rows brought, or the step that is nearest to one.

    Raises:
        RunError: the curve is not finished, or a file is missing or damaged.
    """
    table = curve.table
    last = len(table) - 1
    doublings = np.log2(table["rows"].iloc[last] / table["rows"].iloc[:last])
    places = [int(np.abs(doublings - 1).argmin()), last]
    score = _judged_score(list(table))
    rows, values = table["rows"].iloc[places], table[score].iloc[places]
    gain = float(values.iloc[1] - values.iloc[0])
    runs = [_models(curve.share(curve.shares[place])) for place in places]
    changes = _changes_by_row(runs, score)
    return Verdict(
        score=score,
        rows=(int(rows.iloc[0]), int(rows.iloc[1])),
        values=(float(values.iloc[0]), float(values.iloc[1])),
        gain=gain if is_better_higher(score) else -gain,
        noise=_noise(changes, [[run.metrics[score] for run in of_share] for of_share in runs]),
        n_seeds=curve.n_seeds,
        n_scored=len(changes),
        may_improve=any(
            run.best_epoch == curve.config.training.epochs for of_share in runs for run in of_share
        ),
    )


def _judged_score(columns: Sequence[str]) -> str:
    names = (f"{split}_{metric}" for split in SPLITS for metric in METRICS)
    found = next((name for name in names if name in columns), None)
    if found is None:
        raise RunError("learning_curve.csv: damaged: it has no score of validation or test rows")
    return found


def _changes_by_row(runs: Sequence[Sequence[RunFolder]], score: str) -> np.ndarray:
    """For each scored row the change of its mean score, float64 (rows,)."""
    split = SPLITS[score.partition("_")[0]]
    before, after = (
        np.mean([_score_by_row(run, split) for run in of_share], axis=0) for of_share in runs
    )
    if before.shape != after.shape:
        raise RunError(f"{runs[0][0].path}: damaged: predictions of other rows than the others'")
    changes: np.ndarray = after - before
    return changes


def _score_by_row(run: RunFolder, split: str) -> list[float]:
    """1 for each row that is predicted correctly, else 0; of several labels the share of right
    decisions about them; of numbers the absolute error."""
    table = (run.validated if split == SPLITS["val"] else run).predictions
    table = table[table["split"] == split]
    if run.config.dataset.is_regression:
        return [abs(error) for error in table["truth"] - table["prediction"]]
    separator = run.config.dataset.separator
    if separator is not None:
        n_labels = len(read_preprocessing(run.config, run).class_names)
        sets = ([split_labels(cell, separator) for cell in table[c]] for c in ANSWERS)
        return [1 - len(true ^ given) / n_labels for true, given in zip(*sets, strict=True)]
    return [float(is_right) for is_right in table["truth"] == table["prediction"]]


def _noise(changes: np.ndarray, by_seed: Sequence[Sequence[float]]) -> float:
    """What chance gives a difference of scores: half of its 95 % confidence interval.

    Args:
        changes: of each scored row, as if other rows could have been drawn.
        by_seed: the scores of each seed before and after.
    """
    from scipy.stats import norm, t  # late: it takes half a second

    n_seeds = len(by_seed[0])
    of_rows = float(norm.ppf(CONFIDENCE)) * float(np.std(changes)) / math.sqrt(len(changes))
    if n_seeds == 1:
        return of_rows
    error = math.sqrt(sum(statistics.variance(scores) for scores in by_seed) / n_seeds)
    return math.hypot(of_rows, float(t.ppf(CONFIDENCE, 2 * n_seeds - 2)) * error)
