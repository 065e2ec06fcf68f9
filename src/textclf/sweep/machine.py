"""How many trials this machine can train at a time, found out without TensorFlow."""

import os
from pathlib import Path

from textclf.runs.environment import available_processors

PROC = Path("/proc/driver/nvidia/gpus")
BYTES = 1e9  # of memory for each trial: TensorFlow, a small model, and examples


def default_slots(device: str) -> int:
    """A slot for each GPU, or for each processor as far as memory reaches.

    Args:
        device: as of `--device`.
    """
    if device in ("auto", "gpu") and (gpus := visible_gpus()):
        return gpus
    if device.startswith("gpu"):
        return 1
    import psutil

    return max(1, min(available_processors(), int(psutil.virtual_memory().available / BYTES)))


def visible_gpus() -> int:
    """How many NVIDIA GPUs TensorFlow will see; 0 where that cannot be known."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    found = len(list(PROC.iterdir())) if PROC.is_dir() else 0
    if named is None:
        return found
    return min(found, len([name for name in named.split(",") if name.strip() not in ("", "-1")]))
