"""Overrides that make recipes small: a second of training each, on real data."""

# XLA, which the rule chooses for models of this size, compiles longer than they train.
TWO_EPOCHS = ("training.epochs=2", "training.engine=graph")
TINY_BOSTON = (*TWO_EPOCHS, "training.batch_size=32", "training.validation.folds=2")
TINY_TAIL = (*TINY_BOSTON[:3], "training.validation={split: tail}")
TINY_IMDB = (*TWO_EPOCHS, "preprocessing.num_words=50")


def sets(overrides: tuple[str, ...]) -> list[str]:
    """The overrides as arguments of a command line."""
    return [argument for override in overrides for argument in ("--set", override)]
