"""Expected scores of a run, such as 'val_accuracy>=0.77'."""

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

CLASS_SCORES = ("accuracy", "macro_f1")
LABEL_SCORES = ("micro_f1", "subset_accuracy")  # where a row has several labels
_MEASURED = [
    f"{split}_{score}"
    for split in ("val", "test")
    for score in ("loss", *CLASS_SCORES, *LABEL_SCORES, "mae")
]
SCORES = (*_MEASURED, *(f"{score}_sd" for score in _MEASURED), "best_epoch")

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


def find_impossible(
    expectations: Sequence[Expectation], is_regression: bool, is_multilabel: bool = False
) -> list[str]:
    """A line for each score that the task does not have: an error before hours of training."""
    metric, others = "accuracy", ("mae", *(() if is_multilabel else LABEL_SCORES))
    if is_regression:
        metric, others = "mae", (*LABEL_SCORES, *CLASS_SCORES)
    found = [
        (expectation, next((other for other in others if other in expectation.score), None))
        for expectation in expectations
    ]
    return [
        f"{expectation}: this task has no {expectation.score}; use "
        f"{expectation.score.replace(other, metric)}"
        for expectation, other in found
        if other is not None
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
