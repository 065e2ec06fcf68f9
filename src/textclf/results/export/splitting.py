"""How a text is split into tokens, for the card: its rules, and a program without textclf."""

from collections.abc import Callable
from typing import Any

from textclf.data.encoders import TextEncoder
from textclf.data.morphemes import SIGNS
from textclf.data.subwords import WORD_START
from textclf.data.tokenizer import FILTERS
from textclf.data.words import APOSTROPHES, INVISIBLE, character_pattern, word_pattern

_KERAS = (
    "def words_of(text):",
    "    text = text.lower()",
    "    for character in rules['filters']:",
    "        text = text.replace(character, ' ')",
    "    return [word for word in text.split(' ') if word]",
)
_FOLD = (
    "import re",
    "import unicodedata",
    "",
    "def fold(text):",
    "    text = re.sub(rules['invisible'], '', unicodedata.normalize('NFC', text))",
    "    text = unicodedata.normalize('NFC', text.casefold())",
    "    return re.sub(rules['apostrophes'], \"'\", text)",
    "",
)
_PATTERN = (
    *_FOLD,
    "def words_of(text):",
    "    return re.findall(rules['pattern'], fold(text))",
)
_SUBWORDS = (
    *_FOLD,
    "subwords = set(rules['subwords'])",
    "longest = max(map(len, subwords), default=1)",
    "",
    "def subwords_of(word):",
    "    word, start, parts = rules['word_start'] + word, 0, []",
    "    while start < len(word):",
    "        ends = range(min(len(word), start + longest), start, -1)",
    "        end = next((e for e in ends if word[start:e] in subwords), start + 1)",
    "        parts.append(word[start:end])",
    "        start = end",
    "    return parts",
    "",
    "def words_of(text):",
    "    words = re.findall(rules['pattern'], fold(text))",
    "    return [part for word in words for part in subwords_of(word)]",
)
_MORPHEMES = (
    "from kiwipiepy import Kiwi",
    *_FOLD,
    "kiwi = Kiwi(num_workers=1)",
    "",
    "def words_of(text):",
    "    found = kiwi.tokenize(fold(text))",
    "    return [token.form for token in found if token.tag not in rules['signs']]",
)
_LINES = {
    "keras": _KERAS,
    "words": _PATTERN,
    "characters": _PATTERN,
    "subwords": _SUBWORDS,
    "morphemes": _MORPHEMES,
}
_FOLDING = {"invisible": INVISIBLE, "apostrophes": APOSTROPHES}
_RULES: dict[str, Callable[[TextEncoder], dict[str, Any]]] = {
    "keras": lambda _: {"filters": FILTERS},
    "words": lambda encoder: {"pattern": word_pattern(encoder.signs), **_FOLDING},
    "characters": lambda encoder: {"pattern": character_pattern(encoder.signs), **_FOLDING},
    "subwords": lambda encoder: {
        "pattern": word_pattern(encoder.signs),
        "word_start": WORD_START,
        "subwords": list(encoder.id_of),
        **_FOLDING,
    },
    "morphemes": lambda encoder: {"signs": [] if encoder.signs else sorted(SIGNS), **_FOLDING},
}


def split_rules(encoder: TextEncoder) -> dict[str, Any]:
    """Entries of the card's rules for texts, which `split_lines` read."""
    return _RULES[encoder.tokens](encoder)


def split_lines(encoder: TextEncoder) -> tuple[str, ...]:
    """Lines of Python that define `words_of(text)`, by the `rules` of the card."""
    return _LINES[encoder.tokens]
