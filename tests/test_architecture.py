"""The floors of the design hold: each module imports from lower floors only."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "textclf"

# From the top down. A module imports from floors below its own, a package also from itself.
FLOORS = [
    {"__main__"},
    {"cli"},
    {"workflow", "checking", "reporting", "exporting", "showing"},
    {"training", "results", "series", "resumption", "reproduction", "report"},
    {"fits", "callbacks", "interruption", "comparison"},
    {"evaluation", "prediction", "engine", "plots", "environment", "state"},
    {"attribution", "significance", "traps"},
    {"models", "memory", "description"},
    {"preprocessing", "splits", "starter"},
    {"data", "runs"},
    {"schema"},
    {"config_file"},
    {"conflicts", "config_errors"},
    {"config"},
    {"strict_yaml"},
    {"atomic", "backend"},
    {"errors", "tasks", "reporter", "expectations", "recipes", "wording"},
]
FLOOR = {name: -number for number, names in enumerate(FLOORS) for name in names}
FACADE = SOURCE / "__init__.py"  # names the public API, wherever it is
MODULES = sorted(path for path in SOURCE.rglob("*.py") if path != FACADE)


def name_of(path: Path) -> str:
    """The module right under textclf that a file is, or belongs to."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_by(path: Path) -> set[str]:
    """The modules right under textclf that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module == "textclf":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names.add(node.module.removeprefix("textclf.") if "textclf." in node.module else "")
        elif isinstance(node, ast.Import):
            names |= {a.name.removeprefix("textclf.") for a in node.names if "textclf." in a.name}
    return {name.partition(".")[0] for name in names if name}


def test_every_module_has_one_floor():
    assert {name_of(path) for path in MODULES} == set(FLOOR)
    assert sum(map(len, FLOORS)) == len(FLOOR)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_come_from_lower_floors(path):
    name = name_of(path)
    above = {
        other
        for other in imported_by(path) - {name}
        if other not in FLOOR or FLOOR[other] >= FLOOR[name]
    }
    assert not above, f"{name} must not import {', '.join(sorted(above))}"


@pytest.mark.parametrize("path", [*MODULES, FACADE], ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_says_in_one_sentence_what_it_is(path):
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring
    summary = docstring.splitlines()[0]
    assert len(summary) <= 100 and summary.endswith((".", "?"))


def test_no_module_is_named_after_nothing():
    vague = {"utils", "util", "common", "helpers", "helper", "core", "misc", "base", "main"}
    assert not vague & {path.stem for path in MODULES}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_errors_are_never_asserts_or_prints(path):
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    names = {node.func.id for node in calls if isinstance(node.func, ast.Name)}
    assert not names & {"print", "eval", "exec"}


def test_importing_textclf_is_cheap():
    script = "import sys, textclf, textclf.cli; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    heavy = {"pydantic", "tensorflow", "keras", "numpy", "pandas", "matplotlib", "rich", "yaml"}
    assert not heavy & set(result.stdout.split())
