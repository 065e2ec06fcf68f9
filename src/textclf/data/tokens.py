"""The kinds of tokens that a text is split into."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from textclf.data.morphemes import PACKAGES as KIWI
from textclf.data.morphemes import describe_kiwi, split_into_morphemes
from textclf.data.tokenizer import split_words
from textclf.data.words import Split, character_pattern, split_by, word_pattern

if TYPE_CHECKING:
    from textclf.config.settings.preprocessing import PreprocessingSettings

# Each makes the function that splits a text; its argument: whether signs are tokens, too.
TOKENIZERS: dict[str, Callable[[bool], Split]] = {
    "keras": lambda _: split_words,
    "words": lambda signs: split_by(word_pattern(signs)),
    "characters": lambda signs: split_by(character_pattern(signs)),
    "subwords": lambda signs: split_by(word_pattern(signs)),  # which an encoder splits further
    "morphemes": split_into_morphemes,
}
PACKAGES = {"subwords": ("tokenizers",), "morphemes": KIWI}


@dataclass(frozen=True)
class Tokens:
    """What a dataset's texts are split into.

    Args:
        kind: one of TOKENIZERS.
        signs: whether signs are tokens, too.
    """

    kind: str = "keras"
    signs: bool = False

    @classmethod
    def of(cls, settings: PreprocessingSettings) -> Tokens:
        """Those of a config's `preprocessing` section; features have none, but need no split."""
        return cls(getattr(settings, "tokens", "keras"), getattr(settings, "signs", False))

    @cached_property
    def split(self) -> Split:
        """The function that splits a text.

        Raises:
            DataError: a package that it needs is not installed.
        """
        return TOKENIZERS[self.kind](self.signs)

    @property
    def packages(self) -> Sequence[str]:
        """Those that decide what the tokens are, beside textclf's own code."""
        return PACKAGES.get(self.kind, ())

    @property
    def key(self) -> list[str | bool]:
        """What distinguishes converted data: the kind, and what it depends on."""
        kind = "words" if self.kind == "subwords" else self.kind
        return [kind, self.signs, *(describe_kiwi() if kind == "morphemes" else ())]


KERAS = Tokens()
