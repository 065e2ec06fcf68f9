"""A GPU's memory, from NVIDIA's own library: TensorFlow does not report it."""

import contextlib
import functools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

FALLBACK_BYTES = 8 * 2**30  # most cards have at least this


@dataclass(frozen=True)
class CardMemory:
    """Bytes in all, and those that no process holds.

    Args:
        is_known: False: nvidia-ml-py is not installed, or does not know the card; a guess.
    """

    total: int
    free: int
    is_known: bool = True


UNKNOWN = CardMemory(FALLBACK_BYTES, FALLBACK_BYTES, is_known=False)


@functools.cache
def card_memory(device: str) -> CardMemory:
    """The memory of 'gpu:N', as it is when first asked for: before TensorFlow takes any.

    8 GiB, all of them free, where it cannot be known.
    """
    try:
        import pynvml
    except ImportError:  # it comes with textclf[gpu]
        return UNKNOWN
    with contextlib.suppress(pynvml.NVMLError, ValueError, IndexError), _nvml(pynvml):
        memory = pynvml.nvmlDeviceGetMemoryInfo(_handle(pynvml, int(device.partition(":")[2] or 0)))
        return CardMemory(int(memory.total), int(memory.free))
    return UNKNOWN


@contextlib.contextmanager
def _nvml(pynvml: Any) -> Iterator[None]:
    pynvml.nvmlInit()
    try:
        yield
    finally:
        pynvml.nvmlShutdown()


def _handle(pynvml: Any, number: int) -> Any:
    """NVIDIA's handle of the card that TensorFlow counts as `number`.

    TensorFlow counts what CUDA_VISIBLE_DEVICES leaves, by number or by UUID.
    """
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    name = str(number) if named is None else named.split(",")[number].strip()
    if name.isdecimal():
        return pynvml.nvmlDeviceGetHandleByIndex(int(name))
    return pynvml.nvmlDeviceGetHandleByUUID(name)
