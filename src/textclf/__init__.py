"""Textbook Keras experiments as one-command, trustworthy runs."""

TYPE_CHECKING = False  # typing's is the same to mypy, and slow to import
if TYPE_CHECKING:
    from typing import Any

    from textclf.config.file import load_config
    from textclf.workflow import Run, evaluate, open_run, train

__all__ = ["Run", "evaluate", "load_config", "open_run", "train"]

# Imported when first asked for, so that `import textclf` costs milliseconds.
_HOMES = {
    "load_config": "textclf.config.file",
    "Run": "textclf.workflow",
    "evaluate": "textclf.workflow",
    "open_run": "textclf.workflow",
    "train": "textclf.workflow",
}


def __getattr__(name: str) -> "Any":
    if name not in _HOMES:
        raise AttributeError(f"module 'textclf' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
