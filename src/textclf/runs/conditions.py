"""Runs chosen and ordered by their settings, scores, status and tags."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from textclf.config.strict_yaml import YamlError, parse
from textclf.data.tasks import is_better_higher
from textclf.errors import UsageError
from textclf.runs.summary import Summary

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
# What a run has besides settings and scores.
FACTS: dict[str, Callable[[Summary], Any]] = {
    "run": lambda summary: summary.name,
    "status": lambda summary: summary.status,
    "recipe": lambda summary: summary.recipe,
    "metric": lambda summary: summary.metric,
    "tag": lambda summary: summary.notes.tags,
    "started": lambda summary: summary.started,
    "epochs": lambda summary: summary.epochs[1],
    "time": lambda summary: summary.seconds,
}


@dataclass(frozen=True)
class Condition:
    """'model.units>=16': a key, a comparison and a value, read as in YAML."""

    text: str
    key: str
    comparison: str
    word: str
    value: Any

    def holds(self, summary: Summary) -> bool:
        """Whether a run meets it; one without the key meets only '!='.

        Raises:
            UsageError: a number is compared with a text.
        """
        actual = value_of(summary, self.key)
        if self.comparison in ("=", "!="):
            return self._equals(actual) == (self.comparison == "=")
        if actual is None:
            return False
        wanted = self.word if isinstance(actual, str) else self.value
        if not (isinstance(actual, str) or (_is_number(actual) and _is_number(wanted))):
            raise UsageError(
                f"--where {self.text!r}: {actual!r} and {self.word!r} have no order; compare "
                "numbers, or use = or !="
            )
        return OPERATORS[self.comparison](actual, wanted)

    def _equals(self, actual: Any) -> bool:
        if isinstance(actual, tuple):
            return self.word in actual
        if isinstance(actual, str):
            return actual == self.word
        return actual == self.value and isinstance(actual, bool) == isinstance(self.value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def parse_condition(text: str) -> Condition | None:
    """The condition in a text; None if it is not one."""
    match = re.fullmatch(r"\s*([\w.]+)\s*(==|!=|<=|>=|=|<|>)\s*(.*?)\s*", text, re.DOTALL)
    if not match:
        return None
    key, comparison, word = match.groups()
    try:
        value = parse(word, "").data
    except YamlError:
        value = word
    quotes = re.fullmatch(r"'.*'|\".*\"", word)
    return Condition(
        text, key, comparison.replace("==", "="), str(value) if quotes else word, value
    )


def value_of(summary: Summary, key: str) -> Any:
    """A run's setting, score or other fact; None if it has none of that name."""
    if key in FACTS:
        return FACTS[key](summary)
    for values in (summary.settings, summary.metrics, summary.scores or {}):
        if key in values:
            return values[key]
    return None


def refuse_unknown(keys: Iterable[str], summaries: Sequence[Summary], settings: set[str]) -> None:
    """Refuse keys that neither a run nor a config can have.

    Args:
        settings: the dotted paths that a config can have.

    Raises:
        UsageError: there is such a key.
    """
    known = {*FACTS, *settings}
    for summary in summaries:
        known |= {*summary.settings, *summary.metrics, *(summary.scores or {})}
    for key in keys:
        if key not in known:
            raise UsageError(f"there is no key {key!r} in runs{_hint(key, known)}")


def _hint(key: str, known: set[str]) -> str:
    ends = [path for path in sorted(known) if path.endswith(f".{key}")]
    close = ends or get_close_matches(key, sorted(known), n=1)
    if close:
        return f"; did you mean {' or '.join(close[:3])}?"
    return "; use a setting such as model.type, a score such as val_accuracy, or " + ", ".join(
        FACTS
    )


def ordered(summaries: Sequence[Summary], key: str) -> list[Summary]:
    """The best score first, other values from the smallest; runs without a value last."""
    is_score = any(key in (summary.scores or {}) or key in summary.metrics for summary in summaries)
    sign = -1 if is_score and is_better_higher(key) else 1

    def place(summary: Summary) -> tuple[int, Any]:
        value = value_of(summary, key)
        if _is_number(value):
            return (0, sign * value)
        return (2, "") if value in (None, ()) else (1, str(value))

    return sorted(summaries, key=place)
