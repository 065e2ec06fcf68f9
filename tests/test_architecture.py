"""The plan of the house: each room uses the rooms below it, and no two modules use each other."""

import ast
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "textclf"

# From the top down. A room imports from the floors below its own, and from itself.
FLOORS = [
    {"cli"},  # a command parses, makes one call, prints
    {"workflow"},  # its steps, loops over fits and seeds included
    {"results", "inspection", "sweep"},  # of finished runs; before training; many trials
    {"training", "plots"},  # fits and their engines; pictures
    {"runs", "models"},  # a run's folder; a file for each model
    {"data"},  # datasets, splits, encoders
    {"config"},  # from YAML to checked settings
    {"disk"},  # files that are as before or complete; files safe to read
    {"errors", "wording"},  # exit codes; numbers and lists in sentences
]
ROOMS = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
# Inside training, the engine knows nothing of what trains with it.
INNER_ROOMS = {"training.engine"}
DOORS = {"__init__", "__main__"}  # the public API and the console script name what is inside
VAGUE = {"utils", "util", "common", "helpers", "helper", "core", "misc", "base", "main"}


def dotted(path: Path) -> str:
    """'config.file' for src/textclf/config/file.py; a package is its __init__."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


PATHS = {dotted(path): path for path in sorted(SOURCE.rglob("*.py"))}
MODULES = {name: path for name, path in PATHS.items() if name not in DOORS}


def imports_of(path: Path) -> set[str]:
    """The modules of textclf that a file imports: in functions and for types alone, too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            module = f"{node.module}."
            if module.startswith("textclf."):
                package = module.removeprefix("textclf.")
                named = {package + alias.name for alias in node.names}
                names |= named & set(PATHS) | ({package[:-1]} if named - set(PATHS) else set())
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names if alias.name.startswith("textclf.")}
    return names


def room_of(module: str) -> str:
    return module.partition(".")[0]


by_module = pytest.mark.parametrize("module", MODULES)


def test_every_room_has_one_floor_of_at_most_nine():
    assert {room_of(module) for module in MODULES} == set(ROOMS)
    assert sum(map(len, FLOORS)) == len(ROOMS) <= 15
    assert len(FLOORS) <= 9


@by_module
def test_rooms_use_the_floors_below(module):
    room = room_of(module)
    above = {
        name
        for name in imports_of(MODULES[module])
        if room_of(name) != room and ROOMS[room_of(name)] <= ROOMS[room]
    }
    assert not above, f"{module} must not import {', '.join(sorted(above))}"


@pytest.mark.parametrize("inner", INNER_ROOMS)
def test_an_inner_room_does_not_use_the_room_around_it(inner):
    around = room_of(inner)
    for module in MODULES:
        if module.startswith(inner):
            names = {name for name in imports_of(MODULES[module]) if room_of(name) == around}
            assert all(name.startswith(inner) for name in names), module


def test_no_modules_use_each_other_in_a_circle():
    graph = {module: imports_of(path) - {module} for module, path in PATHS.items()}
    assert list(TopologicalSorter(graph).static_order())  # CycleError names the circle


@pytest.mark.parametrize("module", PATHS)
def test_a_module_says_in_one_sentence_what_it_is(module):
    docstring = ast.get_docstring(ast.parse(PATHS[module].read_text(encoding="utf-8")))
    assert docstring
    summary = docstring.splitlines()[0]
    assert len(summary) <= 100 and summary.endswith((".", "?"))


def test_every_package_is_installed():
    pyproject = tomllib.loads((SOURCE.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    found = {path.parent.relative_to(SOURCE.parent) for path in SOURCE.rglob("__init__.py")}
    named = {name.replace(".", "/") for name in pyproject["tool"]["setuptools"]["packages"]}
    assert named - {"textclf/configs"} == {path.as_posix() for path in found}


def test_no_module_is_named_after_nothing():
    assert not VAGUE & {path.stem for path in MODULES.values()}


@by_module
def test_errors_are_never_asserts_or_prints(module):
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {node.func.id for node in calls if isinstance(node.func, ast.Name)}
    assert not names & {"print", "eval", "exec"}


EXTRA = {"optuna", "distributed", "dask", "cryptography"}  # of the extra `sweep`


@by_module
def test_only_sweeps_use_what_they_alone_need(module):
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    names = {
        *(alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names),
        *(str(n.module) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)),
    }
    used = EXTRA & {name.partition(".")[0] for name in names}
    assert not used or room_of(module) == "sweep"


def test_what_sweeps_need_is_imported_late():
    script = "import sys, textclf.workflow.sweeping, textclf.cli; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "textclf.workflow.sweeping" in result.stdout
    assert not EXTRA & set(result.stdout.split())


def test_importing_textclf_is_cheap():
    script = "import sys, textclf, textclf.cli; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    heavy = {"pydantic", "tensorflow", "keras", "numpy", "pandas", "matplotlib", "rich", "yaml"}
    assert not heavy & set(result.stdout.split())
