"""Overrides that make recipes small: a second of training each, on real data."""

TINY_BOSTON = ("training.epochs=2", "training.batch_size=32", "training.validation.folds=2")
TINY_TAIL = (*TINY_BOSTON[:2], "training.validation={split: tail}")
TINY_IMDB = ("training.epochs=2", "preprocessing.num_words=50")


def sets(overrides: tuple[str, ...]) -> list[str]:
    """The overrides as arguments of a command line."""
    return [argument for override in overrides for argument in ("--set", override)]
