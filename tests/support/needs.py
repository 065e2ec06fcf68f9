"""What a test needs beside textclf: without it, it is skipped, but fails where `CI` is set."""

import os
from importlib.util import find_spec

import pytest

from textclf.results.export.formats import FORMATS


def need(found: object, message: str) -> None:
    """Skip the test, or the module, that runs now unless what it needs is found."""
    if found:
        return
    if os.environ.get("CI"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message, allow_module_level=True)


def need_format(name: str) -> None:
    """Skip the test unless a model can be exported in this format."""
    for package in FORMATS[name].packages:
        found = find_spec(package.replace("-", "_"))
        need(found, f"{package} is not installed; pip install '.[test-export]'")
