"""Text to ids, by the conventions of Keras's Tokenizer and keras.datasets."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import count

import numpy as np

from textclf.data.dataset import Ragged

PADDING_ID, START_ID, UNKNOWN_ID = 0, 1, 2
RESERVED_WORDS = ("<pad>", "<start>", "<unknown>")

FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'  # that of Keras's Tokenizer: ' stays
TO_SPACES = str.maketrans(FILTERS, " " * len(FILTERS))


def split_words(text: str) -> list[str]:
    """The words of a text: lower case, punctuation dropped except the apostrophe."""
    # split(" ") and not split(): Keras leaves a no-break space or a \r inside a word.
    return list(filter(None, text.lower().translate(TO_SPACES).split(" ")))


def tokenize(texts: Iterable[str]) -> tuple[Ragged, list[str]]:
    """Numbers words by first appearance; the encoder later ranks them by the training rows.

    Returns:
        ids: int32 rows; each starts with START_ID, words count from len(RESERVED_WORDS).
        words: `words[i]` is the word of id i.
    """
    # Both run in C: a word's id is looked up, and counted on where the word is new.
    next_id = count(len(RESERVED_WORDS)).__next__
    id_of: defaultdict[str, int] = defaultdict(next_id)
    rows = []
    for text in texts:
        words = split_words(text)
        row = np.empty(len(words) + 1, np.int32)
        row[0] = START_ID
        row[1:] = np.fromiter(map(id_of.__getitem__, words), np.int32, count=len(words))
        rows.append(row)
    offsets = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    values = np.concatenate(rows) if rows else np.empty(0, np.int32)
    return Ragged(values, offsets), [*RESERVED_WORDS, *id_of]
