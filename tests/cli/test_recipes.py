"""`textclf recipes`: the list, one recipe's text, JSON; without TensorFlow."""

import subprocess
import sys

from textclf.config.file import load_config
from textclf.config.recipes import list_recipes, shipped_recipes


def test_every_recipe_is_listed_with_its_scores(cli):
    result = cli("recipes")
    assert (result.exit_code, result.stderr) == (0, "")
    head, *lines = result.stdout.splitlines()
    assert head.split() == ["recipe", "about", "validation", "test"]
    assert sorted(line.split()[0] for line in lines) == list_recipes()
    (lstm,) = [line for line in lines if line.startswith("imdb_lstm ")]
    assert lstm.split("  ")[0] == "imdb_lstm"
    assert "IMDB, an LSTM on word vectors" in lstm and lstm.endswith("0.771")


def test_one_recipe_is_printed_as_it_is_and_is_a_config(cli, empty_folder):
    result = cli("recipes", "imdb_lstm")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == shipped_recipes()["imdb_lstm"].read_text(encoding="utf-8")
    (empty_folder / "my_lstm.yaml").write_text(result.stdout, encoding="utf-8")
    assert load_config("my_lstm.yaml") == load_config("imdb_lstm")


def test_json_has_the_figures_and_the_text(cli_json):
    code, content = cli_json("recipes")
    assert code == 0
    assert sorted(one["name"] for one in content["recipes"]) == list_recipes()
    (lstm,) = [one for one in content["recipes"] if one["name"] == "imdb_lstm"]
    assert lstm["test"] == "0.771" and lstm["tutorial"] == "best 0.785, last 0.779"
    code, one = cli_json("recipes", "imdb_lstm")
    text = shipped_recipes()["imdb_lstm"].read_text(encoding="utf-8")
    assert (code, one) == (0, {**lstm, "text": text})


def test_an_unknown_name_ends_with_3_and_a_suggestion(cli, cli_json):
    result = cli("recipes", "imdb_lstn")
    assert (result.exit_code, result.stdout) == (3, "")
    close = "imdb_lstm, imdb_cnn_lstm or best/imdb_lstm"
    line = f"imdb_lstn: no such recipe; did you mean the recipe {close}?"
    assert result.stderr == f"textclf: {line}\n"
    expected = {"error": {"code": 3, "messages": [line]}}
    assert cli_json("recipes", "imdb_lstn") == (3, expected)


def test_names_are_completed(empty_folder):
    from textclf.cli.completers import complete_recipe

    words = [item.value for item in complete_recipe(None, None, "imdb_lstm")]
    assert words == ["imdb_lstm", "imdb_lstm_dropout"]


def test_tensorflow_is_not_imported(empty_folder):
    script = (
        "import sys; from textclf.cli import main\n"
        "try: main(['recipes', '--json'], prog_name='textclf')\n"
        "except SystemExit: print({'tensorflow', 'keras', 'pandas'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.stdout.splitlines()[1:] == ["set()"]
