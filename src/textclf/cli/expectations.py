"""Expected scores of a run, such as 'val_accuracy>=0.77'."""

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textclf.config.scores import SCORES as SCORES_OF_ANY
from textclf.config.scores import SPLITS, bare

MEASURED = tuple(f"{split}{score}" for split in SPLITS for score in ("loss", *SCORES_OF_ANY))
SCORES = (*MEASURED, *(f"{score}_sd" for score in MEASURED), "best_epoch")
# Those of new texts, which `predict` computes.
FILE_SCORES = ("mae", "accuracy", "macro_f1", "micro_f1", "subset_accuracy")

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
}
NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"


@dataclass(frozen=True)
class Expectation:
    """A score of metrics.json, a comparison and a number."""

    score: str
    comparison: str
    value: float

    def __str__(self) -> str:
        return f"{self.score}{self.comparison}{self.value}"


def parse_expectation(text: str) -> Expectation | None:
    """The expectation in a text such as 'val_accuracy>=0.77'; None if the text is not one."""
    match = re.fullmatch(rf"\s*(\w+)\s*(>=|<=|==|>|<)\s*({NUMBER})\s*", text)
    return Expectation(match[1], match[2], float(match[3])) if match else None


def find_impossible(expectations: Sequence[Expectation], scores: Sequence[str]) -> list[str]:
    """A line for each score that the task does not have: an error before hours of training.

    Args:
        scores: that it has beside the loss, its metric first.
    """
    known = ("loss", "best_epoch", *scores)
    others = [one for one in expectations if bare(one.score) not in known]
    return [
        f"{one}: this task has no {one.score}; use {one.score.replace(bare(one.score), scores[0])}"
        for one in others
    ]


def find_unmet(expectations: Sequence[Expectation], metrics: dict[str, float]) -> list[str]:
    """A line for each expectation that the scores do not meet."""
    return [
        f"expected {expectation}, but {_actual(expectation.score, metrics)}"
        for expectation in expectations
        if not _is_met(expectation, metrics)
    ]


def _is_met(expectation: Expectation, metrics: dict[str, float]) -> bool:
    compare = OPERATORS[expectation.comparison]
    return expectation.score in metrics and compare(metrics[expectation.score], expectation.value)


def _actual(score: str, metrics: dict[str, float]) -> str:
    if score in metrics:
        # All digits: 0.7699999, rounded, would not look lower than 0.77.
        return f"{score} is {metrics[score]}"
    return f"this run has no {score}; it has {', '.join(metrics)}"
