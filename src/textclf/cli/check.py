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
    mislead or waste. Without the data, everything that does not depend on it is checked.
    """
    from textclf.config.file import load_config

    settings = load_config(config, overrides)

    from textclf.inspection.check import check_config

    outcome = check_config(settings, data_dir, device)
    for warning in outcome["warnings"]:
        warn(warning)
    if as_json:
        print_json(outcome)
    else:
        _print_outline(outcome)


def _print_outline(outcome: dict[str, Any]) -> None:
    for layer in outcome["layers"] or []:
        shape = " x ".join(str(side) for side in layer["output_shape"])
        click.echo(f"{layer['type']:<18} {shape:<14} {layer['parameters']:>12,}")
    if outcome["parameters"] is not None:
        click.echo(f"{'parameters':<33} {outcome['parameters']:>12,}")
    for split, rows in (outcome["examples"] or {}).items():
        click.echo(f"{f'{split} examples':<33} {rows:>12,}")
    if outcome["memory_bytes"]:
        click.echo(f"{'memory, about':<33} {outcome['memory_bytes'] / 1e9:>9,.1f} GB")
