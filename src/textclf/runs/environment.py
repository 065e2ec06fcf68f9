"""What a run was made with: command, versions, code, time."""

import contextlib
import hashlib
import math
import os
import platform
import shlex
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from textclf.runs.cgroups import granted_processors
from textclf.runs.folder import now
from textclf.runs.git import describe_git

PACKAGES = ("textclf", "tensorflow", "keras", "numpy", "pandas")
CIRCUMSTANCES = (
    "versions",
    "code",
    "platform",
    "environment",
    "data",
    "vectors",
    "device",
    "engine",
)
# How work is shared out, and which instructions compute it: each changes the last bits of a sum.
VARIABLES = (
    *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "TF_ENABLE_ONEDNN_OPTS"),
    *("TF_XLA_FLAGS", "TF_DETERMINISTIC_OPS", "TF_CUDNN_DETERMINISTIC", "TF_USE_CUDNN_AUTOTUNE"),
    *("TF_ENABLE_AUTO_MIXED_PRECISION", "TF_ENABLE_CUDNN_TENSOR_OP_MATH_FP32"),
    *("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "ONEDNN_DEFAULT_FPMATH_MODE"),
    *("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE"),
    *("NVIDIA_TF32_OVERRIDE", "GLIBC_TUNABLES"),
)
# What textclf itself puts into XLA_FLAGS; the rest is the user's.
OWN_XLA_OPTIONS: set[str] = set()


def describe_environment(packages: Sequence[str] = ()) -> dict[str, Any]:
    """The part of run.json that is known before training.

    Args:
        packages: of which the versions matter, beside PACKAGES.
    """
    return {
        "status": "running",
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "versions": {"python": platform.python_version(), **_versions([*PACKAGES, *packages])},
        "code": _code(),
        "platform": platform.platform(),
        "environment": _environment(),
        "git": describe_git(Path.cwd()),
        "started": now(),
    }


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """A line for each circumstance in which two run.json differ, of those that change numbers."""
    one, other = circumstances(before), circumstances(after)
    return [
        f"{name} is {_said(other, name)}, was {_said(one, name)}"
        for name in sorted(one | other)
        if one.get(name) != other.get(name)
    ]


def circumstances(record: dict[str, Any]) -> dict[str, Any]:
    """'versions.keras' and the like, for the sections of run.json that change numbers."""
    flat: dict[str, Any] = {}
    for section in CIRCUMSTANCES:
        content = record.get(section)
        if isinstance(content, dict):
            flat |= {f"{section}.{name}": value for name, value in content.items()}
        elif content is not None:
            flat[section] = content
    return flat


def _said(flat: dict[str, Any], name: str) -> str:
    # A variable is recorded where it is set, the number of processors always.
    knows_variables = "environment.processors" in flat
    is_variable = name.startswith("environment.")
    return str(flat.get(name, "not set" if is_variable and knows_variables else "not recorded"))


def available_processors() -> int:
    """How many this process may use; `taskset`, batch systems and containers grant a part.

    Part of a processor's time counts as one.
    """
    has_affinity = hasattr(os, "sched_getaffinity")
    found = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    return math.ceil(min(found, granted_processors()))


def _environment() -> dict[str, Any]:
    """What changes the bits of a result, and is neither version, code, data nor device."""
    flags = [f for f in os.environ.get("XLA_FLAGS", "").split() if f not in OWN_XLA_OPTIONS]
    return {
        "processors": available_processors(),
        **{name: os.environ[name] for name in VARIABLES if name in os.environ},
        **({"XLA_FLAGS": " ".join(flags)} if flags else {}),
    }


def _code() -> str:
    """SHA-256 of textclf's own source, which differs even between states of one version."""
    digest = hashlib.sha256()
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def describe_code() -> dict[str, str]:
    """What machines that share a sweep must have in common: textclf's code, and versions."""
    return {"code": _code(), "python": platform.python_version(), **_versions(PACKAGES)}


def _versions(packages: Sequence[str]) -> dict[str, str]:
    versions = {}
    for package in packages:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:  # run from a source tree that is not installed
            versions[package] = "not installed"
    return versions


def address_space() -> float:
    """Bytes of `ulimit -v`; infinite without a limit, and where a system has none."""
    with contextlib.suppress(ImportError):  # Windows
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit != resource.RLIM_INFINITY:
            return limit
    return math.inf
