"""`textclf plot`: pictures of one run or of several, drawn from tables alone."""

import shutil

import pytest

pytestmark = pytest.mark.real_data

BEGINNINGS = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


@pytest.mark.parametrize(
    ("name", "pictures"),
    [
        ("imdb", ["loss", "accuracy", "confusion_matrix"]),
        ("tail", ["loss", "mae", "residuals"]),
        ("folds", ["loss", "mae", "residuals"]),
    ],
)
def test_a_runs_pictures_are_drawn_anew(cli, runs, name, pictures):
    shutil.rmtree(runs / name / "plots")
    result = cli("plot", name, "--runs-dir", runs)
    assert (result.exit_code, result.stderr) == (0, "")
    paths = [runs / name / "plots" / f"{picture}.png" for picture in pictures]
    assert result.stdout.splitlines() == list(map(str, paths))
    assert all(path.read_bytes().startswith(BEGINNINGS["png"]) for path in paths)


@pytest.mark.parametrize("ending", ["png", "svg", "pdf", "PNG"])
@pytest.mark.parametrize("names", [["imdb"], ["imdb", "folds", "tail"]])
def test_a_picture_is_saved_where_asked_in_the_format_of_its_ending(
    cli_json, trained, empty_folder, names, ending
):
    file = f"new/picture.{ending}"
    runs = [trained / name for name in names]
    assert cli_json("plot", *runs, "-o", file) == (0, {"files": [file]})
    assert (empty_folder / file).read_bytes().startswith(BEGINNINGS[ending.lower()])


def test_several_runs_are_compared_in_one_picture(cli, trained, empty_folder):
    result = cli("plot", "folds", "tail", "--runs-dir", trained)
    assert (result.exit_code, result.stdout) == (0, "comparison.png\n")
    assert [path.name for path in empty_folder.iterdir()] == ["comparison.png"]


def test_the_newest_run_is_drawn_where_none_is_named(cli_json, trained):
    code, printed = cli_json("plot", "--runs-dir", trained)
    assert code == 0
    assert printed["files"][0] == str(trained / "imdb/plots/loss.png")


def test_a_run_can_be_the_working_directory(cli, runs, monkeypatch):
    monkeypatch.chdir(runs / "imdb")
    result = cli("plot", ".", "-o", "picture.svg")
    assert result.exit_code == 0


@pytest.mark.parametrize("file", ["picture", "picture.jpg", "png", ".png"])
def test_another_ending_ends_with_2(cli, file):
    result = cli("plot", "-o", file)
    assert result.exit_code == 2
    assert f"{file} must end in .png, .svg, .pdf." in result.stderr


@pytest.mark.parametrize(
    ("name", "file", "content", "message"),
    [
        ("imdb", "history.csv", None, "missing; the run is not complete"),
        ("imdb", "history.csv", "", "damaged: "),
        ("imdb", "history.csv", "hello\n", "damaged: it has no column epoch"),
        ("imdb", "history.csv", "epoch,loss\n", "damaged: not a table of numbers"),
        ("imdb", "history.csv", "epoch,loss\n1,much\n", "damaged: not a table of numbers"),
        ("imdb", "history.csv", b"\xff\xfe\x00", "damaged: "),
        ("imdb", "metrics.json", "[1]", "damaged: not a JSON object"),
        ("imdb", "metrics.json", '{"best_epoch": "2"}', "damaged: not all scores are"),
        ("imdb", "confusion_matrix.csv", "a,b\n1,2\n", "damaged: it has no column truth"),
        ("tail", "predictions.csv", "split,row\n", "damaged: it has no column truth"),
        ("folds", "fold-1/history.csv", "", "damaged: "),
    ],
)
def test_a_damaged_run_ends_with_5(cli, runs, name, file, content, message):
    path = runs / name / file
    path.unlink()
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = cli("plot", runs / name)
    assert (result.exit_code, result.stdout) == (5, "")
    assert result.stderr.startswith(f"textclf: {path}: {message}")


def test_a_picture_that_cannot_be_written_ends_with_6(cli_json, trained, empty_folder):
    (empty_folder / "file").write_text("")
    code, printed = cli_json("plot", trained / "imdb", "-o", "file/picture.png")
    assert code == printed["error"]["code"] == 6


def test_a_run_cannot_be_compared_with_itself(cli_json, trained):
    code, printed = cli_json("plot", trained / "imdb", trained / "folds" / ".." / "imdb")
    assert (code, printed["error"]["messages"]) == (
        5,
        [f"{trained / 'imdb'}: named twice; compare it with another run"],
    )


def test_runs_of_the_same_name_are_compared(cli, trained, tmp_path):
    shutil.copytree(trained / "tail", tmp_path / "others" / "tail")
    assert cli("plot", trained / "tail", tmp_path / "others" / "tail").exit_code == 0
