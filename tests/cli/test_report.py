"""`textclf report`: one HTML file about one run or several."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.real_data


def test_the_newest_run_is_reported_in_a_file_of_its_name(cli, trained, empty_folder):
    result = cli("report", "--runs-dir", trained)
    newest = f"textclf: {trained / 'imdb'}: the newest finished run\n"
    assert (result.exit_code, result.stdout, result.stderr) == (0, "imdb.html\n", newest)
    assert [path.name for path in empty_folder.iterdir()] == ["imdb.html"]
    assert (empty_folder / "imdb.html").stat().st_size < 1_000_000


def test_several_runs_are_reported_in_one_file(cli_json, trained, empty_folder):
    code, printed = cli_json("report", "folds", "tail", "--runs-dir", trained)
    assert (code, printed) == (0, {"file": "comparison.html"})
    assert "2 runs compared" in (empty_folder / "comparison.html").read_text()


def test_missing_data_is_a_warning(cli, cli_json, trained, no_data):
    result = cli("report", trained / "tail", "-o", "new/page.htm")
    assert (result.exit_code, result.stdout) == (0, "new/page.htm\n")
    assert "textclf: warning: once online, get it with: textclf data fetch" in result.stderr
    code, printed = cli_json("report", trained / "tail")
    assert code == 0 and "textclf data fetch boston" in printed["warnings"][-1]


@pytest.mark.parametrize("file", ["page", "page.pdf", ".html", "run.yaml"])
def test_another_ending_ends_with_2(cli, trained, file):
    result = cli("report", trained / "tail", "-o", file)
    assert result.exit_code == 2
    assert f"{file} must end in .html." in result.stderr


def test_a_run_that_is_not_there_ends_with_5(cli_json):
    code, printed = cli_json("report", "nothing")
    assert code == printed["error"]["code"] == 5


def test_a_gpu_that_is_not_there_ends_with_6(cli_json, trained):
    code, printed = cli_json("report", trained / "tail", "--device", "gpu")
    assert code == printed["error"]["code"] == 6


def test_a_page_that_cannot_be_written_ends_with_6(cli_json, trained, empty_folder):
    (empty_folder / "file").write_text("")
    code, printed = cli_json("report", trained / "tail", "-o", "file/page.html")
    assert code == printed["error"]["code"] == 6


def test_a_run_without_predictions_needs_no_tensorflow(runs):
    (runs / "tail/predictions.csv").unlink()
    script = (
        "import sys, textclf.cli as c\n"
        "try: c.main(sys.argv[1:])\n"
        "finally: print({'tensorflow', 'keras'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", script, "report", "tail", "--runs-dir", "."]
    result = subprocess.run(command, cwd=runs, capture_output=True, text=True)
    assert result.stdout == "tail.html\nset()\n"
