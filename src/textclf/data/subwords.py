"""Words to subwords: a vocabulary learnt from the training rows, by the package tokenizers."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate, chain

import numpy as np

from textclf.data.dataset import Dataset, Ragged
from textclf.data.tokenizer import RESERVED_WORDS, UNKNOWN_ID
from textclf.errors import DataError

WORD_START = "\u2581"  # in front of each word, as SentencePiece writes it
LONGEST = 32  # characters of a subword
MIN_FREQUENCY = 2  # of a pair of subwords that becomes one
REPEATED = 1_000  # times that a word is written in one line for the trainer
REMEMBERED = 100_000  # words whose subwords need not be found again


def learn_subwords(counts: Mapping[str, int], size: int) -> list[str]:
    """The vocabulary of byte-pair encoding: characters, and the pairs that are most frequent.

    Args:
        counts: how often each word occurs.
        size: number of subwords; more only if there are more characters.

    Raises:
        DataError: the package tokenizers is not installed.
    """
    try:
        from tokenizers import Tokenizer, models, pre_tokenizers, trainers  # late: an extra
    except ImportError:
        raise DataError(
            "preprocessing.tokens: subwords needs tokenizers, which is not installed; install it: "
            "pip install 'textclf[subwords]'"
        ) from None
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=MIN_FREQUENCY,
        max_token_length=LONGEST,
        special_tokens=[],
        show_progress=False,
    )
    tokenizer.train_from_iterator(_lines(counts), trainer)
    number_of = tokenizer.get_vocab()
    return sorted(number_of, key=number_of.__getitem__)


def _lines(counts: Mapping[str, int]) -> Iterator[str]:
    """Lines in which each word is as often as it occurs."""
    for word, count in counts.items():
        once = f"{WORD_START}{word} "
        for written in range(0, count, REPEATED):
            yield once * min(REPEATED, count - written)


def splitter(subwords: Collection[str]) -> Callable[[str], list[str]]:
    """The function from a word to its subwords: from the left, the longest first.

    A character that is not in any subword is returned as it is.
    """
    longest = max(map(len, subwords), default=1)

    @lru_cache(REMEMBERED)
    def split(word: str) -> list[str]:
        marked, start, parts = WORD_START + word, 0, []
        while start < len(marked):
            ends = range(min(len(marked), start + longest), start, -1)
            end = next((end for end in ends if marked[start:end] in subwords), start + 1)
            parts.append(marked[start:end])
            start = end
        return parts

    return split


def in_subwords(data: Dataset, rows: np.ndarray, size: int) -> Dataset:
    """A dataset of words as one of subwords.

    Args:
        rows: the rows to learn from, int64 (examples,).
        size: number of subwords to learn.
    """
    counts = _count_words(data, rows)
    split = splitter(frozenset(learn_subwords(counts, size)))
    # Without those that no word needs, new texts are split by the same subwords as these rows.
    used = dict.fromkeys(chain.from_iterable(map(split, counts)))
    split = splitter(used.keys())
    number_of = {part: number for number, part in enumerate(used, len(RESERVED_WORDS))}
    reserved = [[number] for number in range(len(RESERVED_WORDS))]
    parts_of = [
        [number_of.get(part, UNKNOWN_ID) for part in split(word)]
        for word in data.words[len(RESERVED_WORDS) :]
    ]
    return replace(data, x=_expand(data.x, [*reserved, *parts_of]), words=[*RESERVED_WORDS, *used])


def _count_words(data: Dataset, rows: np.ndarray) -> Counter[str]:
    """How often each word is in some rows."""
    counts = np.bincount(data.x.take(rows).values, minlength=len(data.words))
    first = len(RESERVED_WORDS)
    there = zip(data.words[first:], counts[first:].tolist(), strict=True)
    return Counter({word: count for word, count in there if count})


def _expand(x: Ragged, parts_of: list[list[int]]) -> Ragged:
    """Rows in which each id is replaced by its parts.

    Args:
        parts_of: one or more parts for each id.
    """
    parts = np.fromiter(chain.from_iterable(parts_of), np.int32)
    starts = np.fromiter(accumulate(map(len, parts_of), initial=0), np.int64)
    lengths = np.diff(starts)[x.values]
    ends = np.concatenate([[0], np.cumsum(lengths)])
    places = np.repeat(starts[x.values] - ends[:-1], lengths) + np.arange(ends[-1])
    return Ragged(parts[places], ends[x.offsets])
