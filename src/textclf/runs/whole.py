"""The folder of a run that consists of runs: what belongs to one model is not at its top."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, NoReturn

from textclf.runs.folder import RunFolder

if TYPE_CHECKING:
    import pandas as pd


class WholeFolder(RunFolder):
    """A series of seeds or a learning curve: each of its runs has its own model and tables."""

    @property
    def history(self) -> pd.DataFrame:
        self.refuse()

    @property
    def predictions(self) -> pd.DataFrame:
        self.refuse()

    @property
    def confusion(self) -> pd.DataFrame:
        self.refuse()

    @property
    def preprocessing(self) -> dict[str, Any]:
        self.refuse()

    @abstractmethod
    def refuse(self) -> NoReturn:
        """Name one of its runs in place of the whole.

        Raises:
            RunError: always.
        """
