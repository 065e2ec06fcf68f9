"""Dense layers on whole texts of word vectors, without computing their padding word by word.

Keras gathers a vector for every position of a text, padding too, and multiplies them all. Short
texts are mostly padding, which comes first and is always the same word. Here the rows of a batch
are sorted, the longest first, and its positions are cut into segments: in the first ones only the
longest rows have words. The padding of the others is computed once for all of them.
"""

from dataclasses import dataclass
from functools import partial
from types import MethodType
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from textclf.training.engine.layout import as_it_stands
from textclf.training.engine.sums_of_words import sums_of_words

PADDING = 0  # the id
PARTS = 4  # of a batch: each segment ends where the next part of its rows begins
MISFITS = 0.01  # expected batches in an epoch, at most, with too many long rows for a segment
MOST_LEFT = 0.9  # share of the work; segments that save less are not worth it
SHORTEST_PIECE = 25  # positions that scoring reads at once


@dataclass(frozen=True)
class Segment:
    """Positions from `start` to `stop`, where only the first `rows` of a batch have words."""

    start: int
    stop: int
    rows: int


Segments = tuple[Segment, ...]
FLAT = [keras.layers.Embedding, keras.layers.Flatten, keras.layers.Dense]


class FlatTexts:
    """The layers Embedding, Flatten and Dense of a model, which read a text as one.

    Attributes:
        segments: of nearly all training batches; empty if they are not worth it.
        within_segments: whether the next traced program trains batches that fit them.
    """

    def __init__(self, embedding: keras.layers.Embedding, dense: keras.layers.Dense) -> None:
        self.embedding = embedding
        self.dense = dense
        self.segments: Segments = ()
        self.within_segments = False
        embedding.call = _hand_on_ids
        dense.call = MethodType(partial(_call, self), dense)
        dense.input_spec = None  # its inputs are ids now

    def compact(self, ids: np.ndarray) -> np.ndarray:
        """The ids in two bytes each, if the vocabulary is small enough."""
        return ids.astype(np.uint16) if self.embedding.input_dim <= 2**16 else ids

    def __call__(self, ids: tf.Tensor, training: bool | None) -> tf.Tensor:
        """Word vectors times kernel, float32 (examples, units), of int32 (examples, positions)."""
        weights = self.embedding.embeddings.value, self.dense.kernel.value
        if training:
            examples, positions = ids.shape
            whole = (Segment(0, positions, examples),)
            return read(self.segments if self.within_segments else whole, ids, *weights)
        return score(ids, *weights)


def speed_up_flat_texts(model: keras.Model) -> FlatTexts | None:
    """Make the model's first layers skip padding, if they are Embedding, Flatten and Dense.

    The layers stay Keras's own objects, so that the model is saved unchanged. The embedding's
    gradient is no longer one slice for each word, but Σg and Σg², float32 (2, words, dimensions):
    only for optimizers that can use these (engine/slices.py).
    """
    for embedding in model.layers:
        flatten = _only_reader(embedding)
        dense = _only_reader(flatten)
        if [type(layer) for layer in (embedding, flatten, dense)] == FLAT:
            return FlatTexts(embedding, dense)
    return None


def _only_reader(layer: Any) -> Any:
    nodes = layer._outbound_nodes if layer is not None else []
    return nodes[0].operation if len(nodes) == 1 else None


def _hand_on_ids(inputs: tf.Tensor) -> tf.Tensor:
    """int32 (examples, positions), unchanged; flattening does not change them either."""
    return inputs


def _call(
    texts: FlatTexts,
    layer: keras.layers.Dense,
    inputs: tf.Tensor,
    training: bool | None = None,
) -> tf.Tensor:
    """Replaces `keras.layers.Dense.call`."""
    outputs = texts(inputs, training)
    if layer.use_bias:
        outputs = outputs + layer.bias
    return layer.activation(outputs)


# --- which positions of which rows have words ----------------------------------------------------


def lengths_of(ids: np.ndarray) -> np.ndarray:
    """int32 (rows,): each row's positions from its first word on, of int32 (rows, positions)."""
    is_word = ids != PADDING
    lengths = ids.shape[1] - is_word.argmax(axis=1)
    return np.where(is_word.any(axis=1), lengths, 0).astype(np.int32)


def segments_of(lengths: np.ndarray, positions: int, batch_size: int) -> Segments:
    """Segments that hold the words of nearly all batches; empty if they are not worth it.

    Args:
        lengths: int32 (rows,), of a sample of the rows in batches.
        positions: number of positions in a row.
    """
    segments: list[Segment] = []
    start = 0
    for part in range(1, PARTS):
        rows = batch_size * part // PARTS
        stop = positions - _longest_beyond(lengths, positions, rows, batch_size)
        if stop > start:
            segments.append(Segment(start, stop, rows))
            start = stop
    if start < positions:
        segments.append(Segment(start, positions, batch_size))
    work = sum((segment.stop - segment.start) * segment.rows for segment in segments)
    return tuple(segments) if work <= MOST_LEFT * positions * batch_size else ()


def _longest_beyond(lengths: np.ndarray, positions: int, rows: int, batch_size: int) -> int:
    """The length that at most `rows` rows of a batch exceed, almost always."""
    counts = np.bincount(lengths, minlength=positions + 1)
    share = 1 - np.cumsum(counts) / len(lengths)
    misfits = _chance_of_more(rows, batch_size, share) * len(lengths) / batch_size
    return int(np.argmax(misfits <= MISFITS))  # found, as no row exceeds the longest


def _chance_of_more(rows: int, batch_size: int, share: np.ndarray) -> np.ndarray:
    """A bound on the chance that more than `rows` of a batch are of a kind, from its share.

    exp(-n KL(a || p)) for a = (rows + 1) / n above p (Hoeffding 1963, theorem 1 and section 6: it
    holds for rows drawn without replacement too). All arrays are float64 (kinds,).
    """
    a = (rows + 1) / batch_size
    p = share.clip(1e-9, 1 - 1e-9)
    of_others = (1 - a) * np.log((1 - a) / (1 - p)) if a < 1 else 0.0
    divergence = a * np.log(a / p) + of_others
    return np.where(p < a, np.exp(-batch_size * divergence), 1.0)


def fit_segments(segments: Segments, lengths: tf.Tensor) -> tf.Tensor:
    """Whether all words of batches lie within the segments, bool ().

    Args:
        lengths: int32 (batches, batch_size), sorted, a batch's longest row first.
    """
    positions, batch_size = segments[-1].stop, lengths.shape[1]
    inside = [
        tf.reduce_all(lengths[:, segment.rows] <= positions - segment.stop)
        for segment in segments
        if segment.rows < batch_size
    ]
    return tf.reduce_all(inside)


# --- the product and its gradient ----------------------------------------------------------------


def read(segments: Segments, ids: tf.Tensor, embeddings: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Word vectors, side by side, times kernel: z_b = Σ_p E[id_bp] K_p.

    For a segment's rows without words all p give E_0 K_p. Backward, such rows' share in the sums
    over slices g_bp = K_p dz_b is Σg = Σ_p K_p Σ_b dz_b, and Σg² = Σ_p diag(K_p (Σ_b dz_b dz_bᵀ)
    K_pᵀ); their share in the kernel's gradient is E_0 (Σ_b dz_b)ᵀ at every p.

    Args:
        ids: int32 (examples, positions), longest first.
        embeddings: float32 (words, dimensions).
        kernel: float32 (positions * dimensions, units).

    Returns:
        float32 (examples, units). The gradient of the embeddings is Σg and Σg², float32 (2, words,
        dimensions).
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]  # TensorFlow is not typed
    def product(embeddings: tf.Tensor, kernel: tf.Tensor) -> Any:
        parts = [_Part(segment, ids, embeddings, kernel) for segment in segments]
        z = tf.add_n([part.forward() for part in parts])

        def gradient(dz: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            slices = tf.concat([part.slices(dz) for part in parts], 0)
            words = tf.concat([tf.reshape(part.ids, [-1]) for part in parts], 0)
            sums = tf.stack(sums_of_words(slices, words, embeddings.shape[0]))
            # Padding is word 0, the first row.
            padding = tf.add_n([part.sums_of_padding(dz) for part in parts])
            sums = tf.concat([sums[:, :1] + padding[:, None], sums[:, 1:]], 1)
            return sums, tf.concat([part.kernel_gradient(dz) for part in parts], 0)

        return z, gradient

    return product(embeddings, kernel)


class _Part:
    """A segment of a batch: the rows with words, and the others."""

    def __init__(
        self, segment: Segment, ids: tf.Tensor, embeddings: tf.Tensor, kernel: tf.Tensor
    ) -> None:
        dimensions = embeddings.shape[1]
        self.rows, self.others = segment.rows, ids.shape[0] - segment.rows
        self.length = segment.stop - segment.start
        self.ids = ids[: self.rows, segment.start : segment.stop]
        x = tf.gather(embeddings, self.ids)
        self.x = tf.reshape(x, (self.rows, self.length * dimensions))  # possibly without rows
        self.kernel = kernel[segment.start * dimensions : segment.stop * dimensions]
        self.padding = embeddings[PADDING]

    def forward(self) -> tf.Tensor:
        """float32 (examples, units)."""
        of_words = tf.matmul(self.x, self.kernel)
        of_padding = tf.reduce_sum(self._sum_of_kernels() * self.padding[:, None], 0)
        return tf.concat([of_words, tf.tile(of_padding[None], (self.others, 1))], 0)

    def slices(self, dz: tf.Tensor) -> tf.Tensor:
        """The gradient of each word, float32 (rows * length, dimensions)."""
        dx = tf.matmul(dz[: self.rows], self.kernel, transpose_b=True)
        return tf.reshape(dx, (-1, self.padding.shape[0]))

    def sums_of_padding(self, dz: tf.Tensor) -> tf.Tensor:
        """Σg and Σg² of the padding of rows without words, float32 (2, dimensions)."""
        dz = dz[self.rows :]
        total = tf.linalg.matvec(self._sum_of_kernels(), tf.reduce_sum(dz, 0))
        squares = tf.reshape(self._squares_of_padding(dz), (self.length, -1))
        return tf.stack([total, tf.reduce_sum(squares, 0)])

    def _squares_of_padding(self, dz: tf.Tensor) -> tf.Tensor:
        """Σ_b (K dz_b)², float32 (length * dimensions,); in the way with fewer multiplications."""
        if self.others < dz.shape[1]:
            return tf.reduce_sum(tf.square(tf.matmul(self.kernel, dz, transpose_b=True)), 1)
        products = tf.matmul(dz, dz, transpose_a=True)
        squares = tf.reduce_sum(tf.matmul(self.kernel, products) * self.kernel, 1)
        return tf.maximum(squares, 0)  # rounding may leave a little less

    def kernel_gradient(self, dz: tf.Tensor) -> tf.Tensor:
        """float32 (length * dimensions, units)."""
        # Long rows instead of short ones: (units, inputs) takes a third of the time.
        on_its_side = as_it_stands(tf.matmul(dz[: self.rows], self.x, transpose_a=True))
        of_padding = self.padding[:, None] * tf.reduce_sum(dz[self.rows :], 0)
        return tf.transpose(on_its_side) + tf.tile(of_padding, (self.length, 1))

    def _sum_of_kernels(self) -> tf.Tensor:
        """Σ_p K_p, float32 (dimensions, units)."""
        units = self.kernel.shape[1]
        return tf.reduce_sum(tf.reshape(self.kernel, (self.length, -1, units)), 0)


def score(ids: tf.Tensor, embeddings: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """The outputs of `read`, without its gradient: a loop over pieces of the texts.

    It begins at the piece with the first word of the longest row.

    Args:
        ids: int32 (examples, positions), fastest for rows of about the same length.
    """
    (_, positions), (_, dimensions), (_, units) = ids.shape, embeddings.shape, kernel.shape
    pieces = max(1, positions // SHORTEST_PIECE)
    length = -(-positions // pieces)
    more = pieces * length - positions  # added positions at the start, with a kernel of 0
    ids = tf.pad(ids, ((0, 0), (more, 0)))
    kernel = tf.pad(kernel, ((more * dimensions, 0), (0, 0)))
    examples = tf.shape(ids)[0]
    kernels = tf.reshape(kernel, (pieces, length * dimensions, units))
    has_words = tf.reduce_any(tf.reshape(tf.reduce_any(ids != PADDING, 0), (pieces, length)), 1)
    first = tf.argmax(has_words, output_type=tf.int32)

    def body(piece: tf.Tensor, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        words = tf.slice(ids, (0, piece * length), (examples, length))
        x = tf.reshape(tf.gather(embeddings, words), (-1, length * dimensions))
        return piece + 1, z + tf.matmul(x, kernels[piece])

    sums = tf.reduce_sum(tf.reshape(kernel, (pieces, length, dimensions, units)), 1)
    of_padding = tf.reduce_sum(sums * embeddings[PADDING][:, None], 1)
    # Not a cumulative sum, which XLA compiles for seconds.
    before = tf.reduce_sum(tf.where(tf.range(pieces)[:, None] < first, of_padding, 0.0), 0)
    start = tf.zeros((examples, units)) + before
    return tf.while_loop(lambda piece, _: piece < pieces, body, (first, start))[1]
