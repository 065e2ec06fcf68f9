"""How a training reports its progress; this reporter keeps silent."""


class Reporter:
    """Silent; the command line's own shows a progress line."""

    def note(self, message: str) -> None:
        """Something that a user may want to know; nothing is wrong."""

    def warn(self, message: str) -> None:
        """Something that may make a result misleading."""

    def begin_fit(self, name: str, epochs: int, batches: int, done: int = 0) -> None:
        """A fit of at most `epochs` epochs of `batches` batches begins, or resumes after `done`."""

    def end_batch(self, epoch: int, batch: int, logs: dict[str, float]) -> None:
        """Batches up to `batch` (from 1) of `epoch` (from 1) are done; `logs`: the means so far."""

    def end_epoch(self, row: dict[str, float]) -> None:
        """An epoch is done; `row` is its line of history.csv."""

    def end_fit(self) -> None:
        """The fit is over, finished or interrupted."""
