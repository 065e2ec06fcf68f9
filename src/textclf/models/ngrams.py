"""A fully connected layer on n-grams: a text is a sum of the kernel's rows, weighted."""

from dataclasses import dataclass

import keras

from textclf.data.ngrams import Ngrams

# Of a linear model on log ratios: where it starts, each n-gram counts a little of its own ratio,
# so that it is a small naive Bayes classifier, and what it learns is how far to trust each ratio.
# On IMDB's validation rows, 0.01 is a little better than 0.03; 0.1 is too sure of itself.
START = 0.01


@dataclass(frozen=True)
class NgramInputs:
    """What `dense` reads where texts are n-grams.

    Args:
        ids: int32 (examples, features of the longest); 0 is padding.
        weights: float32, as `ids`; of padding 0.
        n_ids: ids are below it.
        are_log_ratios: whether weights are those of naive_bayes.
    """

    ids: keras.KerasTensor
    weights: keras.KerasTensor
    n_ids: int
    are_log_ratios: bool

    @classmethod
    def of(cls, ngrams: Ngrams, inputs: list[keras.KerasTensor], dropout: float) -> "NgramInputs":
        """The inputs of a model, with a share of the n-grams dropped."""
        ids, weights = inputs
        if dropout:
            weights = keras.layers.Dropout(dropout, name="input_dropout")(weights)
        return cls(ids, weights, ngrams.n_features + 1, ngrams.weighting == "naive_bayes")


def dense(
    x: keras.KerasTensor | NgramInputs,
    units: int,
    activation: str | None,
    name: str | None = None,
    is_linear: bool = False,
    penalty: keras.Regularizer | None = None,
) -> keras.KerasTensor:
    """Keras's Dense layer on x, float32 (examples, units); on n-grams the layers that equal it.

    Args:
        is_linear: whether it reads a model's inputs and gives its outputs.
        penalty: on the kernel.
    """
    if not isinstance(x, NgramInputs):
        layer = keras.layers.Dense(
            units, activation=activation, kernel_regularizer=penalty, name=name
        )
        return layer(x)
    starts_at_ratios = is_linear and units == 1 and x.are_log_ratios
    start = keras.initializers.Constant(START) if starts_at_ratios else "glorot_uniform"
    kernel = keras.layers.Embedding(
        x.n_ids,
        units,
        embeddings_initializer=start,
        embeddings_regularizer=penalty,
        name="ngrams",
    )
    total = keras.layers.Dot(axes=1, name="sum")([kernel(x.ids), x.weights])
    # Keras has no layer that only adds a bias: this one multiplies its kernel by ones.
    ones = keras.layers.Rescaling(0.0, offset=1.0, name="ones")(total)
    bias = keras.layers.EinsumDense(
        "ab,b->ab", output_shape=(units,), kernel_initializer="zeros", name="bias"
    )
    total = keras.layers.Add(name="with_bias")([total, bias(ones)])
    return keras.layers.Activation(activation or "linear", name=name)(total)
