"""The content of a config's or a dataset's data in readable form."""

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from textclf.config.file import dataset_config, load_config
from textclf.config.recipes import list_recipes, recipe_name
from textclf.config.settings import Config
from textclf.data.dataset import Dataset, Ragged
from textclf.data.encoders import REMOVED, Encoder, TextEncoder, unpack
from textclf.data.loaders import LOADERS, load_dataset
from textclf.data.ngrams import Ngrams
from textclf.data.splits import Split
from textclf.data.tokenizer import PADDING_ID, UNKNOWN_ID
from textclf.data.tokens import Tokens
from textclf.errors import ConfigError, DataError
from textclf.inspection.description import UNKNOWN, Description, words_of


def show_data(
    source: str,
    overrides: Sequence[str] = (),
    data_dir: Path | None = None,
    picture: Path | None = None,
) -> dict[str, Any]:
    """Describe the rows, and draw text lengths or features.

    Args:
        source: a config file, a recipe, or the name of a dataset.
        picture: where to save the picture; None: nothing is drawn.

    Returns:
        `name`, the content of `Description.to_json`, and `picture`.
    """
    config = _find_config(source, overrides)
    description = _describe(config, data_dir)
    name = recipe_name(source)
    if picture is not None:
        from textclf.inspection.picture import draw_dataset
        from textclf.plots import save_figure

        save_figure(draw_dataset(description, name), picture)
    shown = str(picture) if picture is not None else None
    return {"name": name, **description.to_json(), "picture": shown}


def show_row(
    source: str,
    overrides: Sequence[str] = (),
    data_dir: Path | None = None,
    part: str = "train",
    row: int = 0,
) -> dict[str, Any]:
    """Show one example before and after preprocessing.

    Args:
        part: 'train' or 'test'.
        row: in the file of the part, from 0, as in predictions.csv.

    Returns:
        `name`, dataset, part, row, the row's split, fold and truth;
        `text`, `ids` and `input` of a text, else `features`.

    Raises:
        DataError: there is no such row.
        ConfigError: there is no such source, or it has errors.
    """
    config = _find_config(source, overrides)
    description = _describe(config, data_dir)
    data = description.data
    number = _find_row(data, part, row)
    split, fold = _split_of(number, description.splits, data)
    return {
        "name": recipe_name(source),
        "dataset": data.name,
        "part": part,
        "row": row,
        "split": split,
        "fold": fold,
        "truth": data.label_of(number),
        **_example(data, description.encoder, number),
    }


def _describe(config: Config, data_dir: Path | None) -> Description:
    tokens = Tokens.of(config.preprocessing)
    return Description.of(config, load_dataset(config.dataset, data_dir, tokens))


def _find_row(data: Dataset, part: str, row: int) -> int:
    number = data.row_of(row, part == "test")
    if number is not None:
        return number
    if data.row_of(row, part != "test") is not None:
        other = "train" if part == "test" else "test"
        raise DataError(f"{data.name}: row {row} is a {other} row; add --split {other}")
    last = data.in_file(data.test_rows if part == "test" else data.train_rows).max(initial=0)
    raise DataError(f"{data.name}: no row {row}; the last of {part} is {last}")


def _find_config(source: str, overrides: Sequence[str]) -> Config:
    if Path(source).is_file() or source in list_recipes():
        return load_config(source, overrides)
    if source in LOADERS:
        return dataset_config(source, overrides)
    names = [*(name for name in LOADERS if name != "csv"), *list_recipes()]
    close = get_close_matches(source, names, n=1)
    hint = f"did you mean {close[0]}?" if close else f"the names are {', '.join(names)}"
    raise ConfigError(f"{source}: no such dataset, file or recipe; {hint}")


def _split_of(number: int, splits: list[Split], data: Dataset) -> tuple[str, int | None]:
    """The split of a row, and the fold, from 1, in which it validates."""
    if number >= data.n_train:
        return "test", None
    if len(splits) > 1:
        fold = next(i for i, split in enumerate(splits, start=1) if number in split.validation)
        return "training", fold
    if number in splits[0].validation:
        return "validation", None
    return ("training" if number in splits[0].train else "left out"), None


def _example(data: Dataset, encoder: Encoder, number: int) -> dict[str, Any]:
    if not isinstance(encoder, TextEncoder):
        before, after = data.x[number], encoder.transform(data.x[number : number + 1])[0]
        names = data.feature_names or range(len(before))
        columns = zip(names, map(_finite, before), map(_finite, after), strict=True)
        return {"features": [{"name": str(n), "before": b, "after": a} for n, b, a in columns]}
    ids = data.x[number]
    return {
        "text": " ".join(words_of(ids, data.words)),
        "ids": ids.tolist(),
        "input": _input(encoder, ids, bool(len(data.words))),
    }


def _finite(value: np.floating) -> float | None:
    return float(value) if np.isfinite(value) else None


def _input(encoder: TextEncoder, ids: np.ndarray, has_words: bool) -> dict[str, Any]:
    """The ids that the model reads, or the columns that are 1 if multi-hot, and their words."""
    x = Ragged(ids, np.array([0, len(ids)]))
    if encoder.ngrams is not None:
        return _ngrams(encoder, encoder.ngrams, x)
    kept = encoder.id_table.take(ids)
    kept = kept[kept != REMOVED]
    if encoder.packed_columns:
        read = np.flatnonzero(unpack(encoder.transform(x), encoder.packed_columns)[0])
    else:
        read = encoder.transform(x)[0] if encoder.maxlen else kept
    words = encoder.decode(read) if has_words else [f"#{id_}" for id_ in read.tolist()]
    known = [UNKNOWN if id_ == UNKNOWN_ID else word for id_, word in zip(read, words, strict=True)]
    return {
        "encoding": encoder.encoding,
        "num_words": encoder.num_words,
        "ids": read.tolist(),
        "words": known,
        "unknown": int((read == UNKNOWN_ID).sum()),
        "padding": int((read == PADDING_ID).sum()),
        "cut": 0 if encoder.packed_columns else max(0, len(kept) - len(read)),
    }


def _ngrams(encoder: TextEncoder, ngrams: Ngrams, x: Ragged) -> dict[str, Any]:
    """The n-grams of a text and their weights, the largest first."""
    read = encoder.transform(x)
    whole = replace(encoder, ngrams=replace(ngrams, maxlen=None)).transform(x)
    order = np.argsort(-np.abs(read.weights), kind="stable")
    return {
        "encoding": encoder.encoding,
        "ngrams": ngrams.n_features,
        "ids": read.ids[order].tolist(),
        "words": [ngrams.name(id_ - 1, encoder.words) for id_ in read.ids[order].tolist()],
        "weights": read.weights[order].tolist(),
        "cut": len(whole.ids) - len(read.ids),
    }
