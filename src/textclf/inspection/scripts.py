"""The tokens that suit a text's scripts."""

import re
from importlib.util import find_spec

from textclf.data.words import KATAKANA, SINGLE

UNSPACED = re.compile(f"[{SINGLE}{KATAKANA}]")
HANGUL = re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")
MOST = 0.3  # share of a text's characters from which on a script decides

WHY = {
    "characters": "tokens: characters, as there are no blanks between words in most of the text",
    "words": "tokens: words, as there are blanks between words",
    "morphemes": "tokens: morphemes, as most of the text is Korean: a particle is a token",
    "korean": "tokens: words; for Korean, morphemes suit better: pip install 'textclf[korean]'",
}


def suiting(n_characters: int, n_unspaced: int, n_hangul: int) -> tuple[str, str]:
    """The tokens for texts, and the reason in words.

    Args:
        n_characters: letters and digits of the texts.
        n_unspaced: of these, characters of scripts without blanks between words.
        n_hangul: of these, Korean ones.
    """
    if n_unspaced > MOST * n_characters:
        return "characters", WHY["characters"]
    if n_hangul <= MOST * n_characters:
        return "words", WHY["words"]
    has_kiwi = find_spec("kiwipiepy") is not None
    return ("morphemes", WHY["morphemes"]) if has_kiwi else ("words", WHY["korean"])
