"""`textclf check`: what a config builds, with the data or without; nothing is downloaded."""

import urllib.request

import pytest

from textclf.training.device_choice import DeviceChoice
from textclf.training.engine.gpu_memory import CardMemory


@pytest.fixture
def no_download(monkeypatch):
    def refused(*_, **__):
        raise AssertionError("a download was tried")

    monkeypatch.setattr(urllib.request, "urlopen", refused)


LAYERS = [
    {"type": "Embedding", "output_shape": [100, 16], "parameters": 8000},
    {"type": "LSTM", "output_shape": [8], "parameters": 800},
    {"type": "Dense", "output_shape": [1], "parameters": 9},
]


@pytest.mark.real_data
def test_layers_parameters_examples_and_memory_are_told(cli_json, empty_folder, no_download):
    code, printed = cli_json("check", "imdb_lstm")
    assert code == 0
    assert (printed["parameters"], printed["layers"]) == (8809, LAYERS)
    assert printed["examples"] == {"training": 20_000, "validation": 5_000, "test": 25_000}
    assert 5e8 < printed["memory_bytes"] < 2e9
    assert list(empty_folder.iterdir()) == []
    assert [line.partition(": ")[0] for line in printed["warnings"]] == [
        "preprocessing.maxlen = 100",
        "preprocessing.num_words = 500",
    ]


@pytest.mark.real_data
def test_the_outline_is_a_table(cli, no_download):
    result = cli("check", "imdb_lstm", "--set", "preprocessing.padding=post")
    assert result.exit_code == 0
    trap, *others = result.stderr.splitlines()
    assert trap.startswith("textclf: warning: preprocessing.padding = post: lstm is read at its")
    assert len(others) == 2
    assert result.stdout == (
        "Embedding          100 x 16              8,000\n"
        "LSTM               8                       800\n"
        "Dense              1                         9\n"
        "parameters                               8,809\n"
        "training examples                       20,000\n"
        "validation examples                      5,000\n"
        "test examples                           25,000\n"
        "memory, about                           0.7 GB\n"
    )


def test_the_table_is_as_wide_as_the_longest_name(cli, no_data, no_download):
    layers = "[{Embedding: {output_dim: 4}}, GlobalAveragePooling1D]"
    result = cli("check", "imdb_lstm", "--set", f"model={{type: layers, layers: {layers}}}")
    assert result.stdout == (
        "Embedding              100 x 4               2,000\n"
        "GlobalAveragePooling1D 4                         0\n"
        "Dense                  1                         5\n"
        "parameters                                   2,005\n"
    )


def test_without_the_data_it_warns_and_downloads_nothing(cli, cli_json, no_data, no_download):
    result = cli("check", "imdb_lstm")
    assert result.exit_code == 0
    assert "parameters                               8,809\n" in result.stdout
    assert "examples" not in result.stdout
    warning = (
        "imdb.npz: not found, so the examples are not counted; get it with: textclf data fetch imdb"
    )
    assert result.stderr == f"textclf: warning: {warning}\n"
    code, printed = cli_json("check", "imdb_lstm")
    assert (code, printed["parameters"], printed["layers"]) == (0, 8809, LAYERS)
    assert printed["examples"] is printed["memory_bytes"] is None
    assert printed["warnings"] == [warning]


def test_traps_of_the_config_are_told_without_the_data(cli_json, no_data, no_download):
    code, printed = cli_json("check", "reuters_lstm")
    assert (code, len(printed["warnings"])) == (0, 2)
    assert printed["warnings"][1].startswith("training.validation.split = test: ")


def test_what_only_the_data_tells_is_left_out_without_it(cli_json, no_data, no_download):
    code, printed = cli_json("check", "imdb_lstm", "--set", "preprocessing.num_words=null")
    assert (code, printed["parameters"], len(printed["warnings"])) == (0, None, 1)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nothing"], 3, "nothing: no such file or recipe"),
        (["imdb_lstm", "--set", "model.unit=3"], 3, "did you mean 'units'?"),
        (["imdb_lstm", "--data-dir", "nowhere"], 4, "nowhere: the data folder does not exist"),
        (["quickstart", "--device", "gpu:9"], 6, "there is no such GPU"),
        # The device is looked for before any data.
        (["imdb_lstm", "--data-dir", "nowhere", "--device", "gpu:9"], 6, "there is no such GPU"),
    ],
)
def test_errors_have_the_codes_of_the_contract(cli, cli_json, arguments, code, message):
    result = cli("check", *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
    assert cli_json("check", *arguments)[1]["error"]["code"] == code


@pytest.mark.real_data
def test_damaged_data_ends_with_4(cli, tmp_path, data_dir):
    content = (data_dir / "reuters.npz").read_bytes()
    (tmp_path / "reuters.npz").write_bytes(content[:-10])
    result = cli("check", "reuters_dense", "--data-dir", tmp_path)
    assert result.exit_code == 4
    assert f"{tmp_path}/reuters.npz: damaged: " in result.stderr


def test_every_mistake_of_a_file_is_told_at_its_place(cli, empty_folder):
    (empty_folder / "my.yaml").write_text(
        "dataset: {name: imdb}\nmodel: {type: lstm, unit: 3}\ntraining: {epochs: ten}\n"
    )
    result = cli("check", "my.yaml")
    assert result.exit_code == 3
    first, second, *_ = result.stderr.splitlines()
    assert first.startswith("textclf: my.yaml:2:") and second.startswith("textclf: my.yaml:")


@pytest.mark.real_data
@pytest.mark.parametrize("is_known", [True, False])
def test_what_a_training_needs_of_a_gpu_is_printed(cli, monkeypatch, no_download, is_known):
    card = CardMemory(141 * 10**9, 140 * 10**9, is_known)
    monkeypatch.setattr("textclf.training.engine.backend.start", lambda _: None)
    monkeypatch.setattr("textclf.inspection.check.card_memory", lambda _: card)
    *_, needed, free = cli("check", "imdb_lstm", "--device", "gpu").stdout.splitlines()
    assert needed == "GPU memory, about                       0.8 GB"
    guess = "" if is_known else ", a guess: install nvidia-ml-py"
    assert free == f"GPU memory, free                      140.0 GB{guess}"


@pytest.mark.real_data
def test_a_choice_of_device_is_the_last_line(cli, monkeypatch, no_download):
    choice = DeviceChoice("cpu", "trained on the CPU: because")
    monkeypatch.setattr("textclf.inspection.check.choose_device", lambda *_: choice)
    assert cli("check", "imdb_lstm").stdout.splitlines()[-1] == choice.reason
