"""Text to ids, by the conventions of Keras's Tokenizer and keras.datasets."""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import count

import numpy as np

from textclf.data.dataset import Ragged

PADDING_ID, START_ID, UNKNOWN_ID = 0, 1, 2
RESERVED_WORDS = ("<pad>", "<start>", "<unknown>")

# Those of Keras's Tokenizer, in which ' is part of a word, and the carriage return: a line break of
# Windows ends a word, whatever file the text is in.
FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n\r'
TO_SPACES = str.maketrans(FILTERS, " " * len(FILTERS))


def split_words(text: str) -> list[str]:
    """The words of a text: lower case, punctuation dropped except the apostrophe."""
    # split(" ") and not split(): Keras leaves a no-break space inside a word.
    return list(filter(None, text.lower().translate(TO_SPACES).split(" ")))


def tokenize(
    texts: Iterable[str], split: Callable[[str], list[str]] = split_words
) -> tuple[Ragged, list[str]]:
    """Numbers words by first appearance; the encoder later ranks them by the training rows.

    Args:
        split: from a text to its words.

    Returns:
        ids: int32 rows; each starts with START_ID, words count from len(RESERVED_WORDS).
        words: `words[i]` is the word of id i.
    """
    # All of it runs in C: a word's id is looked up, and a new word gets the next one.
    next_id = count(len(RESERVED_WORDS)).__next__
    id_of: defaultdict[str, int] = defaultdict(next_id)
    values, offsets = array("i"), array("q", [0])
    for text in texts:
        values.append(START_ID)
        values.extend(map(id_of.__getitem__, split(text)))
        offsets.append(len(values))
    ids = Ragged(np.frombuffer(values, np.int32), np.frombuffer(offsets, np.int64))
    return ids, [*RESERVED_WORDS, *id_of]
