"""The page about runs: read their tables, explain their worst mistakes, write HTML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from textclf.data.dataset import Dataset
from textclf.data.encoders import TextEncoder, fit_encoder, in_tokens, unpack
from textclf.data.loaders import load_dataset
from textclf.data.splits import everything, make_splits
from textclf.data.tokenizer import START_ID
from textclf.data.tokens import Tokens
from textclf.disk.atomic import write_text
from textclf.errors import DataError, RunError
from textclf.results.report import (
    Contents,
    FeatureExplanation,
    Mistake,
    TextExplanation,
    read_contents,
    render_page,
)
from textclf.results.report.attribution import (
    Score,
    explain_features,
    explain_text,
    log_odds,
    log_odds_of_labels,
)
from textclf.results.report.contents import shown_fit
from textclf.results.report.overview import BEST, best_runs
from textclf.runs import RunFolder, distinct_names
from textclf.training.device_choice import device_for_little
from textclf.training.engine import backend
from textclf.training.resumption import refuse_other_data

if TYPE_CHECKING:
    import keras

    from textclf.config.settings import Config

BATCH = 256  # rows scored at once


def write_report(
    runs: Sequence[RunFolder],
    output: Path,
    *,
    data_dir: Path | None = None,
    device: str = "auto",
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> list[str]:
    """Write one self-contained HTML page about runs; of many, the best ones are explained.

    Args:
        progress: called before each step with the number of steps done, of all, and what it does.

    Returns:
        A line for each part or run that is missing: why, and what to do.

    Raises:
        RunError: the tables of all runs are damaged, or a run is named twice.
        ResourceError: the page cannot be written, or the device does not exist.
    """
    n_named = len(runs)
    runs, contents, warnings = _read(runs, progress)
    chosen = [content.name for content in best_runs(contents)]
    load = _remembering_one(data_dir)
    for place, (run, content) in enumerate(zip(runs, contents, strict=True)):
        if content.name in chosen:
            done = n_named + chosen.index(content.name)
            progress(done, n_named + len(chosen), f"explaining {content.name}")
            contents[place], missing = _explain_or_say(run, content, load, device)
            warnings += missing
    write_text(output, render_page(contents))
    return warnings


def _read(
    runs: Sequence[RunFolder], progress: Callable[[int, int, str], None]
) -> tuple[list[RunFolder], list[Contents], list[str]]:
    """The runs that can be read, their contents, and why each of the others cannot."""
    sound: list[RunFolder] = []
    contents: list[Contents] = []
    damaged: list[str] = []
    for place, (name, run) in enumerate(zip(distinct_names(runs), runs, strict=True)):
        progress(place, len(runs) + min(len(runs), BEST), f"reading {run.name}")
        try:
            content = replace(read_contents(run), name=name if len(runs) > 1 else run.title)
        except RunError as error:
            damaged += error.messages
        else:
            sound.append(run)
            contents.append(content)
    if not sound:
        raise RunError(*damaged)
    return sound, contents, [f"left out: {line}" for line in damaged]


def _remembering_one(data_dir: Path | None) -> Callable[[Config], Dataset]:
    """Loads datasets; runs on the same data, one after another, load it once."""
    loaded: dict[str, Dataset] = {}

    def load(config: Config) -> Dataset:
        tokens = Tokens.of(config.preprocessing)
        key = repr((config.dataset, tokens))
        if key not in loaded:
            loaded.clear()
            loaded[key] = load_dataset(config.dataset, data_dir, tokens)
        return loaded[key]

    return load


def _explain_or_say(
    run: RunFolder, content: Contents, load: Callable[[Config], Dataset], device: str
) -> tuple[Contents, list[str]]:
    """The contents with explanations, or with a note and lines that say why there are none."""
    try:
        return _explain(run, content, load, device), []
    except (DataError, RunError) as error:
        what = f"{run.name}: its mistakes are shown without explanations, because:"
        lines = [what, *error.messages]
        return replace(content, notes=[*content.notes, "\n".join(lines)]), lines


def _explain(
    run: RunFolder, content: Contents, load: Callable[[Config], Dataset], device: str
) -> Contents:
    """The contents with an explanation of each mistake.

    Raises:
        DataError: the run's data is missing, or is not what it was trained on.
        RunError: the run's model is missing or damaged.
    """
    if content.outcome is None or not content.outcome.mistakes:
        return content
    fit = shown_fit(run)
    data = load(run.config)
    refuse_other_data(run, data)
    with backend.computing(None):
        backend.start(device_for_little(device))
        from textclf.training.network import load_kept_model

        network = load_kept_model(run.config, fit)
        explainer = Explainer(run.config, data, network)
        explanations = [explainer.explain(mistake) for mistake in content.outcome.mistakes]
    return replace(
        content,
        explanations=explanations,
        parameters=network.count_params(),
        notes=[*content.notes, *data.warnings],
    )


class Explainer:
    """Explains predictions of a run's model.

    Args:
        network: the kept model; its output layer is changed to return logits.
    """

    def __init__(self, config: Config, data: Dataset, network: keras.Model) -> None:
        share = config.training.train_share
        splits = make_splits(config.training.validation, data, share)
        train_rows = (splits[0] if len(splits) == 1 else everything(data, share)).train
        self.data = data = in_tokens(config.preprocessing, data, train_rows)
        self.encoder = fit_encoder(config.preprocessing, data, train_rows)
        self.network = network
        network.get_layer("outputs").activation = lambda logits: logits
        validation = config.training.validation
        self.validates_on_test = validation is not None and validation.split == "test"
        if isinstance(self.encoder, TextEncoder):
            self.words = _words(data)
        else:
            self.typical = data.x[train_rows].mean(axis=0)

    def explain(self, mistake: Mistake) -> TextExplanation | FeatureExplanation:
        """Which words or features drove a prediction.

        Raises:
            RunError: the row or the class does not exist.
        """
        x, score = self.data.x[self._row(mistake)], self._score(mistake)
        if not isinstance(self.encoder, TextEncoder):
            why = explain_features(score, self.encoder, x, self.typical)
            return FeatureExplanation(list(self.data.feature_names), x.tolist(), why)
        why = explain_text(score, self.encoder, x)
        is_word = x != START_ID
        words = [self.words[id_] for id_ in x[is_word].tolist()]
        return TextExplanation(
            words, replace(why, effects=why.effects[is_word], seen=why.seen[is_word])
        )

    def _row(self, mistake: Mistake) -> int:
        """The position in the dataset of a row of a file."""
        in_test = mistake.split == "test" or self.validates_on_test
        row = self.data.row_of(mistake.row, in_test)
        if row is None:
            raise RunError(
                f"predictions.csv: damaged: the data has no {mistake.split} row {mistake.row}"
            )
        return row

    def _score(self, mistake: Mistake) -> Score:
        """The predicted number, or the log-odds of the predicted class or labels."""
        if not self.data.task.is_classification:
            return lambda x: self._outputs(x)[:, 0]
        names = list(map(str, self.data.class_names))
        if self.data.task.is_multilabel:
            labels = mistake.prediction.split(self.data.separator)
            given = np.isin(names, labels)
            return lambda x: log_odds_of_labels(self._outputs(x), given)
        if mistake.prediction not in names:
            raise RunError("predictions.csv: damaged: a class that the data does not have")
        chosen = names.index(mistake.prediction)
        return lambda x: log_odds(self._outputs(x), chosen)

    def _outputs(self, x: Any) -> np.ndarray:
        """float32 (rows, outputs), before the output's activation, of an array or SparseRows."""
        parts = (x[start : start + BATCH] for start in range(0, len(x), BATCH))
        batches = (unpack(part, None) for part in parts)
        return np.concatenate(
            [np.asarray(self.network(batch, training=False)) for batch in batches]
        )


def _words(data: Dataset) -> Any:
    if not len(data.words):
        raise DataError(
            f"{data.name}: the index of its words is missing; download it with: "
            f"textclf data fetch {data.name}"
        )
    return data.words
