"""docs/commands.md: each command's usage, help, options and examples; the exit codes."""

import inspect
from collections.abc import Iterator

import click

from textclf import errors
from textclf.cli import main as textclf
from textclf.cli.sweep import WithWorker
from textclf.cli.sweep_worker import worker
from writers.markdown import code_block, table

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
        (
            "textclf evaluate imdb_dense-1 --choose-threshold f1",
            "of two classes, on validation rows",
        ),
    ],
    "predict": [
        ("textclf predict 'Return the sum of an array.'", "by the newest finished run"),
        ("textclf predict --run imdb_dense-1 --threshold 0.7 'A good film.'", "'pos' only if sure"),
        ("textclf predict --encoding cp949 < lines.txt", "a text on each line, not in UTF-8"),
    ],
    "plot": [
        ("textclf plot", "redraw the newest finished run's pictures"),
        ("textclf plot quickstart-1 quickstart-2 -o both.svg", "two runs in one picture"),
    ],
    "check": [
        ("textclf check imdb_lstm", "layers, parameters, examples, memory"),
        ("textclf check imdb_lstm --set model.units=64", "how much larger is that?"),
    ],
    "runs": [
        ("textclf runs", "the runs under runs/"),
        ("textclf runs --where model.type=lstm --sort val_accuracy", "the best LSTM first"),
        ("textclf runs --where tag=baseline", "what somebody tagged"),
        ("textclf runs --csv > runs.csv", "every setting and score, for a spreadsheet"),
    ],
    "note": [
        ("textclf note quickstart-1 'loss still falls: train longer'", "shown by runs and report"),
        ("textclf note quickstart-1 --tag baseline", "for --where tag=baseline"),
        ("textclf note quickstart-1", "print its notes and tags"),
    ],
    "rm": [
        ("textclf rm quickstart-1 quickstart-2", "asks first"),
        ("textclf rm quickstart-1 --yes", "in scripts"),
    ],
    "compare": [
        ("textclf compare quickstart-1 quickstart-2", "what differs, and by how much"),
        ("textclf compare runs/* --baseline quickstart-1", "a run a row, the best first"),
    ],
    "learning-curve": [
        ("textclf learning-curve quickstart --seeds 3", "would more data help?"),
        ("textclf learning-curve my.yaml --shares 0.25,0.5,1", "fewer, larger steps"),
    ],
    "sweep": [
        ("textclf sweep quickstart --set model.units=8,16,32 --seeds 3", "each with three seeds"),
        ("textclf sweep my.yaml --set training.learning_rate=1e-4..1e-2 --time 2h", "a range"),
        ("textclf sweep my.yaml --set model.type=lstm,gru,cnn --prune asha", "whole models"),
        ("textclf sweep quickstart-sweep-1", "resume it, or show it again"),
    ],
    "sweep worker": [
        ("textclf sweep worker quickstart-sweep-1 --slots 4", "on a machine that shares the disk"),
        ("textclf sweep worker 192.168.1.7:8786 --key key.pem --slots 4", "on any other"),
    ],
    "report": [
        ("textclf report quickstart-1 -o report.html", "one file to read and to send"),
        ("textclf report runs/*", "all runs on one page"),
    ],
    "export": [
        ("textclf export quickstart-1 --format savedmodel -o model", "for TensorFlow Serving, say"),
        ("textclf export quickstart-1 --format onnx -o model.onnx", "needs the extra 'export'"),
    ],
    "data fetch": [("textclf data fetch imdb", "into Keras's own cache")],
    "data verify": [("textclf data verify imdb", "are the files correct?")],
    "data show": [
        ("textclf data show imdb", "classes, lengths, words, duplicates, examples"),
        ("textclf data show imdb_lstm -o lengths.png", "and a picture of what its maxlen cuts"),
        ("textclf data show imdb_lstm --row 17", "a review before and after preprocessing"),
    ],
    "data cache": [
        ("textclf data cache", "what textclf keeps of converted data, and how large it is"),
        ("textclf data cache --clear", "remove it; it is built again when it is needed"),
    ],
    "recipes": [
        ("textclf recipes", "all of them, with their scores"),
        ("textclf recipes imdb_lstm > my_lstm.yaml", "a copy to change"),
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


def commands_page() -> Iterator[str]:
    commands = dict(leaf_commands(textclf, ""))
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
    yield table(["command", "does"], rows)
    for name, command in commands.items():
        yield from _command(name, command)
    yield "## Exit codes"
    yield table(["code", "means"], [[str(code), text] for code, text in _exit_codes()])


def leaf_commands(group: click.Group, above: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaf_commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command
        if isinstance(command, WithWorker):
            yield f"{above}{name} {worker.name}", worker


def _summary(command: click.Command) -> str:
    return str(command.help).partition("\n\n")[0].replace("\n", " ")


def _command(name: str, command: click.Command) -> Iterator[str]:
    # A command keeps the help option that its first context asks for, -h too.
    context = click.Context(command, info_name=f"textclf {name}", **textclf.context_settings)
    yield f"## textclf {name}"
    yield code_block(" ".join([f"textclf {name}", *command.collect_usage_pieces(context)]), "")
    yield _help_text(str(command.help))
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    yield table(["option", "meaning"], [_option(option, context) for option in options])
    if examples := EXAMPLES.get(name):
        width = max(len(line) for line, _ in examples)
        yield code_block("\n".join(f"{line:<{width}}  # {why}" for line, why in examples), "bash")


def _option(option: click.Option, context: click.Context) -> list[str]:
    record = option.get_help_record(context)
    assert record is not None
    names, meaning = record
    return [f"`{names}`", f"{meaning} Can be repeated." if option.multiple else meaning]


def _help_text(text: str) -> str:
    """Click's help as Markdown: a block that is not to be wrapped becomes code."""
    blocks = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(
        code_block(block.removeprefix("\b\n"), "text") if block.startswith("\b") else block
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
