"""The lowest versions that may be installed are those in which known holes are closed."""

import re
import tomllib
from pathlib import Path

import pytest

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
CLOSED = {
    "jinja2": (3, 1, 6),  # the sandbox can be left
    "filelock": (3, 20, 3),  # links are followed between a check and its use
    "keras": (3, 15, 1),  # loading a file can run code
    "pyyaml": (6, 0),
    "scikit-learn": (1, 5, 0),  # a vectorizer keeps words of the training texts
}


@pytest.mark.parametrize("package", CLOSED)
def test_a_floor_is_not_below_the_release_without_the_hole(package):
    (line,) = [one for one in PROJECT["project"]["dependencies"] if re.match(rf"{package}\b", one)]
    floor = re.search(r">=([0-9.]+)", line)
    assert floor and tuple(map(int, floor[1].split("."))) >= CLOSED[package]
