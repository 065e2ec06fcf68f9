"""Labels as people type them: those that look alike, and those that look like lists."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from math import isfinite
from typing import Any, NamedTuple

from textclf.errors import DataError
from textclf.wording import some_of

MOST_GROUPS = 5  # that a warning shows
LIST_SIGNS = ("|", ";", ",")


def alike(counts: Mapping[str, int]) -> list[list[str]]:
    """Groups of labels that differ by case, blanks, Unicode form, or as 1 and 1.0 do.

    Args:
        counts: rows of each label.

    Returns:
        Groups of two or more, the most frequent label of each first.
    """
    groups: dict[str, list[str]] = {}
    for name in sorted(counts, key=lambda name: (-counts[name], len(name), name.swapcase())):
        groups.setdefault(_form(name), []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def _form(name: str) -> str:
    text = "".join(unicodedata.normalize("NFKC", name).casefold().split())
    with suppress(ValueError):
        if "_" not in text and isfinite(float(text)):
            return str(float(text))
    return text


def label_warnings(counts: Mapping[str, int]) -> Iterator[str]:
    """What a user should know about the labels of a file; `counts` are the rows of each."""
    groups = alike(counts)
    if groups:
        from textclf.config.file import dump_value  # late: it imports pydantic

        shown = [", ".join(f"{name!r} ({counts[name]:,})" for name in group) for group in groups]
        merged = [
            f"{dump_value(name)}: {dump_value(group[0])}"
            for group in groups[:MOST_GROUPS]
            for name in group[1:]
        ]
        yield (
            f"labels that look alike are different classes: {some_of_groups(shown)}; to merge "
            f"them, set dataset.labels: {{{', '.join(merged)}}}"
        )
    if found := lists_in(counts):
        yield (
            f"labels such as {found.some[0]!r} and {found.some[1]!r} look like lists of labels; "
            "each list is a class of its own; for several labels in a row, set "
            f"dataset.labels: {{separator: {found.separator!r}}}"
        )


def some_of_groups(shown: list[str]) -> str:
    """'a, b; c, d', or the first few and '…'."""
    return "; ".join([*shown[:MOST_GROUPS], *(["…"] if len(shown) > MOST_GROUPS else [])])


class Lists(NamedTuple):
    """Labels that look like lists: what divides them, and two of them."""

    separator: str
    some: tuple[str, str]


def lists_in(names: Iterable[str]) -> Lists | None:
    """Whether labels look like lists: two have the same parts in another order, or the parts,
    alone or at different places of a list, repeat, so that there are fewer of them than labels."""
    all_names = [*names]
    return next(filter(None, (_lists_by(sign, all_names) for sign in LIST_SIGNS)), None)


def _lists_by(sign: str, names: Sequence[str]) -> Lists | None:
    parts = {name: tuple(part.strip() for part in name.split(sign)) for name in names}
    lists = [name for name in names if len(parts[name]) > 1]
    seen: dict[tuple[str, ...], str] = {}
    for name in lists:
        if (other := seen.setdefault(tuple(sorted(parts[name])), name)) != name:
            return Lists(sign, (other, name))
    firsts = {part[0] for part in parts.values()}
    others = {part for name in lists for part in parts[name][1:]}
    if len(lists) > 1 and firsts & others and len(firsts | others) < len(names):
        return Lists(sign, (lists[0], lists[1]))
    return None


def refuse_unknown(place: object, named: Iterable[str], labels: Iterable[str]) -> None:
    """Raise a DataError if a config merges a label that no row has."""
    there = [*labels]
    unknown = [name for name in named if name not in there]
    if not unknown:
        return
    close = get_close_matches(unknown[0], there, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise DataError(
        f"{place}: no row has the label {unknown[0]!r} of dataset.labels; {hint}the labels are "
        f"{some_of([*map(repr, there)], 10)}"
    )


def class_of(value: Any) -> str | None:
    """The name of a label's class; None if the label is not a class."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not isfinite(value):
            return None  # what Python's json writes where pandas has no value
        if value.is_integer():
            value = int(value)  # 1.0 in JSON is the class 1
    if isinstance(value, str | int | float):
        return unicodedata.normalize("NFC", str(value)).strip() or None
    return None


def labels_of(value: Any, separator: str) -> list[str] | None:
    """The labels of a cell with several, numbers first, each once; None if it has another form.

    Args:
        value: a text that the separator divides, or a list of labels; an empty one has no labels.
    """
    if isinstance(value, list):
        names = [class_of(item) for item in value]
    else:
        text = value if isinstance(value, str) else class_of(value)
        if text is None:
            return None
        names = [class_of(part) for part in text.split(separator) if part.strip()]
    known = [name for name in names if name is not None]
    if len(known) < len(names) or any(separator in name for name in known):
        return None
    return sorted(set(known), key=numbers_first)


def numbers_first(name: str) -> tuple[bool, float, str]:
    """Sorts '2' before '10' before 'a'."""
    with suppress(ValueError):
        if isfinite(float(name)):
            return False, float(name), name
    return True, 0.0, name
