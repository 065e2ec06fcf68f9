"""A run's life: locked while it is written, recorded as it ends, restarted when it is resumed."""

import contextlib
import os
import shlex
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from textclf.config.file import dump_config
from textclf.config.settings import Config
from textclf.disk.atomic import append_line, is_temporary, write_text
from textclf.errors import ConfigError, DivergedError, RunError, TextclfError
from textclf.runs.folder import RunFolder, now
from textclf.wording import one_line


class Pruned(Exception):
    """A trial ends early: its next epochs are not worth their time. What it has is kept."""


@contextlib.contextmanager
def locked(run: RunFolder) -> Iterator[None]:
    """Hold the run's lock; blocks may lie inside each other.

    Raises:
        RunError: another process writes the run, or a link may lead out of its folder.
        ResourceError: the folder cannot be written.
    """
    if not run.lock.is_held:
        _refuse_links(run.path)
    with run.lock.held():
        yield


def _refuse_links(folder: Path) -> None:
    for parent, folders, files in os.walk(folder):
        for path in (Path(parent, name) for name in (*folders, *files)):
            if path.is_symlink():
                raise RunError(
                    f"{path}: a symbolic link; textclf writes through none: put the file or folder "
                    "that it points to in its place"
                )


def restart(run: RunFolder, config: Config, resumed: list[dict[str, str]]) -> None:
    """Mark an ended run as running again; call it while the run is locked.

    Args:
        resumed: for run.json: the commands that resumed the run, and when.
    """
    for path in run.path.rglob(".*"):
        if is_temporary(path):
            path.unlink(missing_ok=True)
    if config != run.config:
        write_text(run.config_path, dump_config(config))
        run.config = config
    run.update(status="running", resumed=resumed, error=None, finished=None)


def record_warnings(run: RunFolder, lines: Sequence[str]) -> None:
    """Add warnings to run.json and log.txt, except those that are there already."""
    known = run.warnings
    new = [line for line in dict.fromkeys(lines) if line not in known]
    if new:
        run.update(warnings=[*known, *new])
        append_line(run.log_path, "".join(f"warning: {one_line(line)}\n" for line in new))


@contextlib.contextmanager
def recording(run: RunFolder, is_new: bool = True, is_part: bool = False) -> Iterator[None]:
    """Record in run.json how the block ends; a new run without a finished epoch is removed.

    Args:
        is_part: the run is one of a series, which itself says how to resume.
    """
    try:
        yield
    except BaseException as error:
        status = _status_after(error)
        if is_new and not _holds_an_epoch(run):
            shutil.rmtree(run.path, ignore_errors=True)
            advice = "no epoch was finished; nothing is kept"
        else:
            _end(run, status, error)
            advice = _advice(run, status)
        if not is_part:
            error.add_note(advice)
        raise
    _end(run, "finished")


def _status_after(error: BaseException) -> str:
    if isinstance(error, Pruned):
        return "pruned"
    return "interrupted" if _can_resume(error) else "failed"


def _can_resume(error: BaseException) -> bool:
    """Whether a run that the error ended can be resumed: it would not just fail again.

    Any other may come from a user's callback or reporter, or from a file that can be put back.
    """
    return not isinstance(error, DivergedError | ConfigError)


def _holds_an_epoch(run: RunFolder) -> bool:
    return any(path.exists() for path in (run.history_path, *_first_parts(run)))


def _first_parts(run: RunFolder) -> tuple[Path, ...]:
    parts = ("share-*", "seed-*", "fold-*/history.csv")  # the first may not be the first to begin
    return (run.first_fit.history_path, *(path for part in parts for path in run.path.glob(part)))


def _end(run: RunFolder, status: str, error: BaseException | None = None) -> None:
    messages = None if error is None else _describe(error)
    with contextlib.suppress(*([TextclfError] if error else [])):  # a full disk hides no error
        diverged = isinstance(error, DivergedError) or None
        run.update(status=status, finished=now(), error=messages, diverged=diverged)


def _describe(error: BaseException) -> list[str] | None:
    """For run.json; of an interruption, nothing."""
    if isinstance(error, TextclfError):
        return list(error.messages)
    if isinstance(error, Exception) and not isinstance(error, Pruned):
        return [f"{type(error).__name__}: {error}".removesuffix(": ")]
    return None


def _advice(run: RunFolder, status: str) -> str:
    path = shlex.quote(str(run.path))
    if status in ("interrupted", "pruned"):
        return f"{run.path}: finished epochs are kept; resume with: textclf resume {path}"
    if any(path.exists() for path in _first_parts(run)):
        return f"{run.path}: finished epochs are kept, in a folder for each part"
    return f"{run.path}: finished epochs are kept; see them with: textclf plot {path}"
