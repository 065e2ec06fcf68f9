"""Writes the reference pages and the JSON Schema: python docs/generate.py."""

import inspect
import json
from collections.abc import Iterator
from pathlib import Path

import click

from textclf import errors
from textclf.cli import main as textclf
from textclf.config.file import load_config
from textclf.config.json_schema import (
    Schema,
    choices,
    config_schema,
    default,
    dump_schema,
    in_words,
    value_range,
)
from textclf.config.messages import one_of
from textclf.config.recipes import SCHEMA_FILE
from textclf.config.settings import Config
from textclf.inspection.starter import starter_config

ROOT = Path(__file__).resolve().parent.parent
NOTICE = "<!-- python docs/generate.py writes this page -->"

# By command: what to type, and why.
EXAMPLES: dict[str, list[tuple[str, str]]] = {
    "train": [
        ("textclf train quickstart", "a shipped recipe, in any folder"),
        ("textclf train my.yaml --set training.epochs=3 --name short", "runs/short"),
        ("textclf train quickstart --json --expect 'test_accuracy>=0.8'", "in CI"),
    ],
    "resume": [
        ("textclf resume imdb_lstm-1", "after Ctrl-C, a crash or a full disk"),
        ("textclf resume imdb_lstm-1 --set training.epochs=20", "ten epochs more"),
    ],
    "reproduce": [("textclf reproduce quickstart-1", "the same to the bit, or what differs")],
    "evaluate": [
        ("textclf evaluate", "the newest finished run"),
        ("textclf evaluate quickstart-1 --json", "for scripts"),
    ],
    "predict": [("textclf predict 'Return the sum of an array.'", "by the newest finished run")],
    "plot": [
        ("textclf plot", "redraw the newest finished run's plots"),
        ("textclf plot quickstart-1 quickstart-2 -o both.svg", "two runs in one picture"),
    ],
    "check": [
        ("textclf check imdb_lstm", "layers, parameters, examples, memory"),
        ("textclf check imdb_lstm --set model.units=64", "how much larger is that?"),
    ],
    "runs": [("textclf runs", "the runs under runs/")],
    "compare": [("textclf compare quickstart-1 quickstart-2", "what differs, and by how much")],
    "report": [("textclf report quickstart-1 -o report.html", "one file to read and to send")],
    "export": [("textclf export quickstart-1 --format onnx -o model.onnx", "for other runtimes")],
    "data fetch": [("textclf data fetch imdb", "into Keras's own cache")],
    "data verify": [("textclf data verify imdb", "are the files correct?")],
    "data show": [
        ("textclf data show imdb", "classes, lengths, words, duplicates, examples"),
        ("textclf data show imdb_lstm -o lengths.png", "and a picture of what its maxlen cuts"),
        ("textclf data show imdb_lstm --row 17", "a review before and after preprocessing"),
    ],
    "init": [
        ("textclf init", "docstrings_dense.yaml, which needs no download"),
        ("textclf init reviews.csv --model lstm", "for your own file"),
        ("textclf init --dataset imdb --model lstm --schema", "with completion in editors"),
    ],
    "schema": [
        ("textclf schema -o textclf.schema.json", "beside the configs, for their editor"),
        ("textclf schema --json | jq '.properties | keys'", "for scripts"),
    ],
    "completion": [('eval "$(textclf completion bash)"', "in this shell, until it ends")],
}

# For each rule of conflicts.py, settings that break it.
CONFLICTS: dict[str, tuple[str, ...]] = {
    "_text_model_on_features": ("boston_dense", "model={type: lstm}"),
    "_preprocessing_of_the_other_kind": ("boston_dense", "preprocessing={maxlen: 100}"),
    "_one_of_two": ("quickstart", "dataset={name: csv, path: my.csv, text: review}"),
    "_column_in_two_places": (
        "quickstart",
        "dataset={name: csv, path: my.csv, text: review, label: review}",
    ),
    "_encoding_that_the_model_cannot_read": ("imdb_cnn_lstm", "preprocessing.encoding=one_hot"),
    "_skip_top_leaves_no_words": ("imdb_lstm", "preprocessing.skip_top=500"),
    "_hot_without_num_words": ("imdb_dense", "preprocessing.num_words=null"),
    "_sequences_without_maxlen": ("imdb_lstm", "preprocessing.maxlen=null"),
    "_embedding_dim": ("imdb_lstm", "model.embedding_dim=null"),
    "_bptt_beyond_the_text": ("imdb_truncated_rnn", "model.bptt_steps=500"),
    "_pooling_that_leaves_no_step": ("imdb_cnn_lstm", "preprocessing.maxlen=5"),
    "_best_without_validation": (
        "quickstart",
        "training={validation: null, checkpoint: {keep: best}}",
    ),
    "_early_stopping_without_validation": (
        "imdb_lstm",
        "training={validation: null, early_stopping: {patience: 3}}",
    ),
    "_monitor_of_another_task": ("imdb_lstm", "training.checkpoint.monitor=val_mae"),
}


def main() -> None:
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        click.echo(path.relative_to(ROOT))


def pages() -> dict[Path, str]:
    """Every generated file and its text."""
    return {
        ROOT / "docs" / "commands.md": _page(commands_page()),
        ROOT / "docs" / "config.md": _page(config_page()),
        ROOT / "configs" / SCHEMA_FILE: dump_schema(config_schema()),
    }


def _page(blocks: Iterator[str]) -> str:
    return "\n\n".join([NOTICE, *blocks]) + "\n"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    escaped = ([cell.replace("|", "\\|").replace("<", "\\<") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped)


def _code(text: str, language: str) -> str:
    return f"```{language}\n{text}\n```"


# --- commands --------------------------------------------------------------------------------


def commands_page() -> Iterator[str]:
    commands = dict(_commands(textclf, ""))
    yield "# Commands"
    yield (
        "CONFIG is a YAML file ([its keys](config.md)), or the name of a shipped recipe such as "
        "`imdb_lstm`. RUN is a folder, or a name under `--runs-dir`. Results go to standard "
        "output, everything else to standard error; with `--json`, errors are results too. Every "
        "command has `--help`."
    )
    rows = [
        [f"[`textclf {name}`](#textclf-{name.replace(' ', '-')})", _summary(command)]
        for name, command in commands.items()
    ]
    yield _table(["command", "does"], rows)
    for name, command in commands.items():
        yield from _command(name, command)
    yield "## Exit codes"
    yield _table(["code", "means"], [[str(code), text] for code, text in _exit_codes()])


def _commands(group: click.Group, above: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command


def _summary(command: click.Command) -> str:
    return str(command.help).partition("\n\n")[0].replace("\n", " ")


def _command(name: str, command: click.Command) -> Iterator[str]:
    # A command keeps the help option that its first context asks for, -h too.
    context = click.Context(command, info_name=f"textclf {name}", **textclf.context_settings)
    yield f"## textclf {name}"
    yield _code(" ".join([f"textclf {name}", *command.collect_usage_pieces(context)]), "")
    yield _help_text(str(command.help))
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    yield _table(["option", "meaning"], [_option(option, context) for option in options])
    if examples := EXAMPLES.get(name):
        width = max(len(line) for line, _ in examples)
        yield _code("\n".join(f"{line:<{width}}  # {why}" for line, why in examples), "bash")


def _option(option: click.Option, context: click.Context) -> list[str]:
    record = option.get_help_record(context)
    assert record is not None
    names, meaning = record
    return [f"`{names}`", f"{meaning} Can be repeated." if option.multiple else meaning]


def _help_text(text: str) -> str:
    """Click's help as Markdown: a block that is not to be wrapped becomes code."""
    blocks = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(
        _code(block.removeprefix("\b\n"), "text") if block.startswith("\b") else block
        for block in blocks
    )


def _exit_codes() -> Iterator[tuple[str, str]]:
    meanings: dict[int, list[str]] = {
        0: ["Done."],
        1: ["A bug of textclf: the only case with a traceback."],
    }
    for _, kind in inspect.getmembers(errors, inspect.isclass):
        if kind.__module__ == errors.__name__ and "exit_code" in vars(kind) and kind.exit_code > 1:
            meanings.setdefault(kind.exit_code, []).append(str(kind.__doc__).splitlines()[0])
    for code, sentences in sorted(meanings.items()):
        yield str(code), " ".join(sentences)


# --- config ----------------------------------------------------------------------------------

KINDS = {
    "integer": "whole number",
    "number": "number",
    "boolean": "`true` or `false`",
    "string": "text",
    "null": "`null`",
}


def config_page() -> Iterator[str]:
    schema = Config.model_json_schema()
    yield "# The config"
    yield (
        "A config is a YAML file of four sections and a seed; `dataset` and `model` are required, "
        "everything else has a default. This one was written by "
        "`textclf init --dataset imdb --model lstm`:"
    )
    yield _code(starter_config({"name": "imdb"}, "lstm", "imdb_lstm.yaml").strip(), "yaml")
    yield (
        "A key that is not listed here is an error; so are duplicate keys, anchors, aliases and "
        "tags. `1e-4` is a number, `10.0` is not a whole one, and only `true` and `false` are "
        "booleans. On the command line, `--set training.epochs=3` overrides any key by its dotted "
        "path. An editor completes the keys: [`textclf schema`](commands.md#textclf-schema)."
    )
    for key, field in schema["properties"].items():
        yield from _section(key, field, schema["$defs"])
    yield "## Settings that conflict"
    yield (
        "Settings that are right one by one can contradict each other. This is an error before "
        "anything is loaded or trained, and the message says what to do:"
    )
    yield _table(
        ["`textclf check` of", "with `--set`", "says"],
        [
            [f"`{recipe}`", f"`{override}`", _conflict(recipe, override)]
            for recipe, override in CONFLICTS.values()
        ],
    )


def _section(path: str, field: Schema, sections: dict[str, Schema]) -> Iterator[str]:
    """A section's keys; where a key chooses among several kinds, each kind's."""
    level = "#" * (2 + path.count("."))
    yield f"{level} {path}"
    yield _meaning(field)
    below = [sections[c["$ref"].rpartition("/")[2]] for c in choices(field) if "$ref" in c]
    for section in below:
        if len(below) > 1:
            yield f"{level}# {_headline(path, section)}"
        if section["description"] != _sentence(field):
            yield section["description"]
        # A key that chooses the section stands in the headline already.
        keys = {key: part for key, part in section["properties"].items() if "const" not in part}
        if keys:
            rows = [_row(key, part, section) for key, part in keys.items()]
            yield _table(["key", "value", "default", "meaning"], rows)
        for key, part in keys.items():
            if any("$ref" in choice for choice in choices(part)):
                yield from _section(f"{path}.{key}", part, sections)


def _meaning(field: Schema) -> str:
    return f"{_sentence(field)} {_range_and_default(field)}".strip()


def _sentence(field: Schema) -> str:
    meaning: str = field["description"]
    return f"{meaning[0].upper()}{meaning[1:]}."


def _range_and_default(field: Schema) -> str:
    facts = {"Range": value_range(field), "Default": default(field) and f"`{default(field)}`"}
    return " ".join(f"{name}: {fact}." for name, fact in facts.items() if fact)


def _headline(path: str, section: Schema) -> str:
    for key, field in section["properties"].items():
        if "const" in field:
            return f"{path}: {{{key}: {field['const']}}}"
    return in_words(section["title"])


def _row(key: str, field: Schema, section: Schema) -> list[str]:
    value = "required" if key in section.get("required", ()) else "depends"
    if "default" in field:
        value = f"`{default(field)}`"
    return [f"`{key}`", _kind(field), value, field["description"]]


def _kind(field: Schema) -> str:
    """'whole number, 1 to 100,000; or `null`', or the words to choose from."""
    return "; or ".join(dict.fromkeys(_kind_of(choice) for choice in choices(field)))


def _kind_of(choice: Schema) -> str:
    if "$ref" in choice:
        return "a section, below"
    if "enum" in choice:
        return one_of(f"`{_visible(word)}`" for word in choice["enum"])
    kind = "list, each a " + KINDS[choice["items"]["type"]] if "items" in choice else ""
    words = kind or KINDS[choice["type"]]
    numbers = value_range(choice)
    return f"{words}, {numbers}" if numbers else words


def _visible(word: str) -> str:
    return word if word.isprintable() else json.dumps(word)


def _conflict(recipe: str, override: str) -> str:
    """The error of this setting."""
    try:
        load_config(recipe, [override])
    except errors.ConfigError as error:
        return "; ".join(error.messages).removeprefix(f"--set {override}: ")
    raise AssertionError(f"{recipe} --set {override}: no conflict")


if __name__ == "__main__":
    main()
