"""The experiments that are compared: how near their scores must be, what memory a side needs."""

from dataclasses import dataclass, field

GB = 10**9


@dataclass(frozen=True)
class Experiment:
    """One recipe of `configs/`.

    Args:
        tolerance: how far apart the sides' scores may be; seed and row order differ, so some
            points of accuracy always do.
        score: which validation score is compared: the 'best' epoch's or the 'last' one's.
        metric: the column of history.csv, without `val_`.
        needs: bytes of free memory, where a side needs much; with less it is skipped.
        note: why the tolerance is as wide as it is.
    """

    tolerance: float
    score: str = "best"
    metric: str = "accuracy"
    needs: dict[str, float] = field(default_factory=dict)
    note: str = ""


SEED_DECIDES = "the seed decides whether it learns at all: this only says that nothing is broken"

EXPERIMENTS = {
    "imdb_lstm": Experiment(0.03),
    "imdb_lstm_dropout": Experiment(0.03),
    "imdb_simple_rnn": Experiment(0.25, note=SEED_DECIDES),
    "imdb_simple_rnn_onehot": Experiment(
        0.25, needs={"keras": 23.5 * GB, "jax": 25 * GB}, note=SEED_DECIDES
    ),
    "imdb_dense": Experiment(0.015, needs={"keras": 10 * GB, "jax": 10 * GB}),
    "reuters_dense": Experiment(0.025),
    "boston_dense": Experiment(
        0.4, score="last", metric="mae", note="a fold has 101 rows, and training is not stopped"
    ),
    "imdb_embedding_dense": Experiment(0.02),
    "reuters_lstm": Experiment(0.04),
    "imdb_cnn_lstm": Experiment(0.02),
}
SIDES = {
    "textclf": "textclf",
    "auto": "textclf, --device auto",
    "cpu": "textclf, --device cpu",
    "keras": "Keras",
    "torch": "PyTorch",
    "jax": "Keras on JAX",
}
