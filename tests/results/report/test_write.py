"""Reports of real runs: what drove a prediction is asked of the model that was kept."""

import html
import json
import re
import shutil

import numpy as np
import pytest

from textclf import load_config
from textclf.data.dataset import Dataset, Ragged
from textclf.data.encoders import fit_encoder
from textclf.data.loaders import load_dataset
from textclf.data.tasks import BINARY, TASKS, Task
from textclf.errors import RunError
from textclf.results.report import Mistake
from textclf.results.report.write import Explainer, write_report
from textclf.runs import RunFolder

WORDS = ["<pad>", "<start>", "<unknown>", *"abcdefg"]
MODELS = {
    "embedding": "{type: lstm, embedding_dim: 3, units: 4}",
    "one_hot": "{type: simple_rnn, units: 4}",
    "multi_hot": "{type: dense, units: [4]}",
}


def make_data(task: Task) -> Dataset:
    """Eight texts of five words; the last two test."""
    ids = np.random.default_rng(0).integers(3, len(WORDS), (8, 6)).astype(np.int32)
    ids[:, 0] = 1
    x = Ragged(ids.ravel(), np.arange(0, 49, 6))
    y, names = np.array([0, 1] * 4, np.int32), ("no", "yes", "other")
    return Dataset("imdb", task, x, y, 6, names[: 2 if task is BINARY else 3], words=WORDS)


def hide_fourth(ids: np.ndarray, encoding: str) -> np.ndarray:
    """A text as the model takes it, and the same without its fourth token, (2, inputs)."""
    if encoding == "multi_hot":
        both = np.zeros((2, len(WORDS)), np.float32)
        both[:, ids] = 1
        both[1, ids[3]] = 0
    else:
        both = np.stack([ids, ids])
        both[1, 3] = WORDS.index("<unknown>")
    return both


@pytest.mark.parametrize("task", ["binary", "multiclass"])
@pytest.mark.parametrize("encoding", MODELS)
def test_an_effect_is_what_the_log_odds_lose_without_the_word(encoding, task):
    from textclf.training.network import new_network

    settings = f"preprocessing={{num_words: {len(WORDS)}, maxlen: 6, encoding: {encoding}}}"
    config = load_config("imdb_lstm", [settings, f"model={MODELS[encoding]}"])
    data = make_data(TASKS[task])
    network = new_network(config, fit_encoder(config.preprocessing, data, data.train_rows), data)
    ids = data.x[data.n_train + 1]
    outputs = np.asarray(network(hide_fourth(ids, encoding)), np.float64)
    yes = outputs[:, 0] if task == "binary" else outputs[:, 1]
    before, after = np.log(yes / (1 - yes))

    explanation = Explainer(config, data, network).explain(Mistake("test", 1, "no", "yes", 0.9))
    assert list(explanation.words) == [WORDS[id_] for id_ in ids[1:]]
    assert explanation.why.seen.all()
    assert explanation.why.effects[2] == pytest.approx(before - after, abs=1e-4)


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "score"), [("imdb", "test_accuracy"), ("tail", "test_mae")])
def test_mistakes_are_explained_and_nothing_is_written_into_the_run(trained, tmp_path, name, score):
    run = RunFolder(trained / name)
    before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
    assert write_report([run], tmp_path / "page.html") == []
    page = (tmp_path / "page.html").read_text()
    assert page.count('<mark class="for-') > 10 and page.count('<mark class="against-') > 3
    assert f"<strong>{run.metrics[score]:.3f}" in page
    for digest in run.record["data"].values():
        assert digest in page
    assert before == {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}


@pytest.mark.real_data
def test_shown_words_are_those_of_the_review(trained, tmp_path):
    run = RunFolder(trained / "imdb")
    write_report([run], tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    row = int(re.search(r"test row ([\d,]+)", page)[1].replace(",", ""))
    data = load_dataset(run.config.dataset)
    review = " ".join(data.words[id_] for id_ in data.x[data.n_train + row][1:])
    (shown, *_) = re.findall(r'<p class="text">(.*?)</p>', page, re.S)
    passages = html.unescape(re.sub("<.*?>", "", shown)).split("…")
    assert len(shown) > 100
    assert all(" ".join(passage.split()) in review for passage in passages)


@pytest.mark.real_data
def test_without_the_data_the_page_says_what_to_do(trained, tmp_path, no_data):
    warnings = write_report([RunFolder(trained / "imdb")], tmp_path / "page.html")
    assert "textclf data fetch imdb" in warnings[-1]
    page = (tmp_path / "page.html").read_text()
    assert warnings[-1] in page and "test row" in page and "<mark" not in page


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("damage", "message"),
    [("model", "missing"), ("data", "began with; give it that file again"), ("row", "has no")],
)
def test_what_cannot_be_explained_is_still_shown(runs, tmp_path, damage, message):
    run = RunFolder(runs / "tail")
    if damage == "model":
        shutil.rmtree(run.path / "checkpoints")
    elif damage == "data":
        run.update(data={"boston_housing.npz": "another"})
    else:
        run.predictions_path.write_text("split,row,truth,prediction\ntest,100000,1,2\n")
    warnings = write_report([run], tmp_path / "page.html")
    assert "without explanations" in warnings[0] and message in warnings[1]
    assert message in (tmp_path / "page.html").read_text()


@pytest.mark.real_data
def test_an_interrupted_run_is_shown_as_far_as_it_went(runs, tmp_path):
    run = RunFolder(runs / "imdb")
    for path in (run.metrics_path, run.predictions_path, run.confusion_path, run.report_path):
        path.unlink()
    run.update(status="interrupted")
    assert write_report([run], tmp_path / "page.html") == []
    page = (tmp_path / "page.html").read_text()
    assert "textclf resume" in page and "<svg" in page and "no scores yet" in page


@pytest.mark.real_data
def test_a_series_of_seeds_is_represented_by_its_first(runs, tmp_path):
    series = RunFolder(runs / "series")
    for number in (1, 2):
        shutil.copytree(runs / "imdb", series.path / f"seed-{number}")
    for name in ("config.yaml", "run.json"):
        shutil.copy(runs / "imdb" / name, series.path)
    scores = {"test_accuracy": 0.8, "test_accuracy_sd": 0.0125}
    series.metrics_path.write_text(json.dumps(scores))
    assert write_report([series], tmp_path / "page.html") == []
    page = (tmp_path / "page.html").read_text()
    assert "Seed by seed" in page and "± 0.013" in page
    assert "seed-1, the first of the seeds" in page and '<mark class="for-' in page


@pytest.mark.real_data
def test_a_damaged_table_ends_the_command(runs, tmp_path):
    run = RunFolder(runs / "imdb")
    run.history_path.write_text("epoch,loss\n1,much\n")
    with pytest.raises(RunError, match="not a table of numbers"):
        write_report([run], tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()
