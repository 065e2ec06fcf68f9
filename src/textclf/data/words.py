"""Texts to words or characters, as Unicode has them."""

import re
import unicodedata
from collections.abc import Callable
from functools import cache

# Scripts without blanks between words, in which each character is a word, as in UAX #29: Han and
# Hiragana; Thai, Lao, Myanmar, Khmer, Tai. A run of Katakana is a word.
SINGLE = (
    "\u3005-\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff\u3041-\u3096\u309d-\u309f"
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\ua9e0-\ua9ff\uaa60-\uaadf"
)
KATAKANA = "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
EMOJI = "\u231a-\u23ff\u2600-\u275a\u2763-\u2767\u2794-\u27bf\u2b05-\u2b55\U0001f000-\U0001faff"
FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
SKIN_TONES = "\U0001f3fb-\U0001f3ff"
JOINERS = "\u200c\u200d"  # shape letters and emoji, and belong to the character before them
# Left out of words: soft hyphen, word joiner, byte order mark, marks of direction.
INVISIBLE = "[\u00ad\u200e\u200f\u2060\ufeff]"
APOSTROPHES = "[\u2018\u2019\u02bc]"
SIGN = r"[^\s\x00-\x1f\x7f]"  # what no other pattern took

Split = Callable[[str], list[str]]


def fold(text: str) -> str:
    """The form in which texts are compared: NFC, case folded, each apostrophe a '."""
    if text.isascii():
        return text.lower()
    visible = re.sub(INVISIBLE, "", unicodedata.normalize("NFC", text))
    folded = unicodedata.normalize("NFC", visible.casefold())
    return re.sub(APOSTROPHES, "'", folded)


@cache
def _marks() -> str:
    """The characters that belong to the one before them, such as accents and vowel signs."""
    # Only the first plane: a character class with parts of others is ten times slower.
    found = (chr(code) for code in range(0x10000) if unicodedata.category(chr(code))[0] == "M")
    return f"[{''.join(found)}{JOINERS}{SKIN_TONES}]"


def _emoji() -> str:
    return f"{FLAG}|[{EMOJI}]{_marks()}*+(?:(?<=\u200d)[{EMOJI}]{_marks()}*+)*+"


@cache
def word_pattern(signs: bool = False) -> str:
    """A regular expression for the words of a folded text, by UAX #29 but for joining signs.

    An apostrophe joins letters; a period or comma joins digits, but not letters: sentences without
    a blank between them are more frequent than words with a period. No other sign joins.

    Args:
        signs: whether each sign is a word, too.
    """
    marks = _marks()
    letter = rf"[^\W_{SINGLE}{KATAKANA}]"
    letters = f"{letter}++(?:{marks}++{letter}*+)*+"
    katakana = f"[{KATAKANA}]++(?:{marks}++[{KATAKANA}]*+)*+"
    joined = rf"{letters}(?:(?:'|(?<=\d)[.,](?=\d)){letters})*+"
    kinds = [joined, f"[{SINGLE}]{marks}*+", katakana, _emoji(), *([SIGN] if signs else [])]
    return "|".join(kinds)


@cache
def character_pattern(signs: bool = False) -> str:
    """A regular expression for the letters, digits and emoji of a folded text, with their marks.

    Args:
        signs: whether each sign is a character, too.
    """
    return "|".join([rf"[^\W_]{_marks()}*+", _emoji(), *([SIGN] if signs else [])])


def split_by(pattern: str) -> Split:
    """The function that finds all matches in a folded text."""
    find_all = re.compile(pattern).findall
    return lambda text: find_all(fold(text))
