"""Prediction of new texts' classes with a run's encoder and kept model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from textclf.data.dataset import Ragged
from textclf.data.encoders import TextEncoder, unpack
from textclf.data.texts import Example
from textclf.errors import RunError
from textclf.runs import RunFolder
from textclf.runs.preprocessing import read_preprocessing
from textclf.training.engine import backend
from textclf.wording import several, some_of

if TYPE_CHECKING:
    import keras

BATCH = 256  # texts; always the same number, so that one program is compiled
DIGITS = 7  # the precision of float32
PLACES = ("prediction", "second", "third")
MOST_NAMED = 5  # rows or labels that a warning names

Row = dict[str, Any]


class Predictor:
    """Predicts the classes of texts, encoded in the same way as the run's examples.

    Args:
        network: from encoded texts to float32 (texts, 1) or (texts, classes).
        encoder: one with words.
        each_class: whether a row has the probability of every class.
        above: the number of one of two classes, and the probability above which it is predicted.
    """

    def __init__(
        self,
        network: keras.Model,
        encoder: TextEncoder,
        class_names: Sequence[str],
        each_class: bool = False,
        above: tuple[int, float] | None = None,
    ) -> None:
        self.network = network
        self.encoder = encoder
        self.class_names = class_names
        self.n_places = len(PLACES) if len(class_names) > 2 else 1
        self.each_class = each_class
        self.above = above
        self._predict([""])  # compiles

    @property
    def columns(self) -> list[str]:
        """The columns of a row: prediction, probability; second, third and their probabilities if
        there are more than two classes; the number of known words; each class's probability."""
        probabilities = ["probability", *(f"{place}_probability" for place in PLACES[1:])]
        places = list(zip(PLACES, probabilities, strict=True))[: self.n_places]
        each = [f"probability_{name}" for name in self.class_names] if self.each_class else []
        return [*(column for place in places for column in place), "known_words", *each]

    def predict(self, texts: Sequence[str]) -> list[Row]:
        """A row for each text, by `columns`."""
        with backend.computing(None):
            return self._predict(texts)

    def _predict(self, texts: Sequence[str]) -> list[Row]:
        batches = (texts[start : start + BATCH] for start in range(0, len(texts), BATCH))
        return [row for batch in batches for row in self._predict_batch(batch)]

    def _predict_batch(self, texts: Sequence[str]) -> Iterator[Row]:
        x = self.encoder.ids_of(texts)
        probabilities = self._probabilities(x)
        best = self._best(probabilities)
        rounded = np.round(probabilities.astype(np.float64), DIGITS)
        columns, known = self.columns, self.encoder.count_known(x).tolist()
        for classes, values, n_known in zip(best.tolist(), rounded.tolist(), known, strict=True):
            places = [cell for i in classes for cell in (self.class_names[i], values[i])]
            each = values if self.each_class else []
            yield dict(zip(columns, [*places, n_known, *each], strict=True))

    def _best(self, probabilities: np.ndarray) -> np.ndarray:
        """The classes to predict, int64 (rows, n_places), the most probable first."""
        if self.above is None:
            return np.argsort(-probabilities, axis=1, kind="stable")[:, : self.n_places]
        number, value = self.above
        is_above = probabilities[:, number].astype(np.float64) > value
        return np.where(is_above, number, 1 - number)[:, None]

    def _probabilities(self, x: Ragged) -> np.ndarray:
        """New ids, at most BATCH rows, to float32 (rows, classes)."""
        encoded = unpack(self.encoder.transform_ids(x), self.encoder.packed_columns)
        missing = np.zeros((BATCH - len(x), *encoded.shape[1:]), encoded.dtype)
        outputs = self.network.predict_on_batch(np.concatenate([encoded, missing]))[: len(x)]
        return outputs if outputs.shape[1] > 1 else np.hstack([1 - outputs, outputs])


def refuse_other_kinds(run: RunFolder) -> None:
    """Raise a RunError if the run does not predict classes of texts."""
    dataset = run.config.dataset
    if not dataset.is_text or dataset.is_regression:
        what = "reads features" if not dataset.is_text else "predicts a number"
        raise RunError(
            f"{run.path}: {what}, but predict needs a run that classifies texts; "
            "textclf export writes the model for other programs"
        )


def read_text_encoder(run: RunFolder) -> tuple[TextEncoder, list[str]]:
    """The encoder of a run on texts, and its classes; without TensorFlow.

    Raises:
        RunError: the run cannot predict texts, is not complete, or is damaged.
    """
    refuse_other_kinds(run)
    path = run.preprocessing_path
    found = read_preprocessing(run.config, run)
    encoder, class_names = found.encoder, found.class_names
    if not isinstance(encoder, TextEncoder) or len(class_names) < 2:
        raise RunError(f"{path}: damaged: not for classes of texts")
    if not encoder.words:
        name = run.config.dataset.name
        raise RunError(
            f"{run.path}: has no words: {name}_word_index.json was missing when it was trained",
            f"get it and train again: textclf data fetch {name} && textclf reproduce {run.path}",
        )
    return encoder, class_names


def predict_batches(
    predictor: Predictor, batches: Iterable[list[Example]], tally: Tally
) -> Iterator[tuple[list[Example], list[Row]]]:
    """Each batch with its rows: row (from 0), truth if known, and the predictor's columns.

    Args:
        tally: counts the rows.
    """
    for batch in batches:
        predicted = predictor.predict([example.text for example in batch])
        rows = [
            {"row": number, **({} if example.truth is None else {"truth": example.truth}), **row}
            for number, (example, row) in enumerate(
                zip(batch, predicted, strict=True), tally.n_rows
            )
        ]
        tally.add(rows)
        yield batch, rows


class Tally:
    """The summary of all rows, in constant memory."""

    def __init__(self, class_names: Sequence[str]) -> None:
        self.class_names = frozenset(class_names)
        self.n_rows = self.n_labelled = self.n_right = self.n_strange = self.n_wordless = 0
        self.strange: dict[str, None] = {}  # labels that are not a class, in order of appearance
        self.wordless: list[int] = []

    def add(self, rows: Sequence[Row]) -> None:
        self.n_rows += len(rows)
        for row in rows:
            if not row["known_words"]:
                self.n_wordless += 1
                self.wordless += [row["row"]] if len(self.wordless) <= MOST_NAMED else []
            if row.get("truth"):
                self._compare(row["truth"], row["prediction"])

    def _compare(self, truth: str, prediction: str) -> None:
        self.n_labelled += 1
        self.n_right += truth == prediction
        if truth not in self.class_names:
            self.n_strange += 1
            if len(self.strange) <= MOST_NAMED:
                self.strange[truth] = None

    @property
    def metrics(self) -> dict[str, float]:
        """The accuracy, if there are labels."""
        return {"accuracy": self.n_right / self.n_labelled} if self.n_labelled else {}

    def warnings(self) -> Iterator[str]:
        """Warnings about the rows."""
        if not self.n_rows:
            yield "there were no texts"
        if self.n_wordless:
            yield (
                f"{several(self.n_wordless, 'text')} without any word that the model knows, whose "
                f"predictions mean nothing: row {some_of([*map(str, self.wordless)], MOST_NAMED)}"
            )
        if self.n_strange:
            yield (
                f"{several(self.n_strange, 'label')} not among the model's classes, counted as "
                f"wrong: {some_of([*map(repr, self.strange)], MOST_NAMED)}"
            )
        unlabelled = self.n_rows - self.n_labelled
        if self.n_labelled and unlabelled:
            yield f"{several(unlabelled, 'row')} without a label, not counted"
