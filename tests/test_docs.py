"""The reference pages are what the code says now."""

import re
import runpy
import shlex
from pathlib import Path

import pytest

from textclf.cli import main
from textclf.config.conflicts import RULES

DOCS = Path(__file__).parents[1] / "docs"
GENERATE = runpy.run_path(str(DOCS / "generate.py"))
PAGES = GENERATE["pages"]()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_generated_file_is_current(path):
    assert path.read_text(encoding="utf-8") == PAGES[path], "run: python docs/generate.py"


def test_every_command_has_examples_that_it_takes():
    for name, command in GENERATE["_commands"](main, ""):
        assert GENERATE["EXAMPLES"].get(name), f"docs/generate.py: no example of textclf {name}"
        known = {option for parameter in command.params for option in parameter.opts}
        for line, _ in GENERATE["EXAMPLES"][name]:
            words = shlex.split(re.search(rf"textclf {name}[^|)]*", line)[0])
            assert {word for word in words if word.startswith("-")} <= known, line


def test_every_rule_has_settings_that_break_it():
    assert set(GENERATE["CONFLICTS"]) == {rule.__name__ for rule in RULES}


def test_the_pages_are_the_same_on_every_machine():
    assert not any(str(DOCS.parent) in text for text in PAGES.values())


def test_tables_are_whole():
    for text in PAGES.values():
        tables = re.findall(r"(?:^\|.*\n)+", text, re.M)
        for table in tables:
            bars = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
            assert len(bars) == 1, table
