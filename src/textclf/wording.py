"""Numbers and lists as a sentence has them."""

from collections.abc import Sequence


def several(number: int, noun: str) -> str:
    """'1 row', '2,000 rows', '3 classes'."""
    plural = noun + ("es" if noun.endswith("s") else "s")
    return f"{number:,} {noun if number == 1 else plural}"


def some_of(items: Sequence[str], most: int) -> str:
    """'a, b, c', or the first few and '…'."""
    return ", ".join([*items[:most], *(["…"] if len(items) > most else [])])
