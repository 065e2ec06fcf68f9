"""The space of a sweep: read from configs and the command line, every point of it checked."""

import json
from pathlib import Path

import pytest

from textclf.config.file import dump_config, load_config
from textclf.config.settings.sweep import SweepSettings
from textclf.config.space import Choices, Range
from textclf.config.sweep_file import Space, load_sweep
from textclf.errors import ConfigError

TEXTS = """\
dataset: {name: docstrings}
preprocessing: {num_words: 500, maxlen: 20, encoding: embedding}
model: {type: lstm, embedding_dim: 8}
"""
SECTION = """\
sweep:
  set:
    model.units: [4, 8]
    training.learning_rate: 1e-4..1e-2
  trials: 20
  seeds: 3
"""


def write(folder: Path, text: str, name: str = "a.yaml") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def problems(*arguments) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_sweep(*arguments)
    return [line.rpartition("/")[2] for line in caught.value.messages]


def test_several_values_are_varied_and_one_is_for_all(tmp_path):
    path = write(tmp_path, TEXTS)
    space, settings, score = load_sweep([path], ["model.units=4,8", "training.epochs=3"])
    assert space.axes == {"model.units": Choices((4, 8))}
    assert [space.config(point).model.units for point in space.grid()] == [4, 8]
    assert {space.config(point).training.epochs for point in space.grid()} == {3}
    assert settings == SweepSettings()
    assert score == "val_accuracy"


def test_the_sweep_section_says_the_same(tmp_path):
    space, settings, _ = load_sweep([write(tmp_path, TEXTS + SECTION)])
    assert space.axes == {
        "model.units": Choices((4, 8)),
        "training.learning_rate": Range(1e-4, 1e-2, True),
    }
    assert (settings.trials, settings.seeds) == (20, 3)


def test_the_command_line_comes_before_the_section(tmp_path):
    path = write(tmp_path, TEXTS + SECTION)
    space, settings, _ = load_sweep(
        [path], ["model.units=16,32", "training.learning_rate=0.1", "sweep.trials=7"]
    )
    assert space.axes == {"model.units": Choices((16, 32))}
    assert space.config({"model.units": 16}).training.learning_rate == 0.1
    assert settings.trials == 7


def test_a_setting_may_stand_in_the_section_alone(tmp_path):
    text = TEXTS.replace(", embedding_dim: 8", "") + "sweep: {set: {model.embedding_dim: [4, 8]}}"
    space, _, _ = load_sweep([write(tmp_path, text)])
    assert [space.config(point).model.embedding_dim for point in space.grid()] == [4, 8]


def test_both_ends_of_a_range_and_every_choice_are_checked_where_they_stand(tmp_path):
    text = TEXTS + "sweep:\n  set:\n    model.units: [4, 0]\n    model.dropout: 0.0..1.5\n"
    assert problems([write(tmp_path, text)]) == [
        "a.yaml:7:5: model.dropout: 1.5 is out of range: 0 or more and below 1",
        "a.yaml:6:22: model.units: 0 is out of range: 1 to 65,536",
    ]
    assert problems([write(tmp_path, TEXTS)], ["model.units=4,0", "model.dropout=0.5..1.0"]) == [
        "--set model.dropout=1.0: 1.0 is out of range: 0 or more and below 1",
        "--set model.units=0: 0 is out of range: 1 to 65,536",
    ]


def test_what_conflicts_in_one_point_alone_is_found(tmp_path):
    lines = problems([write(tmp_path, TEXTS)], ["model.type=lstm,cnn", "model.kernel_size=3,30"])
    assert len(lines) == 1
    assert "kernel_size" in lines[0]


def test_of_a_large_space_all_pairs_are_checked(tmp_path):
    many = ",".join(map(str, range(1, 31)))
    overrides = [f"model.units={many}", f"model.embedding_dim={many}", f"training.epochs={many},0"]
    assert problems([write(tmp_path, TEXTS)], overrides) == [
        "--set training.epochs=0: 0 is out of range: 1 to 100,000"
    ]


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("sweep: 3", "4:1: sweep: expected a section with keys such as 'set:', received 3"),
        ("sweep: {trial: 3}", "4:9: sweep.trial: unknown key; did you mean 'trials'?"),
        ("sweep: {search: bayes}", "expected grid, random or tpe, received the text 'bayes'"),
        ("sweep: {set: {model.units: [4, 4]}}", "4:15: sweep.set.model.units: 4 is there twice"),
    ],
)
def test_mistakes_in_the_section_are_located(tmp_path, section, message):
    (line,) = problems([write(tmp_path, TEXTS + section)], ["model.dropout=0.1,0.2"])
    assert line.startswith("a.yaml:4:")
    assert message in line


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed=1,2", "--seeds 3 trains each trial with three seeds"),
        ("sweep.trials=1,2", "sweep.trials cannot be varied"),
        ("model.unit=4,8", "unknown key; did you mean 'units'?"),
        ("training.validation.seed=1,2", "other data or validation rows cannot be compared"),
        ("training.validation.split=test", "chooses by them"),
        ("training.validation=null", "validation is null; set it to {split: shuffled}"),
        ("training.epochs=3", "nothing to vary"),
    ],
)
def test_what_cannot_be_compared_is_refused(tmp_path, override, message):
    more = ["model.units=4,8"] if "validation" in override else []
    path = write(tmp_path, TEXTS + "training: {validation: {split: shuffled}}")
    assert any(message in line for line in problems([path], [override, *more]))


# --- whole models ------------------------------------------------------------------------------


def test_keys_that_a_type_does_not_have_are_left_out_for_it(tmp_path):
    overrides = ["model.type=lstm,cnn,cnn_lstm", "model.filters=4,8", "model.bidirectional=true"]
    space, _, _ = load_sweep([write(tmp_path, TEXTS)], overrides)
    points = space.grid()
    assert points[0] == {"model.type": "lstm"}
    assert len(points) == 5
    for point in points:
        model = space.config(point).model
        assert hasattr(model, "filters") == ("model.filters" in point)
    assert space.left_out() == [
        "model.bidirectional is left out: cnn models do not have it",
        "model.filters is left out: lstm models do not have it",
    ]


def test_a_key_that_no_type_has_is_unknown(tmp_path):
    lines = problems([write(tmp_path, TEXTS)], ["model.type=lstm,cnn", "model.filter=4,8"])
    assert lines
    assert all("unknown key" in line for line in lines)


def test_several_configs_compete(tmp_path):
    one = write(tmp_path, TEXTS)
    other = write(tmp_path, TEXTS.replace("lstm", "cnn"), "b.yaml")
    space, _, _ = load_sweep([one, other], ["model.kernel_size=3,5"])
    assert space.grid() == [
        {"config": "a"},
        {"config": "b", "model.kernel_size": 3},
        {"config": "b", "model.kernel_size": 5},
    ]
    assert [space.config(point).model.type for point in space.grid()] == ["lstm", "cnn", "cnn"]


def test_several_configs_need_the_same_rows(tmp_path):
    one = write(tmp_path, TEXTS)
    other = write(tmp_path, TEXTS + "training: {validation: {split: tail}}", "b.yaml")
    assert "cannot be compared" in problems([one, other])[0]
    assert "a second config of the name a" in problems([one, one])[0]
    section = write(tmp_path, TEXTS + SECTION, "c.yaml")
    assert "say with --set what is varied" in problems([one, section])[0]


def test_a_score_that_chooses_the_epoch_decides(tmp_path):
    path = write(tmp_path, TEXTS)
    monitor = "training.checkpoint={keep: best, monitor: val_macro_f1}"
    assert load_sweep([path], ["model.units=4,8", monitor])[2] == "val_macro_f1"
    assert load_sweep(["boston_dense"], ["model.dropout=0.1,0.2"])[2] == "val_mae"


def test_sweep_json_keeps_the_space(tmp_path):
    space, _, _ = load_sweep([write(tmp_path, TEXTS + SECTION)], ["model.type=lstm,cnn"])
    again = Space.from_json(json.loads(json.dumps(space.to_json())), "sweep.json")
    assert again.axes == space.axes
    values = {"model.type": "cnn", "training.learning_rate": 0.003}
    assert again.config(values) == space.config(values)


def test_a_training_does_not_read_the_section(tmp_path):
    plain = load_config(write(tmp_path, TEXTS))
    config = load_config(write(tmp_path, TEXTS + SECTION, "b.yaml"))
    assert config == plain
    assert dump_config(config) == dump_config(plain)
    with pytest.raises(ConfigError, match=r"sweep\.trials: 0 is out of range"):
        load_config(write(tmp_path, TEXTS + "sweep: {trials: 0}", "c.yaml"))
