"""Numbers, lists and a user's own text as a sentence has them."""

import unicodedata
from collections.abc import Callable, Sequence


def several(number: int, noun: str) -> str:
    """'1 row', '2,000 rows', '3 classes'."""
    plural = noun + ("es" if noun.endswith("s") else "s")
    return f"{number:,} {noun if number == 1 else plural}"


def some_of(items: Sequence[str], most: int) -> str:
    """'a, b, c', or the first few and '…'."""
    return ", ".join([*items[:most], *(["…"] if len(items) > most else [])])


def listed(items: Sequence[str], conjunction: str = "and", most: int | None = None) -> str:
    """'a', 'a and b', 'a, b and c'; with more than `most` items 'a, b and 3 more'."""
    shown = list(items)
    if most is not None and len(shown) > most:
        shown[most:] = [f"{len(shown) - most:,} more"]
    *rest, last = shown or [""]
    return f"{', '.join(rest)} {conjunction} {last}" if rest else last


def shortened(text: str, most: int, width: Callable[[str], int] = len) -> str:
    """The text's beginning and '…' where the text is wider than `most`.

    Args:
        width: measures a text; its characters by default.
    """
    if width(text) <= most:
        return text
    head = text[: most - 1]
    while width(head) > most - 1:
        head = head[:-1]
    return head.rstrip() + "…"


def shortened_inside(text: str, most: int, width: Callable[[str], int] = len) -> str:
    """The text's beginning, '…' and its end where the text is wider than `most`."""
    if width(text) <= most:
        return text
    tail = text[len(text) - (most - 1) // 2 :]
    while width(tail) > (most - 1) // 2:
        tail = tail[1:]
    head = text[: most - 1 - width(tail)]
    while width(head) + width(tail) > most - 1:
        head = head[:-1]
    return f"{head}…{tail}"


def printable(text: str) -> str:
    """The text with its line breaks, terminal codes and lone surrogates escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def one_line(text: str) -> str:
    """The text with one blank for each run of blanks, line breaks and control characters.

    Its letters are composed (NFC): few fonts place the decomposed parts of a Korean syllable.
    """
    plain = "".join(c if c.isprintable() else " " for c in text)
    return unicodedata.normalize("NFC", " ".join(plain.split()))


def short_line(text: str, most: int) -> str:
    """The text on one line of at most `most` characters, its middle left out where need be."""
    return shortened_inside(one_line(text), most)


def short_titles(paths: Sequence[str], taken: Sequence[str] = ()) -> list[str]:
    """The shortest end of each dotted path that no other of them has, nor is `taken`."""
    return [_short_title(path, [*taken, *(o for o in paths if o != path)]) for path in paths]


def _short_title(path: str, others: list[str]) -> str:
    parts = path.split(".")
    ends = (".".join(parts[-length:]) for length in range(1, len(parts)))
    return next((e for e in ends if not any(f".{o}".endswith(f".{e}") for o in others)), path)
