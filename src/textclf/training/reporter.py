"""Who is told how a training goes on; this one keeps it to itself."""


class Reporter:
    """Silent; the command line's own shows a progress line."""

    def tell(self, message: str) -> None:
        """Something that a user should know, though nothing is wrong."""

    def begin_fit(self, name: str, epochs: int, batches: int, done: int = 0) -> None:
        """A fit of at most `epochs`, each of so many batches, begins, or goes on after `done`."""

    def end_batch(self, epoch: int, batch: int, logs: dict[str, float]) -> None:
        """Batches up to `batch` (from 1) of `epoch` (from 1) are done; `logs`: the means so far."""

    def end_epoch(self, row: dict[str, float]) -> None:
        """An epoch is done; `row` is what history.csv holds of it."""

    def end_fit(self) -> None:
        """The fit is over, be it finished or interrupted."""
