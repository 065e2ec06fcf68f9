"""What a sweep may set one setting to: a few choices, or a range of numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from textclf.config.strict_yaml import YamlError, parse
from textclf.errors import UsageError

LOG_FROM = 100  # times the low end from which a range is searched by its logarithm
MOST_CHOICES = 1_000
RANGE = re.compile(r"(?:(log|lin):)?\s*([^\s:]+?)\s*\.\.\s*([^\s:]+)")
WHOLE = re.compile(r"[+-]?\d+")
CLOSING = {"[": "]", "{": "}", "'": "'", '"': '"'}


@dataclass(frozen=True)
class Choices:
    """Values as in YAML, at least one."""

    values: tuple[Any, ...]

    def to_json(self) -> dict[str, Any]:
        return {"choices": list(self.values)}


@dataclass(frozen=True)
class Range:
    """All numbers from `low` to `high`, both included; whole ones alone if both ends are.

    Args:
        is_log: whether equal factors are equally likely, in place of equal differences.
    """

    low: float
    high: float
    is_log: bool

    @property
    def is_whole(self) -> bool:
        return isinstance(self.low, int) and isinstance(self.high, int)

    def to_json(self) -> dict[str, Any]:
        return {"low": self.low, "high": self.high, "scale": "log" if self.is_log else "linear"}


Axis = Choices | Range


def axis_from_json(content: dict[str, Any]) -> Axis:
    """The axis that `to_json` wrote.

    Raises:
        KeyError, TypeError: it is damaged.
    """
    if "choices" in content:
        return Choices(tuple(content["choices"]))
    return Range(content["low"], content["high"], content["scale"] == "log")


def parse_axis(text: str) -> Axis | None:
    """The axis in '8,16,32', '1e-4..1e-2', 'log:1..50'; None if the text is a single value.

    Raises:
        UsageError: it is not a range, or a choice is not YAML.
    """
    stripped = text.strip()
    if match := RANGE.fullmatch(stripped):
        return _range(*match.groups())
    parts = list(_parts(stripped))
    if len(parts) == 1:
        return None
    return choices([_value(part) for part in parts])


def axis_of(value: Any) -> Axis:
    """The axis that a config's sweep section gives: a list, a text as on the command line, or one
    value.

    Raises:
        UsageError: it is not an axis.
    """
    if isinstance(value, list):
        return choices(value)
    parsed = parse_axis(value) if isinstance(value, str) else None
    return parsed or Choices((value,))


def choices(values: list[Any]) -> Choices:
    """The choices in a list.

    Raises:
        UsageError: there are none, too many, or one twice.
    """
    if not 1 <= len(values) <= MOST_CHOICES:
        raise UsageError(f"expected 1 to {MOST_CHOICES:,} choices, received {len(values):,}")
    seen: list[str] = []
    for value in values:
        if repr(value) in seen:
            raise UsageError(f"{value} is there twice")
        seen.append(repr(value))
    return Choices(tuple(values))


def _range(scale: str | None, low: str, high: str) -> Range:
    ends = [_number(low), _number(high)]
    if ends[0] >= ends[1]:
        raise UsageError(f"{low}..{high}: the first number must be the smaller one")
    if scale == "log" and ends[0] <= 0:
        raise UsageError(f"log:{low}..{high}: a logarithm needs numbers above 0")
    is_wide = ends[0] > 0 and ends[1] / ends[0] >= LOG_FROM
    return Range(ends[0], ends[1], scale == "log" or (scale is None and is_wide))


def _number(text: str) -> float:
    value = _value(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"{text!r} is not a number; a range is of the form 1e-4..1e-2")
    if not abs(value) < float("inf"):
        raise UsageError(f"{text!r} is not a finite number")
    return value


def _value(text: str) -> Any:
    try:
        return parse(text, "").data
    except YamlError as error:
        raise UsageError(error.problems[0].message) from None


def _parts(text: str) -> Iterator[str]:
    """The parts between commas that are in no brackets or quotes."""
    start, closing = 0, list[str]()
    for place, sign in enumerate(text):
        if closing and sign == closing[-1]:
            closing.pop()
        elif closing and closing[-1] in "'\"":
            continue
        elif sign in CLOSING and (sign in "[{" or not text[start:place].strip()):
            closing.append(CLOSING[sign])
        elif sign == "," and not closing:
            yield text[start:place]
            start = place + 1
    yield text[start:]
