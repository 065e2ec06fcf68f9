"""Differences of runs: settings, data, scores, and whether scores differ beyond noise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from textclf.config.settings import flatten
from textclf.data.tasks import is_better_higher
from textclf.results.significance import Significance, mcnemar_test, permutation_test
from textclf.runs import RunFolder, Summary, distinct_names, summarize
from textclf.runs.environment import circumstances

if TYPE_CHECKING:
    import pandas as pd

EQUAL = 1e-9  # the largest difference that is rounding alone
ALPHA = 0.05  # a difference that chance makes less often is more than noise
SPLITS = {"val": "validation", "test": "test"}
MADE_WITH = ("data", "versions", "code", "device")


@dataclass(frozen=True)
class Difference:
    """The difference of one score of two runs, and its significance.

    Args:
        runs: the names of the two.
        score: such as 'val_accuracy'.
        value: the second run's mean minus the first run's.
        obstacle: why the scores cannot be tested against seed noise; None if they can.
        by_seed: the test of the seeds' scores, if there are enough seeds.
        by_example: the test of the examples, if each run has one seed.
        n_comparisons: number of runs that are compared with the first one.
    """

    runs: tuple[str, str]
    score: str
    value: float
    obstacle: str | None
    by_seed: Significance | None
    by_example: Significance | None
    n_comparisons: int = 1

    @property
    def alpha(self) -> float:
        """The largest significant p-value, with Bonferroni's correction for many comparisons."""
        return ALPHA / self.n_comparisons

    @property
    def is_beyond_seed_noise(self) -> bool | None:
        """None if it is unknown."""
        if self.by_seed is None or self.by_seed.smallest_p >= self.alpha:
            return None
        return self.by_seed.p < self.alpha

    @property
    def better(self) -> str | None:
        """The name of the run with the better score."""
        if abs(self.value) < EQUAL:
            return None
        return self.runs[(self.value > 0) == is_better_higher(self.score)]


@dataclass(frozen=True)
class Comparison:
    """Runs side by side.

    Args:
        runs: a summary of each run by its shortest unique name.
        settings: differences of the configs by dotted path: a value for each run that has it.
        made_with: differences of data hashes, versions and devices, likewise.
        scores: of each run by name, as in metrics.json.
        differences: in validation and test metric, each run against the first.
    """

    runs: dict[str, Summary]
    settings: dict[str, dict[str, Any]]
    made_with: dict[str, dict[str, Any]]
    scores: dict[str, dict[str, float]]
    differences: list[Difference]


class _Compared:
    """A run and the parts of it that are compared."""

    def __init__(self, name: str, run: RunFolder) -> None:
        self.name = name
        self.run = run
        self.config = run.config.model_dump()
        self.made_with = circumstances(
            {section: run.record[section] for section in MADE_WITH if section in run.record}
        )
        # Files are compared by content, not by path or name.
        dataset = self.config["dataset"]
        self.asked = (
            list((run.record.get("data") or {}).values()),  # training first, then test
            {key: dataset[key] for key in dataset if key not in ("path", "test_path")},
        )
        self.scores = run.metrics if run.metrics_path.exists() else {}

    def values(self, score: str) -> list[float]:
        """A score of each seed, or of the run's only one."""
        parts = [*self.run.seeds.values()] or [self.run]
        return [part.metrics[score] for part in parts if score in part.metrics]

    @cached_property
    def predictions(self) -> pd.DataFrame:
        return self.run.predictions


def compare(runs: Sequence[RunFolder]) -> Comparison:
    """Compare two runs or more.

    Raises:
        RunError: one is named twice, or a file of one is missing or damaged.
    """
    compared = [_Compared(name, run) for name, run in zip(distinct_names(runs), runs, strict=True)]
    first, *others = compared
    return Comparison(
        runs={one.name: summarize(one.run) for one in compared},
        settings=differing({one.name: flatten(one.config) for one in compared}),
        made_with=differing({one.name: one.made_with for one in compared}),
        scores={one.name: one.scores for one in compared},
        differences=[
            _difference(first, other, score, len(others))
            for other in others
            for score in _metrics_of(first.scores)
            if score in other.scores
        ],
    )


def differing(by_run: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The keys whose values differ, each with its value in every run that has it."""
    keys = {key: None for settings in by_run.values() for key in settings}  # in order of appearance
    values = {key: {run: s[key] for run, s in by_run.items() if key in s} for key in keys}
    return {
        key: by_name
        for key, by_name in values.items()
        if len(by_name) < len(by_run) or not _all_equal(by_name.values())
    }


def _all_equal(values: Iterable[Any]) -> bool:
    first, *others = values
    return all(value == first for value in others)


def _metrics_of(scores: dict[str, float]) -> list[str]:
    names = (f"{split}_{metric}" for split in SPLITS for metric in ("accuracy", "mae"))
    return [name for name in names if name in scores]


# --- noise -----------------------------------------------------------------------------------


def _difference(one: _Compared, other: _Compared, score: str, n_comparisons: int) -> Difference:
    obstacle = _obstacle(one, other, score)
    is_comparable = obstacle is None
    values = [run.values(score) for run in (one, other)] if is_comparable else []
    has_seeds = is_comparable and max(map(len, values)) > 1
    if is_comparable and not has_seeds:
        obstacle = _one_seed_each(one, other)
    return Difference(
        runs=(one.name, other.name),
        score=score,
        value=other.scores[score] - one.scores[score],
        obstacle=obstacle,
        by_seed=permutation_test(*values) if has_seeds else None,
        by_example=_by_example(one, other, score) if is_comparable and not has_seeds else None,
        n_comparisons=n_comparisons,
    )


def _obstacle(one: _Compared, other: _Compared, score: str) -> str | None:
    """Why two runs' scores cannot be compared; None if they can."""
    if one.asked != other.asked:
        return "they have different data"
    if one.run.folds or other.run.folds:
        return "folds differ by their rows, which hides the seed's effect; use another split"
    validations = [run.config["training"]["validation"] for run in (one, other)]
    if score.startswith("val_") and not _all_equal(validations):
        return "they validate on different rows"
    return None


def _one_seed_each(one: _Compared, other: _Compared) -> str:
    settings = differing({run.name: flatten(run.config) for run in (one, other)})
    if list(settings) == ["seed"]:
        return "only the seed differs: this is seed noise"
    return "one seed each: seed noise may be as large; train both with --seeds 5"


def _by_example(one: _Compared, other: _Compared, score: str) -> Significance | None:
    """McNemar's test on the rows that both runs predicted; None if the rows are not the same."""
    split = SPLITS[score.partition("_")[0]]
    if not score.endswith("accuracy"):
        return None
    tables = [run.predictions[run.predictions["split"] == split] for run in (one, other)]
    asked = [table[["row", "truth"]].reset_index(drop=True) for table in tables]
    if not asked[0].equals(asked[1]):
        return None
    rights = [(table["truth"] == table["prediction"]).to_numpy() for table in tables]
    return mcnemar_test(int((rights[0] & ~rights[1]).sum()), int((rights[1] & ~rights[0]).sum()))
