"""Differences of runs: settings, data, scores, and whether scores differ beyond noise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from textclf.config.settings import flatten
from textclf.data.tasks import is_better_higher
from textclf.errors import RunError
from textclf.results.significance import Significance, holm, mcnemar_test, permutation_test
from textclf.runs import CurveFolder, RunFolder, Summary, distinct_names, summarize
from textclf.runs.environment import circumstances

if TYPE_CHECKING:
    import pandas as pd

EQUAL = 1e-9  # the largest difference that is rounding alone
ALPHA = 0.05  # a difference that chance makes less often is more than noise
SPLITS = {"val": "validation", "test": "test"}
METRICS = ("accuracy", "mae")
RANKED = [f"{split}_{metric}" for split in SPLITS for metric in (*METRICS, "loss")]
OTHER_DATA = "they have different data"
FEW = 3  # runs that find room beside each other
MADE_WITH = ("data", "vectors", "versions", "code", "device")


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
        is_fair: whether both are scores on the same rows.
        n_comparisons: number of tests that p is corrected for.
        corrected_p: the test's p after Holm's correction for all tests of the comparison.
    """

    runs: tuple[str, str]
    score: str
    value: float
    obstacle: str | None
    by_seed: Significance | None
    by_example: Significance | None
    is_fair: bool = True
    n_comparisons: int = 1
    corrected_p: float | None = None

    @property
    def test(self) -> Significance | None:
        return self.by_seed or self.by_example

    @property
    def is_beyond_seed_noise(self) -> bool | None:
        """None if it is unknown."""
        if self.by_seed is None or self.corrected_p is None:
            return None
        if self.corrected_p < ALPHA:
            return True
        return None if self.by_seed.smallest_p * self.n_comparisons >= ALPHA else False

    @property
    def better(self) -> str | None:
        """The name of the run with the better score; None where they cannot be compared."""
        if abs(self.value) < EQUAL or not self.is_fair:
            return None
        return self.runs[(self.value > 0) == is_better_higher(self.score)]


@dataclass(frozen=True)
class Comparison:
    """Runs side by side.

    Args:
        runs: a summary of each run by its shortest unique name; the first is the baseline.
        settings: differences of the configs by dotted path: a value for each run that has it.
        made_with: differences of data hashes, versions and devices, likewise.
        scores: of each run by name, as in metrics.json.
        differences: in validation and test metric, each run against the baseline.
        other_data: the names of the runs whose data is not the baseline's.
        ranking: all names: the best first, then those without scores, then those of other data.
        left_out: why a run that was named is not among them, by its name.
    """

    runs: dict[str, Summary]
    settings: dict[str, dict[str, Any]]
    made_with: dict[str, dict[str, Any]]
    scores: dict[str, dict[str, float]]
    differences: list[Difference]
    other_data: list[str]
    ranking: list[str]
    left_out: dict[str, str]

    @property
    def baseline(self) -> str:
        return next(iter(self.runs))


class _Compared:
    """A run and the parts of it that are compared.

    Raises:
        RunError: a file of it is missing or damaged.
    """

    def __init__(self, name: str, run: RunFolder) -> None:
        if isinstance(run, CurveFolder):
            run.refuse()
        self.name = name
        self.run = run
        self.summary = summarize(run)
        self.config = run.config.model_dump()
        self.made_with = circumstances(
            {section: run.record[section] for section in MADE_WITH if section in run.record}
        )
        self.asked = asked(self.config, run.record)
        self.scores = run.metrics if run.metrics_path.exists() else {}
        for score in self.scores:
            self.values(score)
        if self.scores and not run.seeds and run.predictions_path.exists():
            _ = self.predictions  # read now, so that damage is known to be this run's

    def values(self, score: str) -> list[float]:
        """A score of each seed, or of the run's only one."""
        parts = [*self.run.seeds.values()] or [self.run]
        return [part.metrics[score] for part in parts if score in part.metrics]

    @cached_property
    def predictions(self) -> pd.DataFrame:
        return self.run.predictions


def asked(config: Mapping[str, Any], record: Mapping[str, Any]) -> tuple[list[Any], Any]:
    """The data that a run was asked about: files by their content, not by path or name."""
    dataset = config["dataset"]
    hashes = list((record.get("data") or {}).values())  # training first, then test
    return hashes, {key: dataset[key] for key in dataset if key not in ("path", "test_path")}


def compare(
    runs: Sequence[RunFolder], progress: Callable[[int, int, str], None] = lambda *_: None
) -> Comparison:
    """Compare the first of two runs or more, the baseline, with each of the others.

    Of more than two, a damaged one is left out.

    Args:
        progress: called before each step with the number of steps done, of all, and what it does.

    Raises:
        RunError: one is named twice, or a file is missing or damaged in all but one.
    """
    compared, left_out = _read(runs)
    first, *others = compared
    differences = []
    for done, other in enumerate(others):
        progress(done, len(others), f"comparing {other.name}")
        scores = [score for score in _metrics_of(first.scores) if score in other.scores]
        differences += [_difference(first, other, score) for score in scores]
    other_data = [other.name for other in others if other.asked != first.asked]
    return Comparison(
        runs={one.name: one.summary for one in compared},
        settings=differing({one.name: flatten(one.config) for one in compared}),
        made_with=differing({one.name: one.made_with for one in compared}),
        scores={one.name: one.scores for one in compared},
        differences=_corrected(differences),
        other_data=other_data,
        ranking=_ranked(compared, other_data),
        left_out=left_out,
    )


def _read(runs: Sequence[RunFolder]) -> tuple[list[_Compared], dict[str, str]]:
    """The runs that can be compared, and what is damaged in the others, by name."""
    compared: list[_Compared] = []
    damaged: dict[str, str] = {}
    for name, run in zip(distinct_names(runs), runs, strict=True):
        try:
            compared.append(_Compared(name, run))
        except RunError as error:
            damaged[name] = error.messages[0]
    if len(compared) < 2:
        raise RunError(*damaged.values())
    return compared, damaged


def _corrected(differences: Sequence[Difference]) -> list[Difference]:
    """With Holm's correction over all tests against the baseline."""
    tested = [place for place, one in enumerate(differences) if one.test]
    ps = holm([test.p for one in differences if (test := one.test)])
    corrected = dict(zip(tested, ps, strict=True))
    return [
        replace(one, n_comparisons=len(tested), corrected_p=corrected.get(place))
        for place, one in enumerate(differences)
    ]


def _ranked(compared: Sequence[_Compared], other_data: Sequence[str]) -> list[str]:
    same = {one.name: one.scores for one in compared if one.name not in other_data}
    return [*best_first(same), *other_data]


def best_first(scores: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Runs by their leading score, the best first; those without it last."""
    leading = leading_score(scores.values())
    sign = -1 if is_better_higher(leading) else 1

    def place(name: str) -> tuple[bool, float]:
        return leading not in scores[name], sign * scores[name].get(leading, 0.0)

    return sorted(scores, key=place)


def leading_score(scores: Iterable[Mapping[str, float]]) -> str:
    """The score that decides which run is best: of validation rows, where there are any."""
    known = {name for one in scores for name in one}
    return next((score for score in RANKED if score in known), "")


def differing(by_run: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The keys whose values differ, each with its value in every run that has it."""
    keys = {key: None for settings in by_run.values() for key in settings}  # in order of appearance
    values = {key: {run: s[key] for run, s in by_run.items() if key in s} for key in keys}
    return {
        key: by_name
        for key, by_name in values.items()
        if len(by_name) < len(by_run) or not _all_equal(by_name.values())
    }


def by_interest(values: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Settings that differ, by what they say about the runs.

    First those that every run has, the model's type before them, then those of most values.
    """
    most = max((len(by_run) for by_run in values.values()), default=0)

    def place(path: str) -> tuple[int, bool, int]:
        distinct = {repr(value) for value in values[path].values()}
        return most - len(values[path]), path != "model.type", -len(distinct)

    return sorted(values, key=place)


def _all_equal(values: Iterable[Any]) -> bool:
    first, *others = values
    return all(value == first for value in others)


def _metrics_of(scores: dict[str, float]) -> list[str]:
    """Of several labels, the share of rows with all right: what a test of rows can compare."""
    names = (f"{split}_{metric}" for split in SPLITS for metric in METRICS)
    there = [name for name in names if name in scores]
    exact = {name: name.replace("accuracy", "subset_accuracy") for name in there}
    return [exact[name] if exact[name] in scores else name for name in there]


# --- noise -----------------------------------------------------------------------------------


def _difference(one: _Compared, other: _Compared, score: str) -> Difference:
    unfair = _other_rows(one, other, score)
    obstacle = unfair or _other_fits(one, other)
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
        is_fair=unfair is None,
    )


def _other_fits(one: _Compared, other: _Compared) -> str | None:
    if any(each.run.folds and not each.run.is_refit for each in (one, other)):
        return "folds differ by their rows, which hides the seed's effect; use another split"
    return None


def _other_rows(one: _Compared, other: _Compared, score: str) -> str | None:
    """Why two scores are not of the same rows; None if they are."""
    if one.asked != other.asked:
        return OTHER_DATA
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
    asked_for = [table[["row", "truth"]].reset_index(drop=True) for table in tables]
    if asked_for[0].empty or not asked_for[0].equals(asked_for[1]):
        return None
    rights = [(table["truth"] == table["prediction"]).to_numpy() for table in tables]
    return mcnemar_test(int((rights[0] & ~rights[1]).sum()), int((rights[1] & ~rights[0]).sum()))
