"""The `dataset` section: where the examples come from."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from textclf.config.settings.section import MAX_SEED, Settings


class DatasetSection(Settings):
    """What every dataset's settings say about it before its files are read."""

    @property
    def is_text(self) -> bool:
        """Whether its examples are texts; numeric features otherwise."""
        return True

    @property
    def is_regression(self) -> bool:
        """Whether its targets are numbers; classes otherwise."""
        return False

    @property
    def separator(self) -> str | None:
        """What stands between several labels of a row; None where each row has one."""
        return None


class ImdbDataset(DatasetSection):
    """25,000 + 25,000 film reviews, negative or positive."""

    name: Literal["imdb"] = Field(description="the IMDB reviews of keras.datasets")


class ReutersDataset(DatasetSection):
    """11,228 newswires on 46 topics."""

    name: Literal["reuters"] = Field(description="the Reuters newswires of keras.datasets")
    test_split: float = Field(0.2, gt=0, lt=1, description="share of the rows that are test rows")


class BostonDataset(DatasetSection):
    """506 suburbs of Boston, 13 features, the median price of a house in thousands of dollars."""

    name: Literal["boston"] = Field(description="the Boston housing prices of keras.datasets")
    test_split: float = Field(0.2, gt=0, lt=1, description="share of the rows that are test rows")
    standardize_target: bool = Field(
        False,
        description="learn the target less its mean, divided by its standard deviation; "
        "predictions, loss and mae stay in the target's own units",
    )

    @property
    def is_text(self) -> bool:
        return False

    @property
    def is_regression(self) -> bool:
        return True


class DocstringsDataset(DatasetSection):
    """Docstrings of NumPy, pandas, Matplotlib and Keras; the class is the library."""

    name: Literal["docstrings"] = Field(description="docstrings of the installed libraries")
    test_split: float = Field(0.2, gt=0, lt=1, description="share of the rows that are test rows")
    seed: int = Field(113, ge=0, le=MAX_SEED, description="seed that chooses the test rows")


def _default_test_split(dataset: dict[str, Any]) -> float | None:
    return None if dataset.get("test_path") else 0.2


def _absolute(path: str) -> str:
    """Paths in a file are relative to it (config/file.py), others to the current folder."""
    return str(Path(path).absolute())


def _one_or_several(value: Any) -> str:
    return SEVERAL if isinstance(value, list | tuple) else ONE


DataPath = Annotated[str, Field(min_length=1), AfterValidator(_absolute), Field(max_length=4_096)]
Column = Annotated[str, Field(min_length=1, max_length=1_000)]
ONE, SEVERAL = "one column", "several columns"  # tags that no user sees
TextColumns = Annotated[
    Annotated[Column, Tag(ONE)]
    | Annotated[list[Column], Field(min_length=1, max_length=100), Tag(SEVERAL)],
    Discriminator(_one_or_several),
]
SEPARATOR = "separator"  # the key of dataset.labels for rows of several labels
ClassName = Annotated[str, Field(min_length=1, max_length=10_000)]
# fmt: off
Encoding = Literal[
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp949", "euc-kr", "cp932", "shift_jis",
    "euc-jp", "euc_jis_2004", "iso-2022-jp", "gb18030", "gbk", "big5", "big5hkscs", "cp874",
    "cp1250", "cp1251", "cp1252",
    "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "iso-8859-1", "iso-8859-2",
    "iso-8859-15", "koi8-r", "koi8-u", "cp437", "cp850", "cp852", "cp866", "mac-roman",
]
# fmt: on


class CsvDataset(DatasetSection):
    """Your own examples: texts or numeric features, with classes or a number to predict."""

    name: Literal["csv"] = Field(description="your own files, or a folder of texts for each class")
    path: DataPath = Field(
        description="relative to the config: a .csv, .tsv, .jsonl, .xlsx or .parquet file, or a "
        "folder with a folder of .txt files for each class"
    )
    test_path: DataPath | None = Field(
        None, description="a file or folder with the same columns that has the test rows"
    )
    text: TextColumns | None = Field(
        None, description="the column that holds the text; a list: columns to join, line by line"
    )
    features: list[Column] | None = Field(
        None, min_length=1, max_length=10_000, description="columns of numbers, instead of a text"
    )
    label: Column | None = Field(None, description="the column that holds the class")
    target: Column | None = Field(
        None, description="the column of numbers to predict, instead of a class"
    )
    labels: dict[ClassName, ClassName] | None = Field(
        None,
        min_length=1,
        max_length=10_000,
        description="labels to read as another one, such as {Two: two}; or {separator: '|'}: a row "
        "has several labels, joined by this, or a list of them",
    )
    missing: Literal["error", "drop"] = Field(
        "error",
        description="what happens to a row without a label, target or feature: drop leaves it "
        "out, counted in a warning",
    )
    encoding: Encoding | None = Field(
        None, description="how characters are written as bytes; null: UTF-8, or else a guess"
    )
    delimiter: Literal[",", ";", "\t", "|"] | None = Field(
        None,
        description="separator of the columns; by default as a first line sep=; says, else a tab "
        "in .tsv, a comma elsewhere",
    )
    quoting: Literal["standard", "none"] | None = Field(
        None,
        description="what quotes mean in a table: standard, they enclose a field; none, they are "
        "characters like any other; by default standard, and rows that a quote seems to join are "
        "an error",
    )
    standardize_target: bool = Field(
        True,
        description="learn the target less its mean, divided by its standard deviation; "
        "predictions, loss and mae stay in the target's own units",
    )
    test_split: float | None = Field(
        default_factory=_default_test_split,
        gt=0,
        lt=1,
        description="share of the rows that are test rows, without a test_path",
    )
    seed: int = Field(113, ge=0, le=MAX_SEED, description="seed that chooses the test rows")
    stratify: bool = Field(
        False, description="whether each class has the same share of the test rows"
    )

    @property
    def is_text(self) -> bool:
        return self.features is None

    @property
    def is_regression(self) -> bool:
        return self.label is None and self.target is not None

    @property
    def separator(self) -> str | None:
        return (self.labels or {}).get(SEPARATOR)

    @property
    def merged_labels(self) -> dict[str, str]:
        """Labels that are read as another one."""
        return {} if self.separator else self.labels or {}

    @property
    def texts(self) -> tuple[str, ...]:
        """The columns of text, which are joined."""
        return (self.text,) if isinstance(self.text, str) else tuple(self.text or ())


DatasetSettings = Annotated[
    ImdbDataset | ReutersDataset | BostonDataset | DocstringsDataset | CsvDataset,
    Field(discriminator="name"),
]
