"""What a training needs of memory, and whether the machine has it."""

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from textclf.data.dataset import Dataset, Ragged
from textclf.data.encoders import Encoder
from textclf.errors import ResourceError

if TYPE_CHECKING:
    import keras

TENSORFLOW_BYTES = 600e6  # what a process holds once TensorFlow is imported and has compiled
CGROUP = Path("/sys/fs/cgroup")  # where a container's own limit stands


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
    widths = sum(int(np.prod(output_shape(layer))) for layer in network.layers)
    # Encoded examples are held by NumPy and by the device; weights beside gradient and slots.
    examples, weights = raw + 2 * n_bytes, 4 * 4 * network.count_params()
    batch = 12 * batch_size * widths
    parts = (int(TENSORFLOW_BYTES), examples, weights, batch)
    return dict(zip(("TensorFlow", "examples", "weights", "batch"), parts, strict=True))


def encoded_bytes(encoder: Encoder, data: Dataset) -> int:
    """The size that all examples will have, told from the first."""
    return encoder.transform(_first(data)).nbytes * len(data)


def output_shape(layer: "keras.Layer") -> list[int]:
    """Of one example; of a layer that also returns its state, the output's."""
    first = layer.output[0] if isinstance(layer.output, list | tuple) else layer.output
    return list(first.shape[1:])


def _first(data: Dataset) -> Any:  # Ragged or np.ndarray, as Dataset.x
    if isinstance(data.x, Ragged):
        return Ragged(data.x.values[: data.x.offsets[1]], data.x.offsets[:2])
    return data.x[:1]


def check_memory(needed: int) -> None:
    """Refuse what is sure to fail, before hours are spent or the system kills the process.

    Raises:
        ResourceError: the machine, or the container, has less.
    """
    free = available_bytes()
    if needed > free:
        raise ResourceError(
            f"needs about {needed / 1e9:.1f} GB of memory, {free / 1e9:.1f} GB are available; use "
            "a smaller num_words, maxlen or batch_size (textclf check tells what a config needs)"
        )


def available_bytes() -> float:
    """Memory that this process can have in all; infinite where the system does not tell."""
    own = _number(Path("/proc/self/statm"), 1) * _page()
    return min(_meminfo("MemAvailable:") * 1024 + own, _number(CGROUP / "memory.max"))


def _page() -> int:
    return os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def _meminfo(name: str) -> float:
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines():
            if line.startswith(name):
                return float(line.split()[1])
    return np.inf


def _number(path: Path, place: int = 0) -> float:
    """A number in a file of the system; infinite if there is none ('max', no such file)."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return float(path.read_text(encoding="utf-8").split()[place])
    return np.inf
