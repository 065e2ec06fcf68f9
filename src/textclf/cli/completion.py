"""`textclf completion`: click's scripts, extended for settings such as model.units=8."""

import os
from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    ZshComplete,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

from textclf.cli import options
from textclf.cli.output import print_json


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@options.json_option
@click.pass_context
def completion(context: click.Context, shell: str, as_json: bool) -> None:
    """Print a script that completes words in SHELL.

    It knows commands and options, recipes and config files, the names of runs and datasets, and
    for --set the settings and their values. Load it in your shell's startup file:

    \b
    bash  echo 'eval "$(textclf completion bash)"' >> ~/.bashrc
    zsh   echo 'eval "$(textclf completion zsh)"' >> ~/.zshrc
    fish  textclf completion fish > ~/.config/fish/completions/textclf.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(context.find_root().command, {}, "textclf", "_TEXTCLF_COMPLETE").source()
    if as_json:
        print_json({"shell": shell, "script": script})
    else:
        click.echo(script)


def _with(template: str, before: str, addition: str) -> str:
    """The template with an addition before a line; unchanged if click no longer has that line."""
    return template.replace(before, addition + before)


@add_completion_class
class Bash(BashComplete):
    """Click's script for bash, which splits `model.type=lstm` into three words."""

    source_template = _with(
        BashComplete.source_template,
        "            COMPREPLY+=($value)\n",
        "            [[ $value == *= ]] && compopt -o nospace\n",
    )
    kept = ""  # the part before the word that bash replaces

    def get_completion_args(self) -> tuple[list[str], str]:
        words = split_arg_string(os.environ["COMP_WORDS"])
        cursor = int(os.environ["COMP_CWORD"])
        joined: list[str] = []
        for word in words[1 : cursor + 1]:
            if joined and (word.startswith("=") or joined[-1].endswith("=")):
                joined[-1] += word
            else:
                joined.append(word)
        incomplete = joined.pop() if cursor < len(words) else ""
        if cursor < len(words) and incomplete != words[cursor]:
            self.kept = incomplete[: incomplete.rindex("=") + 1]
        return joined, incomplete

    def format_completion(self, item: CompletionItem[Any]) -> str:
        return f"{item.type},{item.value.removeprefix(self.kept)}"


@add_completion_class
class Zsh(ZshComplete):
    """Click's script for zsh, without a space after `model.type=`."""

    source_template = _with(
        ZshComplete.source_template,
        '    if [ -n "$completions" ]; then\n',
        "    compadd -U -S '' -V unsorted -- ${(M)completions:#*=}\n"
        "    completions=(${completions:#*=})\n\n",
    )
