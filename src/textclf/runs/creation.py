"""New run folders: numbered, complete when they appear, locked by the process that made them."""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from textclf.config.file import dump_config
from textclf.config.settings import Config
from textclf.disk.atomic import cannot_write, new_folder, sweep, write_json, write_text
from textclf.errors import RunError
from textclf.runs.folder import RunFolder
from textclf.runs.opening import open_folder

FORMAT = 1


def create_run(
    config: Config, recipe: str, runs_dir: Path, name: str | None, record: dict[str, Any]
) -> RunFolder:
    """Create a run's folder, complete when it appears, with config.yaml and run.json.

    The returned object holds the run's lock.

    Args:
        recipe: names the folder `<recipe>-<n>` where `name` is None.
        record: further fields for run.json.

    Raises:
        RunError: `name` is taken.
        ResourceError: the folder cannot be written.
    """
    with drafting(runs_dir, name) as folder:
        draft = RunFolder(folder)
        write_text(draft.config_path, dump_config(config))
        write_json(draft.record_path, {"format": FORMAT, "recipe": recipe, **record})
        draft.lock.acquire()  # before the run has a name: no other process can be first
        return open_folder(settle(draft.path, runs_dir, recipe, name), draft.lock)


@contextlib.contextmanager
def drafting(runs_dir: Path, name: str | None) -> Iterator[Path]:
    """A folder to fill, and to `settle` under its name; else it is gone after the block.

    Raises:
        RunError: `name` is taken.
        ResourceError: the folder cannot be written.
    """
    if name is not None and os.path.lexists(runs_dir / name):
        raise taken(runs_dir / name)
    try:
        runs_dir.mkdir(parents=True, exist_ok=True)
        sweep(runs_dir)
        with new_folder(runs_dir, ".new-") as folder:
            folder.chmod(0o755)  # a new folder of a random name is its owner's alone
            yield folder
    except OSError as error:
        raise cannot_write(runs_dir, error) from error


def settle(draft: Path, runs_dir: Path, recipe: str, name: str | None) -> Path:
    """Rename the draft to its name; a name that another process takes first is left to it."""
    while True:
        path = runs_dir / (name or f"{recipe}-{_next_number(runs_dir, recipe)}")
        try:
            return draft.rename(path)
        except OSError as error:
            if not os.path.lexists(path):
                raise cannot_write(path, error) from error
            if name is not None:
                raise taken(path) from error


def _next_number(runs_dir: Path, recipe: str) -> int:
    numbered = re.compile(re.escape(recipe) + r"-([0-9]{1,9})")
    matches = (numbered.fullmatch(entry.name) for entry in runs_dir.iterdir())
    return max((int(match[1]) for match in matches if match), default=0) + 1


def taken(path: Path) -> RunError:
    return RunError(f"{path}: a run of this name exists already; choose another --name")
