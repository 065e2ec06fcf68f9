"""A preprocessing.json is of its run's config, or refused before anything is made of it."""

import json
from pathlib import Path

import pytest

from textclf.errors import RunError
from textclf.runs import RunFolder
from textclf.runs.preprocessing import read_preprocessing
from untrained_runs import make_run

LEFT_OUT = "(left out)"


@pytest.mark.parametrize("kind", ["embedding", "multi_hot", "truncated", "features", "wordless"])
def test_what_a_run_wrote_is_read(tmp_path: Path, kind: str) -> None:
    run = make_run(tmp_path, kind)
    found = read_preprocessing(run.config, run)
    assert found.encoder.to_json() == json.loads(json.dumps(run.preprocessing["encoder"])) | {
        name: value for name, value in found.encoder.to_json().items() if isinstance(value, tuple)
    }
    assert found.class_names == run.preprocessing["class_names"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return make_run(tmp_path_factory.mktemp("runs"), "lstm")


@pytest.mark.parametrize(
    "changes",
    [
        {"num_words": 300_000_000},
        {"num_words": 10**30},
        {"num_words": 9_000_000},
        {"num_words": -1},
        {"num_words": "20"},
        {"num_words": True},
        {"maxlen": 2_000_000_000},
        {"maxlen": "9"},
        {"maxlen": None},
        {"skip_top": 10**12},
        {"skip_top": False},
        {"encoding": "multi_hot"},
        {"encoding": "other"},
        {"padding": ["pre"]},
        {"words": ["a"] * 5},
        {"words": [1] * 20},
        {"words": "x" * 20},
        {"words": {"a": 1}},
        {"kind": "features"},
        {"kind": "__class__"},
        {"kind": LEFT_OUT},
        {"words": LEFT_OUT},
    ],
    ids=str,
)
def test_an_encoder_of_another_config_is_damaged(made: RunFolder, changes: dict) -> None:
    as_it_was = made.preprocessing_path.read_text()
    content = json.loads(as_it_was)
    encoder = {**content["encoder"], **changes}
    kept = {name: value for name, value in encoder.items() if value is not LEFT_OUT}
    made.preprocessing_path.write_text(json.dumps({**content, "encoder": kept}))
    with pytest.raises(RunError, match=r"preprocessing\.json: damaged: "):
        read_preprocessing(made.config, made)
    made.preprocessing_path.write_text(as_it_was)


@pytest.mark.parametrize(
    "changes",
    [
        {"task": "other"},
        {"task": ["binary"]},
        {"class_names": "ab"},
        {"class_names": [1, 2]},
        {"class_names": 3},
        {"encoder": []},
        {"encoder": None},
    ],
    ids=str,
)
def test_other_content_is_damaged(made: RunFolder, changes: dict) -> None:
    as_it_was = made.preprocessing_path.read_text()
    made.preprocessing_path.write_text(json.dumps({**json.loads(as_it_was), **changes}))
    with pytest.raises(RunError, match=r"preprocessing\.json: damaged: "):
        read_preprocessing(made.config, made)
    made.preprocessing_path.write_text(as_it_was)
