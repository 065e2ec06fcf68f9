"""Prediction of new examples' classes or numbers with a run's encoder and kept model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from textclf.data.dataset import join_labels, split_labels
from textclf.data.encoders import Encoder, FeatureEncoder, TextEncoder, unpack
from textclf.data.ngrams import SparseRows
from textclf.data.texts import Example
from textclf.errors import RunError
from textclf.runs import RunFolder
from textclf.runs.preprocessing import read_preprocessing
from textclf.training.engine import backend
from textclf.training.multilabel import given_labels, probability_of_answer
from textclf.wording import several, some_of

if TYPE_CHECKING:
    import keras

BATCH = 256  # examples; always the same number, so that one program is compiled
DIGITS = 7  # the precision of float32
PLACES = ("prediction", "second", "third")
MOST_NAMED = 5  # rows or labels that a warning names

Row = dict[str, Any]


class Predictor:
    """Predicts the classes or numbers of new examples, encoded in the same way as the run's.

    Args:
        network: from encoded examples to float32 (examples, 1) or (examples, classes).
        encoder: of texts, one with words, or of features.
        class_names: empty for a regression.
        each_class: whether a row has the probability of every class.
        above: the number of one of two classes, and the probability above which it is predicted.
        separator: what joins several labels of an example; None where each has one class.
    """

    def __init__(
        self,
        network: keras.Model,
        encoder: Encoder,
        class_names: Sequence[str],
        each_class: bool = False,
        above: tuple[int, float] | None = None,
        separator: str | None = None,
    ) -> None:
        self.network = network
        self.encoder = encoder
        self.class_names = class_names
        self.separator = separator
        self.n_places = len(PLACES) if len(class_names) > 2 and separator is None else 1
        self.each_class = each_class or separator is not None
        self.above = above
        self._predict([[0.0] * len(encoder.mean) if isinstance(encoder, FeatureEncoder) else ""])

    @property
    def columns(self) -> list[str]:
        """The columns of a row: prediction; of classes its probability, and second, third and their
        probabilities if there are more than two; the number of known words, if the examples are
        texts; each class's probability. Several labels are joined in `prediction`, `probability` is
        that of them together, and each label's follows."""
        known = ["known_words"] if isinstance(self.encoder, TextEncoder) else []
        if not self.class_names:
            return ["prediction", *known]
        probabilities = ["probability", *(f"{place}_probability" for place in PLACES[1:])]
        places = list(zip(PLACES, probabilities, strict=True))[: self.n_places]
        each = [f"probability_{name}" for name in self.class_names] if self.each_class else []
        return [*(column for place in places for column in place), *known, *each]

    def new_tally(self) -> Tally:
        """A summary of predictions, still empty."""
        if self.separator is not None:
            return LabelTally(self.class_names, self.separator)
        return Tally(self.class_names)

    def predict(self, inputs: Sequence[str] | Sequence[Sequence[float]]) -> list[Row]:
        """A row for each example, by `columns`.

        Args:
            inputs: texts, or of each example its features, in the order of the run's.
        """
        with backend.computing(None):
            return self._predict(inputs)

    def strange_features(self, inputs: Sequence[Any]) -> list[str]:
        """Of each example its first feature that is far from those of the training rows, or ''."""
        encoder = self.encoder
        if not isinstance(encoder, FeatureEncoder):
            return [""] * len(inputs)
        x = np.asarray(inputs, np.float64).reshape(len(inputs), -1)
        far = encoder.far_off(x)
        return [
            _describe_feature(encoder, int(marks.argmax()), row) if marks.any() else ""
            for row, marks in zip(x, far, strict=True)
        ]

    def _predict(self, inputs: Sequence[Any]) -> list[Row]:
        batches = (inputs[start : start + BATCH] for start in range(0, len(inputs), BATCH))
        return [row for batch in batches for row in self._predict_batch(batch)]

    def _predict_batch(self, inputs: Sequence[Any]) -> Iterator[Row]:
        encoded, known = self._encode(inputs)
        outputs = self._outputs(encoded)
        answers = self._answers(outputs)
        columns = self.columns
        for (answer, each), n_known in zip(answers, known, strict=True):
            yield dict(zip(columns, [*answer, *n_known, *each], strict=True))

    def _answers(self, outputs: np.ndarray) -> Iterator[tuple[list[Any], list[float]]]:
        if self.separator is not None:
            return self._labels(outputs, self.separator)
        return self._classes(outputs) if self.class_names else self._numbers(outputs)

    def _encode(self, inputs: Sequence[Any]) -> tuple[Any, list[list[int]]]:
        """The model's input, (examples, ...), and of texts the number of known words in each."""
        if isinstance(self.encoder, FeatureEncoder):
            x = np.asarray(inputs, np.float64).reshape(len(inputs), -1)
            return self.encoder.transform(x), [[] for _ in inputs]
        ids = self.encoder.ids_of(inputs)
        encoded = self.encoder.transform_ids(ids)
        if not isinstance(encoded, SparseRows):
            encoded = unpack(encoded, self.encoder.packed_columns)
        return encoded, self.encoder.count_known(ids)[:, None].tolist()

    def _classes(self, outputs: np.ndarray) -> Iterator[tuple[list[Any], list[float]]]:
        """The classes to predict, each with its probability, and every class's probability."""
        p = outputs if outputs.shape[1] > 1 else np.hstack([1 - outputs, outputs])
        rounded = np.round(p.astype(np.float64), DIGITS)
        for classes, values in zip(self._best(p).tolist(), rounded.tolist(), strict=True):
            answer = [cell for i in classes for cell in (self.class_names[i], values[i])]
            yield answer, values if self.each_class else []

    def _labels(
        self, outputs: np.ndarray, separator: str
    ) -> Iterator[tuple[list[Any], list[float]]]:
        """The labels to give, joined, their probability, and every label's probability."""
        joined = join_labels(self.class_names, given_labels(outputs), separator)
        together = np.round(probability_of_answer(outputs), DIGITS).tolist()
        rounded = np.round(outputs.astype(np.float64), DIGITS).tolist()
        for labels, probability, each in zip(joined, together, rounded, strict=True):
            yield [labels, probability], each

    def _numbers(self, outputs: np.ndarray) -> Iterator[tuple[list[Any], list[float]]]:
        """The predicted numbers, with the digits of float32."""
        return (([float(str(number))], []) for number in outputs[:, 0])

    def _best(self, probabilities: np.ndarray) -> np.ndarray:
        """The classes to predict, int64 (rows, n_places), the most probable first."""
        if self.above is None:
            return np.argsort(-probabilities, axis=1, kind="stable")[:, : self.n_places]
        number, value = self.above
        is_above = probabilities[:, number].astype(np.float64) > value
        return np.where(is_above, number, 1 - number)[:, None]

    def _outputs(self, encoded: np.ndarray | SparseRows) -> np.ndarray:
        """At most BATCH encoded examples to float32 (examples, 1) or (examples, classes)."""
        if isinstance(encoded, SparseRows):
            whole: Any = encoded.padded(BATCH)
        else:
            missing = np.zeros((BATCH - len(encoded), *encoded.shape[1:]), encoded.dtype)
            whole = np.concatenate([encoded, missing])
        outputs: np.ndarray = self.network.predict_on_batch(whole)
        return outputs[: len(encoded)]


def _describe_feature(encoder: FeatureEncoder, column: int, row: np.ndarray) -> str:
    """'age = 400, in training 18 to 90'."""
    name = encoder.feature_names[column] if encoder.feature_names else f"feature {column}"
    if encoder.lowest is None or encoder.highest is None:
        return f"{name} = {row[column]:g}"
    lowest, highest = encoder.lowest[column], encoder.highest[column]
    return f"{name} = {row[column]:g}, in training {lowest:g} to {highest:g}"


def read_encoder(run: RunFolder) -> tuple[Encoder, list[str]]:
    """A run's encoder, and its classes, none of a regression; without TensorFlow.

    Raises:
        RunError: the run cannot predict new examples, is not complete, or is damaged.
    """
    found = read_preprocessing(run.config, run)
    encoder, class_names = found.encoder, found.class_names
    if found.task.is_classification != (len(class_names) > 1):
        raise RunError(f"{run.preprocessing_path}: damaged: {len(class_names)} classes")
    if found.task.is_multilabel != (run.config.dataset.separator is not None):
        raise RunError(f"{run.preprocessing_path}: damaged: not the task of the run's config")
    if isinstance(encoder, TextEncoder) and not encoder.words:
        name = run.config.dataset.name
        raise RunError(
            f"{run.path}: has no words: {name}_word_index.json was missing when it was trained",
            f"get it and train again: textclf data fetch {name} && textclf reproduce {run.path}",
        )
    return encoder, class_names


def predict_batches(
    predictor: Predictor, batches: Iterable[list[Example]], tally: Tally
) -> Iterator[tuple[list[Example], list[Row]]]:
    """Each batch with its rows: row (from 0), truth if known, the predictor's columns, and those
    of the file that are kept.

    Args:
        tally: counts the rows.
    """
    for batch in batches:
        inputs = [example.input for example in batch]
        predicted = predictor.predict(inputs)
        tally.add_strange(predictor.strange_features(inputs))
        rows = [
            {
                "row": number,
                **({} if example.truth is None else {"truth": example.truth}),
                **row,
                **example.columns,
            }
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
        self.n_rows = self.n_labelled = self.n_strange = self.n_wordless = 0
        self.pairs = Counter[tuple[str | None, str]]()  # of true, if known, and predicted class
        self.error = 0.0  # the sum of a regression's absolute errors
        self.strange: dict[str, None] = {}  # labels that are not a class, in order of appearance
        self.wordless: list[int] = []
        self.n_far = 0
        self.far: list[str] = []  # of the first rows with features far from the training rows'

    def add_strange(self, features: Sequence[str]) -> None:
        """Count the examples of the next batch that have a strange feature; call it before `add`.

        Args:
            features: of each example its strange feature, or ''.
        """
        found = [(row, text) for row, text in enumerate(features, self.n_rows) if text]
        self.n_far += len(found)
        self.far += [f"{row} ({text})" for row, text in found[: MOST_NAMED + 1 - len(self.far)]]

    def add(self, rows: Sequence[Row]) -> None:
        self.n_rows += len(rows)
        for row in rows:
            if not row.get("known_words", True):
                self.n_wordless += 1
                self.wordless += [row["row"]] if len(self.wordless) <= MOST_NAMED else []
            if self._has_truth(row):
                self.n_labelled += 1
                self._compare(row["truth"], row["prediction"])

    def _has_truth(self, row: Row) -> bool:
        return row.get("truth") not in (None, "")

    def _compare(self, truth: Any, prediction: Any) -> None:
        if not self.class_names:
            self.error += abs(float(truth) - prediction)
        elif truth in self.class_names:
            self.pairs[truth, prediction] += 1
        else:
            self.n_strange += 1
            self.pairs[None, prediction] += 1
            if len(self.strange) <= MOST_NAMED:
                self.strange[truth] = None

    @property
    def metrics(self) -> dict[str, float]:
        """Accuracy and macro F1, or mae, of the rows that have a label."""
        if not self.n_labelled:
            return {}
        if not self.class_names:
            return {"mae": self.error / self.n_labelled}
        n_right = sum(n for (truth, prediction), n in self.pairs.items() if truth == prediction)
        return {"accuracy": n_right / self.n_labelled, "macro_f1": self._macro_f1()}

    def _macro_f1(self) -> float:
        """The mean F1 of the classes that are a label or a prediction of any row."""
        n_true, n_predicted = Counter[str](), Counter[str]()
        for (truth, prediction), n in self.pairs.items():
            n_predicted[prediction] += n
            if truth is not None:
                n_true[truth] += n
        names = n_true.keys() | n_predicted.keys()
        f1 = [2 * self.pairs[name, name] / (n_true[name] + n_predicted[name]) for name in names]
        return sum(f1) / len(f1)

    def warnings(self) -> Iterator[str]:
        """Warnings about the rows."""
        if not self.n_rows:
            yield "there was nothing to predict"
        if self.n_wordless:
            yield (
                f"{several(self.n_wordless, 'text')} without any word that the model knows, whose "
                f"predictions mean nothing: row {some_of([*map(str, self.wordless)], MOST_NAMED)}"
            )
        if self.n_far:
            yield (
                f"{several(self.n_far, 'row')} with features far from all training rows, whose "
                f"predictions are a guess: row {some_of(self.far, MOST_NAMED)}"
            )
        if self.n_strange:
            yield (
                f"{several(self.n_strange, 'label')} not among the model's classes, counted as "
                f"wrong: {some_of([*map(repr, self.strange)], MOST_NAMED)}"
            )
        unlabelled = self.n_rows - self.n_labelled
        if self.n_labelled and unlabelled:
            yield f"{several(unlabelled, 'row')} without a label, not counted"


class LabelTally(Tally):
    """The summary of rows with several labels: decisions about each label, counted."""

    def __init__(self, class_names: Sequence[str], separator: str) -> None:
        super().__init__(class_names)
        self.separator = separator
        self.n_right_rows = self.n_unknown = 0  # n_unknown: labels that the model does not have
        self.n_both, self.n_true, self.n_given = Counter[str](), Counter[str](), Counter[str]()

    def _has_truth(self, row: Row) -> bool:
        return row.get("truth") is not None  # '' is a row without labels

    def _compare(self, truth: Any, prediction: Any) -> None:
        true, given = (split_labels(cell, self.separator) for cell in (truth, prediction))
        strange = true - self.class_names
        self.n_right_rows += true == given
        self.n_both.update(true & given)
        self.n_true.update(true - strange)
        self.n_given.update(given)
        self.n_unknown += len(strange)
        self.n_strange += len(strange)
        room = MOST_NAMED + 1 - len(self.strange)
        self.strange |= dict.fromkeys(sorted(strange)[: max(room, 0)])

    @property
    def metrics(self) -> dict[str, float]:
        """Accuracy, micro F1, macro F1 and subset accuracy of the rows."""
        if not self.n_labelled:
            return {}
        both, true, given = (c.total() for c in (self.n_both, self.n_true, self.n_given))
        wrong = true + given - 2 * both
        f1 = [
            2 * self.n_both[name] / max(self.n_true[name] + self.n_given[name], 1)
            for name in self.class_names
        ]
        return {
            "accuracy": 1 - wrong / (self.n_labelled * len(self.class_names)),
            "micro_f1": 2 * both / max(true + self.n_unknown + given, 1),
            "macro_f1": sum(f1) / len(f1),
            "subset_accuracy": self.n_right_rows / self.n_labelled,
        }
