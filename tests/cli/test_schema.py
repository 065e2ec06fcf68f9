"""`textclf schema`: to standard output or into a file, without TensorFlow."""

import json
import subprocess
import sys

from textclf.config.json_schema import config_schema


def test_it_is_printed(cli, cli_json):
    result = cli("schema")
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == config_schema()
    assert cli_json("schema") == (0, config_schema())


def test_it_is_written(cli, cli_json, empty_folder):
    assert cli("schema", "-o", "a.json").stdout == "a.json\n"
    assert json.loads((empty_folder / "a.json").read_text(encoding="utf-8")) == config_schema()
    assert cli_json("schema", "-o", "new/b.json") == (0, {"files": ["new/b.json"]})
    assert (empty_folder / "new/b.json").read_bytes() == (empty_folder / "a.json").read_bytes()


def test_a_folder_that_cannot_be_written_ends_with_6(cli, empty_folder):
    (empty_folder / "file").touch()
    result = cli("schema", "-o", "file/a.json")
    assert (result.exit_code, result.stdout) == (6, "")
    assert result.stderr.startswith("textclf: file/a.json: cannot be written: ")


def test_tensorflow_is_not_imported(empty_folder):
    script = (
        "import sys; from textclf.cli import main\n"
        "try: main(['schema', '-o', 'a.json'], prog_name='textclf')\n"
        "except SystemExit: print({'tensorflow', 'keras', 'pandas'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.stdout == "a.json\nset()\n"
