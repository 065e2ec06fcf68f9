"""From a user's file of any format to predictions, without an edit of the config."""

import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest

from textclf.config.file import load_config
from textclf.data.loaders import load_dataset

ROWS = [
    {
        "본문": f"{'좋은' if n % 2 else '나쁜'} 영화 정말 {n % 7}",
        "감정": "긍정" if n % 2 else "부정",
    }
    for n in range(60)
]


def write_export(path: Path) -> None:
    """As Excel saves a table in Korea."""
    lines = ["본문;감정", *(";".join(row.values()) for row in ROWS)]
    path.write_bytes("".join(f"{line}\r\n" for line in lines).encode("cp949"))


def write_workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    for row in ([*ROWS[0]], *(list(row.values()) for row in ROWS)):
        book.active.append(row)
    book.save(path)


def write_parquet(path: Path) -> None:
    pyarrow.parquet.write_table(pa.Table.from_pylist(ROWS), path)


def write_folder(path: Path) -> None:
    for number, row in enumerate(ROWS):
        text = path / row["감정"] / f"{number}.txt"
        text.parent.mkdir(parents=True, exist_ok=True)
        text.write_text(row["본문"], encoding="utf-8")


FORMATS: dict[str, Callable[[Path], None]] = {
    "own.csv": write_export,
    "own.xlsx": write_workbook,
    "own.parquet": write_parquet,
    "own": write_folder,
}
by_format = pytest.mark.parametrize("name", FORMATS)


@by_format
def test_init_writes_a_config_that_reads_it(cli, empty_folder, monkeypatch, name):
    monkeypatch.setenv("TEXTCLF_CACHE_DIR", str(empty_folder / "cache"))
    FORMATS[name](Path(name))
    result = cli("init", name)
    assert (result.exit_code, result.stdout) == (0, "own_dense.yaml\n"), result.stderr
    assert "'긍정'" in result.stderr
    data = load_dataset(load_config("own_dense.yaml").dataset)
    assert (len(data), data.class_names) == (60, ["긍정", "부정"])
    assert {"좋은", "나쁜", "영화"} <= set(data.words) and not data.warnings


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Glyph")  # where no font has Korean letters
@pytest.mark.parametrize("name", ["own.csv", "own"])  # the others are read to the same dataset
def test_it_trains_and_predicts_without_an_edit(cli, cli_json, empty_folder, monkeypatch, name):
    monkeypatch.setenv("TEXTCLF_CACHE_DIR", str(empty_folder / "cache"))
    FORMATS[name](Path(name))
    for arguments in (
        ["init", name],
        ["check", "own_dense.yaml"],
        ["train", "own_dense.yaml", "--quiet", "--name", "own"],
        ["report", "own"],
        ["evaluate", "own", "--expect", "test_accuracy>=0.9"],
    ):
        result = cli(*arguments)
        assert result.exit_code == 0, result.stderr
    code, answer = cli_json("predict", "--run", "own", "--file", name)
    assert (code, answer["metrics"]["accuracy"]) == (0, pytest.approx(1, abs=0.1)), json.dumps(
        answer
    )
