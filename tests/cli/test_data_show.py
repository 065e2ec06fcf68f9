"""`textclf data show`: numbers in JSON, plain text of 80 columns in a pipe, never TensorFlow."""

import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from textclf.cli import main
from textclf.cli.data_screen import print_data, print_row
from textclf.inspection.show import show_data, show_row


@pytest.mark.real_data
def test_the_numbers_of_imdb(cli_json, empty_folder):
    code, shown = cli_json("data", "show", "imdb_lstm")
    assert (code, shown["name"], shown["dataset"]) == (0, "imdb_lstm", "imdb")
    assert shown["rows"] == {"training": 20_000, "validation": 5_000, "test": 25_000}
    assert shown["baseline"] == {"prediction": "neg", "test_accuracy": 0.5}
    lengths, words = shown["lengths"], shown["vocabulary"]
    assert (lengths["maxlen"], lengths["texts_cut"]) == (100, 0.88712)
    assert lengths["spread"]["percentiles"]["50"] == 178
    assert sum(lengths["histogram"]["counts"]) == 25_000
    assert (words["words"], round(words["too_rare"], 3)) == (88_584, 0.309)
    assert shown["duplicates"]["test_rows"] == 123
    assert len(shown["examples"]) == 4
    assert list(empty_folder.iterdir()) == []


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("source", ["imdb_lstm", "reuters_lstm", "quickstart", "boston_dense"])
def test_a_pipe_gets_plain_lines_of_80_columns(cli, source):
    result = cli("data", "show", source)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "\x1b" not in result.stdout and "\n\n\n" not in result.stdout
    for line in result.stdout.splitlines():
        assert len(line) <= 80 and line == line.rstrip()
    # A number that found no room would end in an ellipsis.
    assert all("…" not in line for line in result.stdout.partition("Examples")[0].splitlines())


@pytest.mark.real_data
def test_the_screen_says_what_matters(cli):
    told = cli("data", "show", "reuters_lstm").stdout
    for line in (
        "8,982 training · 2,246 validation · 2,246 test",
        "The validation rows are the test rows.",
        "To beat: always guessing 'earn' is right for 36.2% of the test rows.",
        "maxlen 100 cuts 46% of the texts (░) and 46% of all words; 53% are shorter and",
        "num_words 1,000 makes 21.9% of the training words unknown; 78.1% remain.",
        "237 of 2,246 test rows (10.6%) are also training rows, 126 of them",
        "train row 1260 (grain) = train row 5 (acq)",
    ):
        assert line in told


@pytest.mark.real_data
def test_words_stand_over_their_ids(cli):
    told = cli("data", "show", "reuters_lstm", "--row", 5, "--split", "test").stdout
    lines = told.splitlines()
    assert lines[0] == "reuters_lstm: row 5 of test, a test row"
    first = lines.index("After  100 ids, 12 of them unknown words ([?]), 20 padding") + 1
    assert lines[first].startswith("  <pad> x 20 <start> shr 12  cts vs 15")
    assert lines[first + 1].startswith("  0          1       53  134 26  14 102")
    assert all(len(line) <= 80 for line in lines)


def test_an_output_without_blocks_gets_other_bars(empty_folder):
    handler = signal.getsignal(signal.SIGTERM)
    result = CliRunner(charset="ascii").invoke(main, ["data", "show", "docstrings"])
    signal.signal(signal.SIGTERM, handler)
    assert result.exit_code == 0
    assert "pandas" in result.stdout and "  ########" in result.stdout


def test_a_picture_is_saved_and_named(cli, empty_folder):
    result = cli("data", "show", "docstrings", "-o", "lengths.png")
    assert result.stdout.endswith("\nlengths.png\n")
    assert [path.name for path in empty_folder.iterdir()] == ["lengths.png"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["imbd"], 3, "did you mean imdb?"),
        (["docstrings", "--row", 10**6], 4, "docstrings: no row 1000000; the last of train is"),
        (["docstrings", "--row", -1], 2, "-1 is not in the range"),
        (["docstrings", "--split", "test"], 2, "--split needs --row"),
        (["docstrings", "--row", 1, "-o", "a.png"], 2, "-o draws all rows"),
        (["docstrings", "-o", "a.txt"], 2, "must end in .png"),
        (["imdb_lstm", "--data-dir", "nowhere"], 4, "nowhere: the data folder does not exist"),
    ],
)
def test_errors_have_the_codes_of_the_contract(cli, cli_json, arguments, code, message):
    result = cli("data", "show", *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
    assert cli_json("data", "show", *arguments)[1]["error"]["code"] == code


def test_control_characters_of_the_data_never_reach_the_screen(capsys):
    evil = "\x1b[31mred\x07"
    shown = show_data("docstrings")
    shown["classes"][0]["name"] = shown["examples"][0]["text"] = evil
    shown["name"] = shown["baseline"]["prediction"] = shown["examples"][0]["label"] = evil
    shown["warnings"] = [evil]
    print_data(shown)
    row = show_row("docstrings", row=1)
    row["name"] = row["text"] = row["truth"] = row["input"]["words"][0] = evil
    print_row(row)
    told = capsys.readouterr().out
    assert "\x1b" not in told and "\x07" not in told
    assert r"\x1b[31mred\x07" in told


def test_no_tensorflow_is_imported():
    script = (
        "import sys\nfrom textclf.cli import main\n"
        "try: main(['data', 'show', 'docstrings', '-o', '/dev/null/x.png'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'tensorflow', 'keras', 'matplotlib.pyplot'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
