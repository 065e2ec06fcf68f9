"""How much memory a training needs, and whether the machine has it."""

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import psutil

from textclf.data.dataset import Dataset, Ragged
from textclf.data.encoders import Encoder, TextEncoder
from textclf.errors import OUT_OF_MEMORY, ResourceError, device_error, is_out_of_memory
from textclf.runs.cgroups import cgroups, lines, number
from textclf.runs.environment import address_space
from textclf.training.engine.gpu_memory import card_memory

if TYPE_CHECKING:
    import keras

TENSORFLOW_BYTES = 600e6  # what a process holds once TensorFlow is imported and has compiled


class CgroupFiles(NamedTuple):
    """The names of a memory cgroup's files, and of the lines of its statistics."""

    limit: str
    usage: str
    caches: tuple[str, str]  # of files: the kernel frees them where memory is short


VERSIONS = {
    1: CgroupFiles(
        *("memory.limit_in_bytes", "memory.usage_in_bytes"),
        ("total_inactive_file", "total_active_file"),
    ),
    2: CgroupFiles("memory.max", "memory.current", ("inactive_file", "active_file")),
}


CARD_BYTES = 800e6  # what CUDA, cuDNN and cuBLAS hold of a GPU's memory
LONGEST = 4  # times the mean number of n-grams: those of the longest text of a batch
SAMPLE = 500  # texts whose n-grams are counted
BYTES_OF_A_LABEL = 13  # in a row: int8; as float32 in NumPy and on the device; its output


def memory_needed(network: "keras.Model", data: Dataset, n_bytes: int, batch_size: int) -> int:
    """A rough peak, in bytes."""
    return sum(memory_parts(network, data, n_bytes, batch_size).values())


def memory_parts(
    network: "keras.Model", data: Dataset, n_bytes: int, batch_size: int
) -> dict[str, int]:
    """What a training holds, in bytes: TensorFlow, raw and encoded examples, weights, one batch.

    Args:
        n_bytes: of the encoded examples.
    """
    raw = data.x.values.nbytes if isinstance(data.x, Ragged) else data.x.nbytes
    if data.task.is_multilabel:
        raw += BYTES_OF_A_LABEL * data.y.size
    # Of n-grams, 8 bytes each; a batch is as long as its longest text.
    length = LONGEST * n_bytes // (8 * max(len(data), 1))
    widths = sum(_numbers(layer, length) for layer in network.layers)
    # Encoded examples are held by NumPy and by the device; weights beside gradient and slots.
    examples, weights = raw + 2 * n_bytes, 4 * 4 * network.count_params()
    batch = 12 * batch_size * widths
    parts = (int(TENSORFLOW_BYTES), examples, weights, batch)
    return dict(zip(("TensorFlow", "examples", "weights", "batch"), parts, strict=True))


def card_bytes(network: "keras.Model", n_bytes: int, batch_size: int) -> int:
    """A rough peak of a training on a GPU's own memory, in bytes.

    Args:
        n_bytes: of the encoded examples, of which ids take twice as many there.
    """
    examples = n_bytes * (2 if network.inputs[0].dtype == "int32" else 1)
    widths = sum(_numbers(layer, 1) for layer in network.layers)
    return int(CARD_BYTES + examples + 4 * 4 * network.count_params() + 12 * batch_size * widths)


def check_card(needed: int, device: str) -> None:
    """Refuse a training for which a GPU has too little memory, where that is known.

    Args:
        device: such as 'gpu:0'.

    Raises:
        ResourceError: less is free.
    """
    card = card_memory(device)
    if card.is_known and needed > card.free:
        raise ResourceError(
            f"needs about {needed / 1e9:.1f} GB of the GPU's memory, {card.free / 1e9:.1f} of "
            f"{card.total / 1e9:.1f} GB are free; use a smaller num_words, maxlen or batch_size, "
            "or --device cpu"
        )


def _numbers(layer: "keras.Layer", length: int) -> int:
    """What a layer computes for one example: its output, and the scores of an attention.

    Args:
        length: in place of one that differs from batch to batch.
    """
    shape = [length if size is None else size for size in output_shape(layer)]
    numbers = int(np.prod(shape))
    if not type(layer).__name__.endswith("Attention"):
        return numbers
    steps, features = shape
    is_sum = getattr(layer, "score_mode", "") == "concat" or "Additive" in type(layer).__name__
    return numbers + steps**2 * (features if is_sum else getattr(layer, "num_heads", 1))


def encoded_bytes(encoder: Encoder, data: Dataset) -> int:
    """The size that all examples will have, computed from the first, or of n-grams from some."""
    if isinstance(encoder, TextEncoder) and encoder.ngrams is not None:
        some = data.x.take(np.arange(0, len(data), -(-len(data) // SAMPLE)))
        return int(encoder.transform(some).nbytes) * len(data) // len(some)
    return int(encoder.transform(_first(data)).nbytes) * len(data)


def output_shape(layer: "keras.Layer") -> list[int | None]:
    """Of one example; of a layer that also returns its state, the output's.

    None: the number of n-grams of the longest text in a batch.
    """
    first = layer.output[0] if isinstance(layer.output, list | tuple) else layer.output
    return list(first.shape[1:])


def _first(data: Dataset) -> Any:  # Ragged or np.ndarray, as Dataset.x
    if isinstance(data.x, Ragged):
        return Ragged(data.x.values[: data.x.offsets[1]], data.x.offsets[:2])
    return data.x[:1]


def check_memory(needed: int) -> None:
    """Refuse a training that is sure to fail, before it starts.

    Raises:
        ResourceError: the machine, or the container, has less.
    """
    free = available_bytes()
    if needed > free:
        raise ResourceError(
            f"needs about {needed / 1e9:.1f} GB of memory, {free / 1e9:.1f} GB are available; use "
            "a smaller num_words, maxlen or batch_size (textclf check shows what a config needs)"
        )


@contextlib.contextmanager
def memory_errors_reported() -> Iterator[None]:
    """Raise what NumPy and TensorFlow raise for lack of memory as a ResourceError, and what a
    device cannot do as the error that a user can act on."""
    try:
        yield
    except Exception as error:
        if is_out_of_memory(error):
            raise ResourceError(OUT_OF_MEMORY) from error
        if known := device_error(error):
            raise known from error
        raise


def available_bytes() -> float:
    """Memory that this process can have in all, with what it holds already.

    The least that the system, a container (cgroups of version 1 and 2, nested ones too) and
    `ulimit -v` leave.
    """
    own = psutil.Process().memory_info()
    rooms = (
        psutil.virtual_memory().available,
        *(_room(*cgroup) for cgroup in cgroups("memory")),
        address_space() - own.vms,
    )
    return own.rss + max(0.0, min(rooms))


def _room(folder: Path, version: int) -> float:
    """What a cgroup's limit leaves beside its use; infinite without a limit."""
    files = VERSIONS[version]
    statistics = dict(line.split(maxsplit=1) for line in lines(folder / "memory.stat"))
    caches = sum(float(statistics.get(name, 0)) for name in files.caches)
    usage = number(folder / files.usage, default=0.0)
    return number(folder / files.limit, default=math.inf) - max(0.0, usage - caches)
