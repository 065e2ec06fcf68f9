"""Runs textclf and the same experiments in plain Keras, PyTorch and Keras on JAX, and compares."""

import argparse
import contextlib
import functools
import importlib.util
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from experiments import EXPERIMENTS, GB, SIDES
from measure import ROOT, TEXTCLF, RunFailed, measure
from picture import draw
from summary import disagreements, ratio, replace_block, report, three_digits, times_sign

PACKAGES = {
    **dict.fromkeys(TEXTCLF, "textclf"),
    **{"keras": "tensorflow", "torch": "torch", "jax": "jax"},
}
AGAINST = {"cpu": "keras,torch,jax", "gpu": "auto,cpu,keras,torch"}
GPU_NAMES = """
import tensorflow as tf
for gpu in tf.config.list_physical_devices("GPU"):
    print(tf.config.experimental.get_device_details(gpu).get("device_name", "GPU"))
"""
SEES_GPU = "import sys, torch; sys.exit(not torch.cuda.is_available())"
KERAS_DATASETS = Path.home() / ".keras" / "datasets"

Results = dict[str, Any]


def main(arguments: list[str] | None = None) -> int:
    """Measure, or only summarise; returns 1 if scores disagree or a run failed."""
    options = _parser().parse_args(arguments)
    name = "results.json" if options.device == "cpu" else "results-gpu.json"
    options.output = options.output or ROOT / "benchmarks" / name
    if options.summary:
        output, results = options.summary, json.loads(options.summary.read_text("utf-8"))
    else:
        output, results = options.output, benchmark(options)
    summarise(results, output, options.page)
    problems = [*disagreements(results), *results["failed"]]
    print(*problems, sep="\n", file=sys.stderr)
    return 1 if problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("recipes", nargs="*", metavar="RECIPE", help=f"of {', '.join(EXPERIMENTS)}; default: all")
    add("--repeats", type=int, default=3, help="runs of each side, in turn (default 3)")
    add("--data-dir", type=Path, help="the files of keras.datasets (default: TEXTCLF_DATA_DIR, ~)")
    add("--device", choices=AGAINST, default="cpu", help="where all sides compute (default cpu)")
    add("--against", help=f"the other sides (default: {AGAINST['cpu']}; on a GPU {AGAINST['gpu']})")
    add("--epochs", type=int, help="instead of the recipes' own, to try out")
    add("--add", action="store_true", help="keep what --output has of other recipes")
    add("--output", type=Path, help="default: results.json, or results-gpu.json, beside this file")
    add("--page", type=Path, help="put the tables between this file's markers")
    add("--summary", type=Path, metavar="RESULTS", help="measure nothing: only redraw from these")
    return parser


def benchmark(options: argparse.Namespace) -> Results:
    """Run every side of every experiment `repeats` times, in turn; written after each run."""
    recipes = options.recipes or list(EXPERIMENTS)
    listed = AGAINST[options.device] if options.against is None else options.against
    against = [side for side in listed.split(",") if side]
    _check_names(recipes, EXPERIMENTS)
    _check_names(against, PACKAGES)
    results = _new_results(options)
    if options.add:
        keep_others(options.output, results)
    with keras_home(options.data_dir) as home:
        for recipe in recipes:
            _run_in_turn(recipe, ["textclf", *against], home, options, results)
    return results


def _check_names(names: list[str], known: dict[str, Any]) -> None:
    for name in names:
        if name not in known:
            raise SystemExit(f"{name}: unknown; there are {', '.join(known)}")


def keep_others(path: Path, results: Results) -> None:
    """Take over what was measured before, on the same machine in the same way."""
    if not path.is_file():
        raise SystemExit(f"--add: {path}: there is no such file to add to")
    earlier = json.loads(path.read_text("utf-8"))
    for what in ("machine", "versions", "settings"):
        if earlier[what] != results[what]:
            raise SystemExit(f"--add: {path}: measured with other {what}: {earlier[what]}")
    for what in ("commits", "runs", "skipped", "failed"):
        results[what] = earlier[what]


def _run_in_turn(
    recipe: str, sides: list[str], home: Path, options: argparse.Namespace, results: Results
) -> None:
    runs = results["runs"][recipe] = {side: [] for side in sides}
    skipped = results["skipped"][recipe] = {}
    results["commits"][recipe] = _commit()
    results["failed"] = [line for line in results["failed"] if not line.startswith(f"{recipe}, ")]
    for repeat in range(options.repeats):
        for side in sides:
            why = skipped.get(side) or reason_to_skip(recipe, side, options.device)
            if why:
                _skip(recipe, side, why, skipped)
                continue
            try:
                runs[side].append(measure(recipe, side, home, options.epochs, options.device))
            except RunFailed as error:
                results["failed"].append(f"{recipe}, {SIDES[side]}: {error}")
                _skip(recipe, side, "failed", skipped)
                continue
            _print_run(results, recipe, side, repeat)
            write(results, options.output)


def reason_to_skip(recipe: str, side: str, device: str = "cpu") -> str | None:
    """Why a side cannot run here; None if it can."""
    if importlib.util.find_spec(PACKAGES[side]) is None:
        return f"skipped, {PACKAGES[side]} is not installed"
    if device == "gpu" and side == "torch" and not torch_sees_gpu():
        return "skipped, PyTorch sees no GPU"
    needed, free = EXPERIMENTS[recipe].needs.get(side, 0), free_bytes()
    if needed > free:
        return f"skipped, needs {needed / GB:.1f} GB of memory, {free / GB:.1f} GB are free"
    return None


@functools.cache
def torch_sees_gpu() -> bool:
    return subprocess.run([sys.executable, "-c", SEES_GPU], capture_output=True).returncode == 0


def gpu_name() -> str:
    """The card that TensorFlow takes; ends the program where there is none."""
    asked = subprocess.run([sys.executable, "-c", GPU_NAMES], capture_output=True, text=True)
    if not asked.stdout.strip():
        raise SystemExit(
            "--device gpu: TensorFlow sees no GPU; install the driver and 'textclf[gpu]'"
        )
    return asked.stdout.splitlines()[0]


def _skip(recipe: str, side: str, why: str, skipped: dict[str, str]) -> None:
    if side not in skipped:
        print(f"{recipe}  {SIDES[side]}: {why}", file=sys.stderr, flush=True)
    skipped[side] = why


def _print_run(results: Results, recipe: str, side: str, repeat: int) -> None:
    run = results["runs"][recipe][side][-1]
    times = ratio(results, recipe, side, "epoch")
    print(
        f"{recipe}  {SIDES[side]}  {repeat + 1}: {three_digits(run['seconds'])} s, "
        f"{run['peak_bytes'] / GB:.2f} GB, epochs {times_sign(times or 1)} textclf's",
        file=sys.stderr,
        flush=True,
    )


def write(results: Results, path: Path) -> None:
    """Write all there is so far, so that an interrupted benchmark leaves what it measured."""
    path.write_text(one_run_a_line(results) + "\n", encoding="utf-8")


def one_run_a_line(value: Any, depth: int = 0) -> str:
    """JSON, indented down to the runs (results, recipe, side, list), each of which is a line."""
    if depth == 4 or not value or not isinstance(value, dict | list):
        return json.dumps(value)
    if isinstance(value, dict):
        opening, closing = "{}"
        items = [f"{json.dumps(key)}: {one_run_a_line(v, depth + 1)}" for key, v in value.items()]
    else:
        opening, closing = "[]"
        items = [one_run_a_line(item, depth + 1) for item in value]
    inner = ",\n".join(" " * (depth + 1) + item for item in items)
    return f"{opening}\n{inner}\n{' ' * depth}{closing}"


def summarise(results: Results, output: Path, page: Path | None) -> None:
    """Print the tables and draw the picture: into a page's block and beside it, where there is one.

    Without a page the picture lies beside the results.
    """
    block = f"benchmark{'-gpu' if results['settings'].get('device') == 'gpu' else ''}"
    picture = (page or output).with_name(f"{block}.png")
    draw(results, picture)
    text = report(results, picture.name)
    print(text)
    if page is None:
        return
    content = replace_block(page.read_text(encoding="utf-8"), text, block)
    if content is None:
        print(f"{page}: has no benchmark markers: left as it is", file=sys.stderr)
    else:
        page.write_text(content, encoding="utf-8")


# --- where it runs -------------------------------------------------------------------------------


@contextlib.contextmanager
def keras_home(data_dir: Path | None) -> Iterator[Path]:
    """A temporary KERAS_HOME whose `datasets` is the data folder, which stays as it is."""
    data = data_dir or Path(os.environ.get("TEXTCLF_DATA_DIR", KERAS_DATASETS))
    if not (data / "imdb.npz").is_file():
        raise SystemExit(f"{data}: no imdb.npz; name the folder of keras.datasets with --data-dir")
    with tempfile.TemporaryDirectory(prefix="textclf-benchmark-") as folder:
        (Path(folder) / "datasets").symlink_to(data.resolve())
        yield Path(folder)


def free_bytes() -> float:
    """Memory that a new process could have; unlimited where the system does not say."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
        available = next(line for line in lines if line.startswith("MemAvailable:"))
        return int(available.split()[1]) * 1024
    return float("inf")


def _new_results(options: argparse.Namespace) -> Results:
    is_gpu = options.device == "gpu"
    gpu, on_gpu = ({"gpu": gpu_name()}, {"device": "gpu"}) if is_gpu else ({}, {})
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "commits": {},
        "machine": {
            "processor": _processor(),
            "cores": len(os.sched_getaffinity(0)),
            "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            "system": platform.platform(),
            **gpu,
        },
        "versions": _versions(),
        "settings": {"repeats": options.repeats, "epochs": options.epochs, **on_gpu},
        "runs": {},
        "skipped": {},
        "failed": [],
    }


def _versions() -> dict[str, str]:
    found = {"Python": platform.python_version()}
    for package in ("textclf", "tensorflow", "keras", "torch", "jax"):
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def _commit() -> str | None:
    asked = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True
    )
    return asked.stdout.strip() or None


def _processor() -> str:
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line for line in lines if line.startswith("model name")).partition(": ")[2]
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    # SIGTERM ends as Ctrl-C does: the running side is stopped, the temporary folder removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
