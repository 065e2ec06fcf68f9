"""Small inputs that once gave wrong results, from `../shared/cases` where it is found."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from textclf.cli import main

CASES = Path(__file__).parents[3] / "shared" / "cases"


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Makes a copy of a case's folder, by its name, the working folder, and returns it.

    Given an engine, the case's config names it.
    """

    def enter(name: str, engine: str | None = None) -> Path:
        if not (CASES / name).is_dir():
            message = f"{CASES / name}: not found"
            if CASES.is_dir():
                pytest.fail(message, pytrace=False)
            pytest.skip(message)
        shutil.copytree(CASES / name, tmp_path / name, copy_function=shutil.copyfile)
        (tmp_path / name).chmod(0o755)
        monkeypatch.chdir(tmp_path / name)
        if engine:
            config = Path("c.yaml").read_text()
            assert config.count("training: {") == 1
            named = config.replace("training: {", f"training: {{engine: {engine}, ")
            Path("c.yaml").write_text(named)
        return tmp_path / name

    return enter


@pytest.fixture
def cli() -> Callable[..., Result]:
    """Runs a command line in this process."""
    return lambda *arguments: CliRunner().invoke(main, list(map(str, arguments)))
