"""`textclf check`."""

from pathlib import Path
from typing import Any

import click

from textclf.cli import options
from textclf.cli.output import print_json, warn


@click.command()
@options.config_argument
@options.set_option
@options.data_dir_option
@options.device_option
@options.json_option
def check(
    config: str, overrides: tuple[str, ...], data_dir: Path | None, device: str, as_json: bool
) -> None:
    """Check CONFIG and show what it builds, without training.

    CONFIG is a YAML file, or the name of a shipped recipe. Warnings name settings that work but
    mislead or waste. Without the data, everything that does not depend on it is checked. On a
    GPU, it also shows what the training needs of the card's memory.
    """
    from textclf.config.file import load_config

    settings = load_config(config, overrides)
    _check_sweep(config, overrides)

    from textclf.inspection.check import check_config

    outcome = check_config(settings, data_dir, device)
    for warning in outcome["warnings"]:
        warn(warning)
    if as_json:
        print_json(outcome)
    else:
        _print_outline(outcome)


def _check_sweep(config: str, overrides: tuple[str, ...]) -> None:
    """Check every point of the config's sweep section, if it has one."""
    from textclf.config.file import read_draft

    if read_draft(config).data.get("sweep") is not None:
        from textclf.config.sweep_file import load_sweep

        load_sweep([config], overrides)


def _print_outline(outcome: dict[str, Any]) -> None:
    layers = outcome["layers"] or []
    names = max([18, *(len(layer["type"]) for layer in layers)])
    left = names + 15
    for layer in layers:
        shape = " x ".join(str(side) for side in layer["output_shape"])
        click.echo(f"{layer['type']:<{names}} {shape:<14} {layer['parameters']:>12,}")
    if outcome["parameters"] is not None:
        click.echo(f"{'parameters':<{left}} {outcome['parameters']:>12,}")
    for split, rows in (outcome["examples"] or {}).items():
        click.echo(f"{f'{split} examples':<{left}} {rows:>12,}")
    if vectors := outcome.get("vectors"):
        for what, share in (("words", "words"), ("running words", "running_words")):
            click.echo(f"{f'{what} with vectors':<{left}} {vectors[share]:>11.1%}")
    if outcome["memory_bytes"]:
        click.echo(f"{'memory, about':<{left}} {outcome['memory_bytes'] / 1e9:>9,.1f} GB")
    if card := outcome.get("gpu_memory"):
        of = "" if card["is_known"] else ", a guess: install nvidia-ml-py"
        click.echo(f"{'GPU memory, about':<{left}} {card['needed_bytes'] / 1e9:>9,.1f} GB")
        click.echo(f"{'GPU memory, free':<{left}} {card['free'] / 1e9:>9,.1f} GB{of}")
    if device := outcome.get("device"):
        click.echo(device)
