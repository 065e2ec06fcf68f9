"""The documentation says what the code does: generated parts, commands, links, names, examples."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
import yaml

from shell_lines import commands_in, find_command, inline_commands_in, parse
from textclf.cli import main
from textclf.config.conflicts import RULES
from textclf.config.file import load_config

PROJECT = Path(__file__).parents[1]
DOCS = PROJECT / "docs"
sys.path.insert(0, str(DOCS))

import generate  # noqa: E402
import samples  # noqa: E402
from writers.commands import EXAMPLES, leaf_commands  # noqa: E402
from writers.config import CONFLICTS  # noqa: E402

GENERATED = generate.pages()
ABOUT = [PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
PAGES = [*ABOUT, *sorted(DOCS.glob("*.md"))]
by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


# --- what is generated -----------------------------------------------------------------------


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.name)
def test_a_generated_file_is_current(path):
    assert path.read_text(encoding="utf-8") == GENERATED[path], "run: python docs/generate.py"


def test_every_command_has_examples_of_itself():
    for name, _ in leaf_commands(main, ""):
        assert EXAMPLES.get(name), f"docs/writers/commands.py: no example of textclf {name}"
        assert all(f"textclf {name}" in line for line, _ in EXAMPLES[name])


def test_every_rule_has_settings_that_break_it():
    assert set(CONFLICTS) == {rule.__name__ for rule in RULES}


def test_samples_show_what_a_command_prints(tmp_path):
    page = tmp_path / "page.md"
    (tmp_path / "given.txt").write_text("known\n")
    page.write_text(
        "<!-- samples need given.txt -->\n"
        "```console\n$ cat given.txt\nold output\n$ echo b | tee new >&2; echo a\n```\n"
        "```bash\nfalse\n```\n```console\n$ cat new\n```\n"
    )
    samples.write_samples(page, tmp_path)
    assert page.read_text() == (
        "<!-- samples need given.txt -->\n"
        "```console\n$ cat given.txt\nknown\n\n$ echo b | tee new >&2; echo a\nb\na\n```\n"
        "```bash\nfalse\n```\n```console\n$ cat new\nb\n```\n"
    )
    with pytest.raises(subprocess.CalledProcessError):
        samples.run("exit 3", str(tmp_path))


@by_page
def test_every_sample_has_its_output(page):
    for block in samples.CONSOLE.findall(page.read_text(encoding="utf-8")):
        for sample in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = sample.partition("\n")
            assert output.strip() or ">" in command or "--quiet" in command, command


# --- commands --------------------------------------------------------------------------------


@by_page
def test_every_command_in_a_block_is_one_that_textclf_takes(page):
    for words in commands_in(page):
        try:
            parse(words)
        except (KeyError, click.UsageError) as error:
            pytest.fail(f"textclf {' '.join(words)}: {error}")


@by_page
def test_every_command_in_the_text_exists(page):
    for words in inline_commands_in(page):
        command, rest = find_command(words)
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("-")} <= options | {"--help"}, words


def test_commands_are_found_in_blocks_and_checked(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "```bash\npip install . && textclf train a.yaml --set x=[1]  # why\n"
        'eval "$(textclf completion bash)"\n```\n'
        "```console\n$ textclf runs | head -3\ntextclf is no command here\n```\n"
    )
    found = list(commands_in(page))
    assert found == [["train", "a.yaml", "--set", "x=[1]"], ["completion", "bash"], ["runs"]]
    for wrong in (["train"], ["train", "a", "--sett", "x=1"], ["data", "fetch"]):
        with pytest.raises(click.UsageError):
            parse(wrong)
    with pytest.raises(KeyError):
        parse(["trian", "a"])


# --- names and links -------------------------------------------------------------------------


@by_page
def test_every_path_that_a_page_names_exists(page):
    text = page.read_text(encoding="utf-8")
    paths = re.findall(r"`((?:src|tests|docs|benchmarks|configs|\.ci)/[\w./-]+)`", text)
    invented = ("mine.py", "my_lstm.yaml", "test_mine.py")  # of the instructions
    missing = [p for p in paths if not p.endswith(invented) and not (PROJECT / p).exists()]
    assert not missing


@pytest.mark.parametrize("page", ABOUT, ids=lambda page: page.name)
def test_every_link_from_the_top_leads_somewhere(page):
    """`mkdocs build --strict` checks the links of docs/."""
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    for target in targets:
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        assert (PROJECT / path).exists(), target
        assert not anchor or anchor in _anchors(PROJECT / path), target


def _anchors(page: Path) -> set[str]:
    text = page.read_text(encoding="utf-8")
    headings = [heading.lower() for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)]
    return {re.sub(r"[^\w -]", "", heading).replace(" ", "-") for heading in headings}


def test_the_readme_is_a_page_that_one_reads():
    assert len((PROJECT / "README.md").read_text(encoding="utf-8").splitlines()) <= 170


def test_every_page_is_in_the_navigation_of_the_site():
    site = yaml.safe_load((PROJECT / "mkdocs.yml").read_text(encoding="utf-8"))
    listed = set(re.findall(r"[\w-]+\.md", str(site["nav"])))
    assert listed == {page.name for page in DOCS.glob("*.md")}
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert {page for page in listed if f"docs/{page}" not in readme} <= {"index.md"}


def test_the_architecture_names_every_room():
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    rooms = [path for path in (PROJECT / "src" / "textclf").iterdir() if path.name[0] not in "_."]
    names = {f"{p.name}/" if p.is_dir() else p.name for p in rooms} - {"py.typed"}
    assert names and {name for name in names if f"`{name}`" not in text} == set()


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((PROJECT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == project["version"]
    assert f"## {project['version']}" in (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")


# --- examples --------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_python_example_works_in_an_empty_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (example,) = _python_of(PROJECT / "README.md")
    assert example in _python_of(DOCS / "python.md")
    names = {}
    exec(compile(example, "README.md", "exec"), names)
    assert repr(names["run"]).startswith("Run('runs/run-1', finished, val_accuracy=0.")
    assert "run-1  epoch 5/5" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("model", "recipe"),
    [("CNN", "imdb_lstm"), ("bidirectional LSTM", "imdb_lstm"), ("regression", "boston_dense")],
)
def test_the_readmes_stacks_of_layers_are_valid(model, recipe):
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    (layers,) = re.findall(rf"^\| {model}[^|]* \| `(\[.+\])` \|$", readme, re.MULTILINE)
    assert load_config(recipe, [f"model={{type: layers, layers: {layers}}}"])


def _python_of(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.mark.real_data
def test_a_run_has_the_files_that_its_page_lists(trained):
    text = (DOCS / "run-folder.md").read_text(encoding="utf-8")
    files = re.findall(r"^\| `([^`]+)` \|", text.partition("\n## ")[0], re.MULTILINE)
    assert "metrics.json" in files
    assert [name for name in files if not (trained / "imdb" / name).exists()] == []
