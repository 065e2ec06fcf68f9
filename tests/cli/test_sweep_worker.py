"""Arguments of `textclf sweep worker` and of `--listen`."""

import pytest
from click.testing import CliRunner

from textclf.cli import main


def run(*arguments: object):
    return CliRunner().invoke(main, ["sweep", *map(str, arguments)], prog_name="textclf")


def test_a_worker_has_its_own_help():
    result = run("worker", "--help")
    assert result.exit_code == 0
    assert "textclf sweep worker [OPTIONS] ADDRESS|SWEEP" in result.output


def test_an_address_needs_a_key():
    result = run("worker", "127.0.0.1:9")
    assert result.exit_code == 2
    assert "127.0.0.1:9: --key FILE is missing" in result.output


def test_a_sweep_that_is_not_there(tmp_path):
    result = run("worker", "S", "--runs-dir", tmp_path, "--json")
    assert result.exit_code == 5
    assert '"messages": ["' + str(tmp_path / "S") + ": no such sweep" in result.stdout


@pytest.mark.parametrize("address", ["8786", "host:", ":8786", "host:70000", "host:http"])
def test_an_address_to_listen_at_is_a_host_and_a_port(address):
    result = run("quickstart", "--set", "model.units=4,8", "--listen", address)
    assert result.exit_code == 2
    assert "is not HOST:PORT" in result.output


def test_somebody_must_train(tmp_path):
    result = run("quickstart", "--set", "model.units=4,8", "--workers", 0, "--runs-dir", tmp_path)
    assert result.exit_code == 2
    assert "add --listen HOST:PORT" in result.output and not list(tmp_path.iterdir())
