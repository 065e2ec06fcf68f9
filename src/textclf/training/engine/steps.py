"""Loops over the steps of a text, and the arrays that they read and write."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

Tensors = list[tf.Tensor]


def loop(body: Callable[..., Any], steps: int, *carried: Any) -> Any:
    """Run `body(t, *carried)`, which returns the next t and carried, for every t below `steps`."""
    condition = lambda t, *_: t < steps  # noqa: E731
    return tf.while_loop(condition, body, (0, *carried), maximum_iterations=steps)


def write(array: tf.Tensor, t: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
    """(steps, examples, width) with one step, (examples, width), replaced."""
    return keras.ops.slice_update(array, (t, 0, 0), step[None])


def unwritten(steps: int, like: tf.Tensor, content: tf.Tensor) -> tf.Tensor:
    """An array for a loop that writes every step of it, float32 (steps, *shape of `like`).

    Args:
        content: any number, float32 (), of its own for each array. Of arrays of the same number, as
            of zeros, XLA makes one and copies it, which takes as long as several steps.
    """
    return tf.fill((steps, *tf.unstack(tf.shape(like))), content)


def plus(dh: tf.Tensor, of_outputs: tf.Tensor | None, t: tf.Tensor) -> tf.Tensor:
    """The gradient of a state, where its step may be an output too.

    Args:
        dh: from later steps, float32 (examples, units).
        of_outputs: of all outputs, float32 (steps, examples, units); None where none is read.
    """
    return dh if of_outputs is None else dh + of_outputs[t]


def results(outputs: tf.Tensor, states: Tensors, sequences: bool) -> Tensors:
    """A loop's results: the states after the last step, behind all outputs if they are read."""
    return [outputs, *states] if sequences else states


def of_outputs(gradients: tuple[tf.Tensor, ...], sequences: bool) -> tuple[tf.Tensor | None, ...]:
    """The gradients of `results`: of the outputs, or None, then of the states."""
    return gradients if sequences else (None, *gradients)


def shifted(before: tf.Tensor, last: tf.Tensor) -> tf.Tensor:
    """The states after each step, float32 (steps, examples, units), from those before each."""
    return tf.concat([before[1:], last[None]], 0)


def sum_of_outer_products(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """float32 (units of a, units of b), summed over all steps and examples."""
    a, b = (tf.reshape(array, (-1, array.shape[-1])) for array in (a, b))
    return tf.matmul(a, b, transpose_a=True)


def infer(step: Callable[..., Tensors], z: tf.Tensor, states: Tensors, sequences: bool) -> Tensors:
    """The results of a loop without gradient, which carries no more than it needs.

    Args:
        step: from a step's input, float32 (examples, width), and states to the next states.
        z: inputs, float32 (steps, examples, width).
    """
    n_states = len(states)

    def forward(t: Any, *carried: Any) -> Any:
        after = step(z[t], *carried[:n_states])
        return t + 1, *after, *(write(array, t, after[0]) for array in carried[n_states:])

    shape = (z.shape[0], *tf.unstack(tf.shape(states[0])))
    outputs = [tf.zeros(shape)] if sequences else []
    _, *carried = loop(forward, z.shape[0], *states, *outputs)
    return [*carried[n_states:], *carried[:n_states]]
