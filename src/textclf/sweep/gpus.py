"""The GPUs of this machine, counted without TensorFlow, which a supervising process never loads."""

import os
from pathlib import Path

PROC = Path("/proc/driver/nvidia/gpus")


def visible_gpus() -> int:
    """How many NVIDIA GPUs TensorFlow will see; 0 where that cannot be known."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    found = len(list(PROC.iterdir())) if PROC.is_dir() else 0
    if named is None:
        return found
    return min(found, len([name for name in named.split(",") if name.strip() not in ("", "-1")]))
