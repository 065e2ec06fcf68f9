"""Options that several commands share: what they take and what they refuse."""

import pytest

USAGE, RUN, TAKEN = 2, 5, 5


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ".",
        "..",
        ".hidden",
        "a/b",
        "/a",
        "a\\b",
        "c:",
        "a\nb",
        "a\x1b",
        "\udcff",
        "ü" * 101,
    ],
)
def test_a_name_must_be_one_path_component(cli, empty_folder, name):
    result = cli("train", "boston_dense", "--name", name)
    assert result.exit_code == USAGE
    assert "Invalid value for '--name'" in result.stderr
    assert "a name is one path component" in result.stderr
    assert list(empty_folder.iterdir()) == []


@pytest.mark.parametrize("name", ["a", "a b", "a.b", "-a", "ü" * 100, "実験", "'\"$*?", "a" * 200])
def test_any_other_name_will_do(cli, empty_folder, name):
    (empty_folder / "runs" / name).mkdir(parents=True)
    result = cli("train", "boston_dense", "--name", name)
    assert result.exit_code == TAKEN


@pytest.mark.parametrize("device", ["", "tpu", "GPU", "gpu:", "gpu:-1", "gpu:x", "cpu:0"])
def test_an_unknown_device_is_refused(cli, device):
    result = cli("evaluate", "--device", device)
    assert result.exit_code == USAGE
    assert "is not one of auto, cpu, gpu, gpu:N." in result.stderr


@pytest.mark.parametrize("device", ["auto", "cpu", "gpu", "gpu:0", "gpu:12"])
def test_known_devices_are_taken(cli, device):
    assert cli("evaluate", "--device", device).exit_code == RUN


@pytest.mark.parametrize(
    ("expectation", "message"),
    [
        ("val_accuracy", "is not of the form val_accuracy>=0.77."),
        ("val_accuracy=0.7", "is not of the form"),
        ("val_accuracy=>0.7", "is not of the form"),
        ("val_accuracy>=77%", "is not of the form"),
        ("val_accuracy>=nan", "is not of the form"),
        ("val_accuracy>=", "is not of the form"),
        (">=0.7", "is not of the form"),
        ("", "is not of the form"),
        ("val_acuracy>=0.7", "there is no score 'val_acuracy'; did you mean val_accuracy?"),
        ("seconds<10", "there is no score 'seconds'; the scores are val_loss, val_accuracy, "),
    ],
)
def test_what_is_no_expectation_is_refused_before_anything_is_done(
    cli, empty_folder, expectation, message
):
    result = cli("train", "boston_dense", "--expect", expectation)
    assert result.exit_code == USAGE
    assert message in result.stderr
    assert list(empty_folder.iterdir()) == []


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("epochs", "expected KEY=VALUE"),
        ("=3", "expected KEY=VALUE"),
        ("epochs=3", "unknown key"),
        ("training.epochs=", "--set training.epochs=: "),
        ("training.epochs=[", "--set training.epochs=[: "),
        ("training.epochs.more=3", "--set training.epochs.more=3: "),
        ("training.epochs=1e1", "--set training.epochs=1e1: "),
        ("training.optimizer=adma", "did you mean 'adam'?"),
    ],
)
@pytest.mark.parametrize("command", ["train", "check"])
def test_a_wrong_override_ends_with_3(cli, empty_folder, command, override, message):
    result = cli(command, "imdb_lstm", "--set", override)
    assert result.exit_code == 3
    assert message in result.stderr and result.stderr.startswith(f"textclf: --set {override}")
    assert list(empty_folder.iterdir()) == []


def test_all_wrong_overrides_are_told_at_once(cli):
    result = cli("check", "imdb_lstm", "--set", "seed=x", "--set", "model.units=0")
    assert [line.split(":")[1] for line in result.stderr.splitlines()] == [
        " --set seed=x",
        " --set model.units=0",
    ]
