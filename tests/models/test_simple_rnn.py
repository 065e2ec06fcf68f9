"""The truncated gradient equals NumPy's, written from the equations."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from textclf.config.settings.model import SimpleRnnModel
from textclf.config.settings.preprocessing import TextPreprocessing
from textclf.data.dataset import Dataset, Ragged
from textclf.data.encoders import TextEncoder, fit_encoder
from textclf.data.tasks import BINARY
from textclf.models.builders import build_model
from textclf.training.engine.recurrent import speed_up

EXAMPLES, STEPS, VOCABULARY, UNITS = 6, 9, 7, 5
RNG = np.random.default_rng(3)
IDS = RNG.integers(0, VOCABULARY, (EXAMPLES, STEPS)).astype(np.int32)
Y = np.array([0, 1, 1, 0, 1, 1], np.float32)[:, None]


def make_encoder(encoding: str) -> TextEncoder:
    x = Ragged(IDS.reshape(-1), np.arange(EXAMPLES + 1) * STEPS)
    data = Dataset("texts", BINARY, x=x, y=Y[:, 0], n_train=EXAMPLES)
    settings = TextPreprocessing(num_words=VOCABULARY, maxlen=STEPS, encoding=encoding)
    return fit_encoder(settings, data, data.train_rows)


def build_rnn(encoding: str, bptt_steps: int | None) -> keras.Model:
    embedding_dim = 4 if encoding == "embedding" else None
    settings = SimpleRnnModel(
        type="simple_rnn", units=UNITS, embedding_dim=embedding_dim, bptt_steps=bptt_steps
    )
    model = build_model(settings, make_encoder(encoding), BINARY, 2)
    weights = np.random.default_rng(4)
    for weight in model.trainable_weights:
        weight.assign(weights.normal(scale=0.5, size=weight.shape))
    return model


def gradients(model: keras.Model, in_graph: bool) -> list[np.ndarray]:
    def compute() -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(keras.losses.binary_crossentropy(Y, model(IDS, training=True)))
        by_weight = tape.gradient(loss, model.trainable_weights)
        return [tf.convert_to_tensor(gradient) for gradient in by_weight]

    results = tf.function(compute)() if in_graph else compute()
    return [gradient.numpy() for gradient in results]


def numpy_gradients(weights: list[np.ndarray], last_steps: int) -> list[np.ndarray]:
    """Of the mean binary cross-entropy, by the chain rule.

    p = sigmoid(h_T v + c), h_t = tanh(x_t W + h_{t-1} U + b).

    Args:
        weights: E where words are embedded, W, U, b, v, c.
        last_steps: how many steps the gradient flows back through.
    """
    *embedding, W, U, b, v, c = (weight.astype(np.float64) for weight in weights)
    table = embedding[0] if embedding else np.eye(VOCABULARY)
    x = table[IDS]
    h = [np.zeros((EXAMPLES, UNITS))]
    for t in range(STEPS):
        h.append(np.tanh(x[:, t] @ W + h[t] @ U + b))
    p = 1 / (1 + np.exp(-(h[STEPS] @ v + c)))
    d_logit = (p - Y) / EXAMPLES
    dv, dc = h[STEPS].T @ d_logit, d_logit.sum(axis=0)
    dE, dW, dU, db = (np.zeros_like(weight) for weight in (table, W, U, b))
    dh = d_logit @ v.T
    for t in reversed(range(STEPS - last_steps, STEPS)):
        dz = dh * (1 - h[t + 1] ** 2)
        dW += x[:, t].T @ dz
        dU += h[t].T @ dz
        db += dz.sum(axis=0)
        np.add.at(dE, IDS[:, t], dz @ W.T)
        dh = dz @ U.T
    return [*([dE] if embedding else []), dW, dU, db, dv, dc]


@pytest.mark.parametrize("bptt_steps", [1, 3, STEPS - 1, STEPS, STEPS + 5, None])
@pytest.mark.parametrize("fast", [False, True], ids=["stock", "fast"])
@pytest.mark.parametrize("encoding", ["one_hot", "embedding"])
def test_gradient_flows_through_the_last_steps_only(
    encoding: str, fast: bool, bptt_steps: int | None
) -> None:
    model = build_rnn(encoding, bptt_steps)
    expected = numpy_gradients(model.get_weights(), min(bptt_steps or STEPS, STEPS))
    if fast:
        speed_up(model)
    for ours, theirs in zip(gradients(model, in_graph=fast), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_numpy_gradient_is_the_slope_of_the_loss() -> None:
    """A check of the check: the untruncated gradient against finite differences."""
    model = build_rnn("one_hot", None)
    weights = model.get_weights()
    recurrent = numpy_gradients(weights, STEPS)[1]

    def loss_at(change: float) -> float:
        shifted = [weight.astype(np.float64) for weight in weights]
        shifted[1][2, 3] += change
        W, U, b, v, c = shifted
        h = np.zeros((EXAMPLES, UNITS))
        for t in range(STEPS):
            h = np.tanh(np.eye(VOCABULARY)[IDS[:, t]] @ W + h @ U + b)
        p = 1 / (1 + np.exp(-(h @ v + c)))
        return float(-np.mean(Y * np.log(p) + (1 - Y) * np.log(1 - p)))

    assert (loss_at(1e-5) - loss_at(-1e-5)) / 2e-5 == pytest.approx(recurrent[2, 3], rel=1e-5)


@pytest.mark.parametrize("bptt_steps", [1, 3])
def test_truncation_leaves_the_outputs_as_they_are(bptt_steps: int) -> None:
    truncated, whole = build_rnn("one_hot", bptt_steps), build_rnn("one_hot", None)
    np.testing.assert_allclose(truncated(IDS), whole(IDS), atol=1e-6)
