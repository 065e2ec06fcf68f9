"""A run on n-grams from training to a report: what it predicts is what it was scored with."""

from pathlib import Path

import numpy as np
import pytest

from textclf import load_config, train
from textclf.errors import ConfigError, RunError
from textclf.results.export.writing import export_run
from textclf.results.report.write import write_report
from textclf.training.reporter import Reporter
from textclf.workflow import Run, resume

pytestmark = pytest.mark.slow

CONFIG = """
dataset: {name: csv, path: texts.csv, text: text, label: label, test_split: 0.25}
preprocessing: {tokens: words, encoding: multi_hot, ngrams: 2, weighting: naive_bayes, maxlen: 9}
model: {type: dense, units: [], input_dropout: 0.25}
training:
  epochs: 2
  batch_size: 8
  optimizer: adam
  validation: {split: k_fold, folds: 2}
  engine: graph
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts whose words say nothing, and whose pairs of words say the class."""
    path, chance = tmp_path_factory.mktemp("ngrams"), np.random.default_rng(0)
    rows = ["text,label"]
    for row in range(80):
        pairs = ["not good", "bad film"] if row % 2 else ["good film", "not bad"]
        rows.append(f"{' and '.join(chance.choice(pairs, 4))},{'no' if row % 2 else 'yes'}")
    (path / "texts.csv").write_text("\n".join([*rows, ""]))
    (path / "texts.yaml").write_text(CONFIG)
    return path


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return train(load_config(folder / "texts.yaml"), folder / "runs", reporter=Reporter())


def test_new_texts_are_predicted_as_the_runs_own(run: Run, folder: Path) -> None:
    rows = (folder / "texts.csv").read_text().splitlines()[1:]
    own = run.predictions[run.predictions["split"] == "test"]
    texts = [rows[row].partition(",")[0] for row in own["row"]]
    again = run.predict(texts)
    assert again["prediction"].tolist() == own["prediction"].tolist()
    np.testing.assert_allclose(again["probability"], own["probability"], atol=1e-5)
    assert run.metrics["test_accuracy"] == 1


def test_each_fold_has_the_ngrams_of_its_own_rows(run: Run) -> None:
    weights = [part.ngrams["weights"] for part in (run, run.fold(1), run.fold(2))]
    assert not np.array_equal(weights[1], weights[2])


def test_more_epochs_end_as_if_there_had_been_no_stop(run: Run, folder: Path) -> None:
    config = load_config(folder / "texts.yaml", ["training.epochs=1"])
    shorter = train(config, folder / "runs", "shorter", reporter=Reporter())
    longer = resume(shorter, 2, reporter=Reporter())
    for mine, theirs in zip(
        longer.load_model().get_weights(), run.load_model().get_weights(), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)


def test_a_report_explains_its_mistakes_or_has_none(run: Run, tmp_path: Path) -> None:
    write_report([run], tmp_path / "report.html")
    assert "n-grams of 1 to 2 tokens" in (tmp_path / "report.html").read_text()


def test_no_format_takes_it(run: Run, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="reads n-grams, which no format can take"):
        export_run(run, "savedmodel", tmp_path / "model")


@pytest.mark.parametrize("content", [b"", b"PK", None])
def test_damaged_ngrams_are_named(run: Run, content: bytes | None) -> None:
    sound = run.ngrams_path.read_bytes()
    run.ngrams_path.write_bytes(sound[:-100] if content is None else content)
    try:
        with pytest.raises(RunError, match=r"ngrams\.npz: damaged"):
            run.predict(["a good film"])
    finally:
        run.ngrams_path.write_bytes(sound)
