"""Measures what trials of a sweep cost beside their training: CPU, waiting, and the whole."""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path
from typing import Any

from sleeping import sleep
from textclf.sweep.cluster import ClusterSlots
from textclf.sweep.orders import FINISHED, Order, Outcome

UNITS = "4,8,16,32"
RATES = "1e-3,3e-3,1e-2"


def main(arguments: list[str] | None = None) -> None:
    """Print one JSON object of figures."""
    options = _parser().parse_args(arguments)
    print(json.dumps(options.measure(options), indent=2))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = parser.add_subparsers(required=True)
    slots = kinds.add_parser("slots", help="trials that sleep: what the slots cost")
    slots.add_argument("--slots", type=int, default=32)
    slots.add_argument("--trials", type=int, default=800)
    slots.add_argument("--seconds", type=float, default=0.2, help="of each trial's sleep")
    slots.set_defaults(measure=measure_slots)
    whole = kinds.add_parser("quickstart", help="a sweep of 12 trials against 12 trainings")
    whole.set_defaults(measure=measure_quickstart)
    return parser


def measure_slots(options: argparse.Namespace) -> dict[str, Any]:
    """The coordinator's CPU for each trial, and the share of the ideal speed.

    Both are counted from the first outcome on: before it, the worker imports TensorFlow.
    """
    with ClusterSlots(sleep, options.slots) as slots:
        for number in range(options.slots):  # each slot has had a trial before the clock starts
            slots.submit(_order(f"first-{number}", options.seconds))
        _wait(slots, options.slots)
        started, cpu = time.monotonic(), _cpu()
        for number in range(options.trials):
            slots.submit(_order(f"trial-{number}", options.seconds))
        _wait(slots, options.trials)
        seconds, cpu = time.monotonic() - started, _cpu() - cpu
    ideal = options.trials * options.seconds / options.slots
    return {
        **{name: getattr(options, name) for name in ("slots", "trials", "seconds")},
        "coordinator_cpu_ms_per_trial": round(1000 * cpu / options.trials, 1),
        "wall_seconds": round(seconds, 1),
        "share_of_ideal": round(ideal / seconds, 2),
    }


def _order(name: str, seconds: float) -> Order:
    folder = Path(tempfile.gettempdir(), "nowhere", name)
    return Order(name, 1, {"seconds": seconds}, folder, "sleep", 1, "val_accuracy")


def _wait(slots: ClusterSlots, number: int) -> None:
    while number:
        event = slots.next_event(60)
        if event is None:
            sys.exit("no trial ended for a minute")
        if isinstance(event, Outcome):
            if event.status != FINISHED:
                sys.exit(f"{event}")
            number -= 1


def _cpu() -> float:
    """Seconds that this process, which coordinates, has computed."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure_quickstart(_options: argparse.Namespace) -> dict[str, Any]:
    """Seconds of 12 trials in a sweep, without and with its final, and of 12 trainings."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "search.yaml")
        recipe = subprocess.run(
            [*_textclf(), "recipes", "quickstart"], capture_output=True, text=True, check=True
        ).stdout
        config.write_text(f"{recipe}\nsweep: {{fresh_seeds: 0}}\n")
        space = ["--set", f"model.units={UNITS}", "--set", f"training.learning_rate={RATES}"]
        at = ["--runs-dir", folder, "--quiet"]
        return {
            "sweep_seconds": _seconds("sweep", str(config), *space, *at),
            "sweep_with_final_seconds": _seconds("sweep", "quickstart", *space, *at),
            "trainings_seconds": round(
                sum(_seconds("train", "quickstart", *_point(*p), *at) for p in _points()), 1
            ),
        }


def _points() -> list[tuple[str, str]]:
    return list(product(UNITS.split(","), RATES.split(",")))


def _point(units: str, rate: str) -> list[str]:
    return ["--set", f"model.units={units}", "--set", f"training.learning_rate={rate}"]


def _textclf() -> list[str]:
    return [sys.executable, "-m", "textclf"]


def _seconds(*arguments: str) -> float:
    started = time.monotonic()
    subprocess.run([*_textclf(), *arguments], check=True, capture_output=True)
    return round(time.monotonic() - started, 1)


if __name__ == "__main__":
    main()
