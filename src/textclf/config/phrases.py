"""Values, numbers and choices in the words of messages about a config."""

import math
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from textclf.config.strict_yaml import quoted
from textclf.wording import listed


def received(value: Any) -> str:
    """A value in the words of YAML."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    return "a list" if isinstance(value, list) else "a map of keys"


def number(value: float) -> str:
    """3, 0.001, 100,000, .inf, .nan; only the length of a very long number."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value).replace("inf", ".inf").replace("nan", ".nan")
    text = f"{value:,}" if isinstance(value, int) else repr(value)
    return text if len(text) <= 40 else f"a number of {len(str(abs(value))):,} digits"


def one_of(words: Iterable[str]) -> str:
    """'a, b or c'."""
    return listed([*words], "or")


def did_you_mean(word: Any, options: Iterable[str]) -> str:
    """'; did you mean ...?' where an option is close to the word."""
    close = closest(word, options)
    return f"; did you mean {quoted(close)}?" if close else ""


def closest(word: Any, options: Iterable[str]) -> str | None:
    """The option that is close to the word, if any is."""
    if not isinstance(word, str):
        return None
    like = word[:100].lower().replace("-", "_").replace(" ", "_")
    return next(iter(get_close_matches(like, list(options), n=1)), None)


def number_range(bounds: dict[str, float]) -> str:
    """1 to 100,000; without its ends: above 0 and below 1."""
    ends = {name: number(int(end) if end == int(end) else end) for name, end in bounds.items()}
    if "ge" in ends and "le" in ends:
        return f"{ends['ge']} to {ends['le']}"
    low = f"above {ends['gt']}" if "gt" in ends else f"{ends['ge']} or more"
    high = f"below {ends['lt']}" if "lt" in ends else f"at most {ends['le']}"
    return f"{low} and {high}"


def meant(kind: str, value: Any) -> str:
    """A guess at the number or boolean meant by '10', 010, 1e5 or True."""
    if kind == "bool_type":
        words = {"true": "true", "yes": "true", "on": "true", "1": "true"}
        words |= {"false": "false", "no": "false", "off": "false", "0": "false"}
        word = words.get(str(value).lower())
        return f"; did you mean {word}?" if word else ""
    if kind not in ("int_type", "float_type") or not isinstance(value, str | float):
        return ""
    try:
        guess = int(value) if kind == "int_type" else float(value)
    except (ValueError, OverflowError):
        return ""
    # Texts of more than 30 characters were not meant as numbers, and 1.5 did not mean 1.
    is_fit = len(str(value)) <= 30 and math.isfinite(guess)
    is_same = isinstance(value, str) or guess == value
    return f"; did you mean {guess}?" if is_fit and is_same else ""
