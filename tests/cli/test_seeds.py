"""A series of seeds: each a run of its own, equal to the bit to one trained alone."""

import json
import shutil
import signal
import statistics
import time
from pathlib import Path

import pytest

from textclf import evaluate, load_config, open_run, train
from textclf.config.settings.section import MAX_SEED
from textclf.errors import ConfigError, RunError
from textclf.results.reproduction import compare_runs
from textclf.runs import list_runs, open_folder
from textclf.training.callbacks import HistoryWriter
from textclf.training.trainer import Trainer
from tiny_recipes import TINY_BOSTON, TINY_TAIL, sets

pytestmark = pytest.mark.real_data


def test_each_seed_is_the_run_that_it_would_be_alone(trained, tmp_path):
    series = open_run("seeds", trained)
    assert list(series.seeds) == ["seed-1", "seed-2"]
    # 'tail' is the same config, trained alone with the first seed.
    assert compare_runs(open_run("tail", trained), series.seed(1)).differences == []
    alone = train(load_config("boston_dense", (*TINY_TAIL, "seed=43")), tmp_path, "alone")
    assert compare_runs(alone, series.seed(2)).differences == []
    assert alone.config == series.seed(2).config


def test_each_seed_has_all_files_of_a_run(trained):
    def files(run):
        return {path.relative_to(run.path) for path in run.path.rglob("*") if path.is_file()}

    series = open_run("seeds", trained)
    alone = files(open_run("tail", trained)) - {Path("log.txt")}  # it is the series' own
    assert all(files(run) == alone for run in series.seeds.values())
    at_the_top = {path for path in files(series) if not path.parts[0].startswith("seed-")}
    assert at_the_top == set(
        map(Path, ("config.yaml", "run.json", "metrics.json", ".lock", "log.txt"))
    ) | {Path("plots", f"{name}.png") for name in ("loss", "mae")}


def test_the_top_has_means_and_deviations(trained):
    series = open_run("seeds", trained)
    values = [run.metrics["test_mae"] for run in series.seeds.values()]
    assert values[0] != values[1]
    assert series.metrics["test_mae"] == pytest.approx(statistics.mean(values))
    assert series.metrics["test_mae_sd"] == pytest.approx(statistics.stdev(values))
    assert "best_epoch" not in series.metrics
    assert series.record["seeds"] == [42, 43]
    assert series.record["engine"] == series.seed(1).record["engine"]


def test_all_seeds_validate_on_the_same_rows(trained):
    rows = [run.predictions["row"].tolist() for run in open_run("seeds", trained).seeds.values()]
    assert rows[0] == rows[1]


def test_a_seed_is_found_by_its_name_and_has_a_model(trained, data_dir):
    run = open_run("seeds/seed-2", trained)
    assert (run.name, run.title) == ("seed-2", "seeds/seed-2")
    assert run.load_model().count_params() > 0
    assert evaluate(run, data_dir=data_dir) == run.metrics
    assert open_run("tail", trained).title == "tail"


@pytest.mark.slow
def test_evaluating_a_series_gives_its_scores(trained, data_dir):
    series = open_run("seeds", trained)
    assert evaluate(series, data_dir=data_dir) == series.metrics


@pytest.mark.parametrize("what", ["history", "predictions", "confusion", "preprocessing", "model"])
def test_what_belongs_to_a_model_is_refused_with_the_name_of_one(trained, what):
    series = open_run("seeds", trained)
    with pytest.raises(RunError) as refused:
        series.load_model() if what == "model" else getattr(series, what)
    assert str(refused.value).endswith(f"name one of them: {trained / 'seeds' / 'seed-1'}")


@pytest.mark.parametrize(
    ("overrides", "seeds", "message"),
    [
        (TINY_BOSTON, 2, "training.validation: k_fold trains a model for each fold"),
        ((*TINY_TAIL, f"seed={MAX_SEED}"), 2, "exceed"),
        (TINY_TAIL, 1, "seeds: 1 is not in the range 2 to 100"),
        (TINY_TAIL, 101, "seeds: 101 is not in the range"),
    ],
)
def test_series_that_cannot_be(tmp_path, overrides, seeds, message):
    with pytest.raises(ConfigError, match=message):
        train(load_config("boston_dense", overrides), tmp_path, seeds=seeds)
    assert list(tmp_path.iterdir()) == []


# --- the command line ------------------------------------------------------------------------


@pytest.mark.slow
def test_a_series_is_compiled_once_told_and_expected(cli, monkeypatch):
    engines = []
    compile_program = Trainer._compile
    monkeypatch.setattr(
        Trainer, "_compile", lambda self, *a: engines.append(1) or compile_program(self, *a)
    )
    arguments = ("train", "boston_dense", *sets(TINY_TAIL), "--seeds", 2)
    result = cli(*arguments, "--name", "s", "--expect", "val_mae_sd>100")
    assert (result.exit_code, engines) == (7, [1])
    assert result.stdout.splitlines()[1].startswith("val_mae")
    assert " ± " in result.stdout.splitlines()[1]
    fits = [line.split("  ")[0] for line in result.stderr.splitlines()[:-1]]
    assert fits == ["seed-1"] * 2 + ["seed-2"] * 2
    assert cli("train", "boston_dense", "--seeds", 2).exit_code == 3
    assert cli("train", "boston_dense", "--seeds", 1).exit_code == 2


def test_series_and_their_seeds_are_drawn(cli, runs):
    shutil.rmtree(runs / "seeds" / "plots")
    assert cli("plot", "seeds", "--runs-dir", runs).exit_code == 0
    assert (runs / "seeds" / "plots" / "mae.png").exists()
    result = cli("plot", "seeds/seed-1", "--runs-dir", runs)
    assert result.stdout.splitlines()[-1].endswith("seeds/seed-1/plots/residuals.png")
    assert cli("plot", "seeds", "seeds/seed-1", "tail", "--runs-dir", runs).exit_code == 0


@pytest.mark.slow
def test_a_series_is_reproduced(cli, runs):
    result = cli("reproduce", runs / "seeds", "--quiet")
    folder = result.stdout.splitlines()[-1]
    assert (result.exit_code, folder) == (0, "runs/seeds-again-1")
    path = runs / "seeds" / "seed-2" / "predictions.csv"
    path.write_text(path.read_text().replace("validation,", "validation,1", 1))
    (difference,) = compare_runs(open_folder(runs / "seeds"), open_folder(Path(folder))).differences
    assert difference.startswith("seed-2/predictions.csv: 1 of ")


# --- interrupted -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("fit", "epoch"), [("seed-1", 1), ("seed-2", 2)])
def test_an_interrupted_series_goes_on_to_the_same_bits(
    cli, trained, monkeypatch, empty_folder, fit, epoch
):
    on_epoch_end = HistoryWriter.on_epoch_end

    def interrupted(self, number, logs=None):
        if (self.folder.path.name, number + 1) == (fit, epoch):
            raise KeyboardInterrupt
        on_epoch_end(self, number, logs)

    monkeypatch.setattr(HistoryWriter, "on_epoch_end", interrupted)
    result = cli("train", "boston_dense", *sets(TINY_TAIL), "--seeds", 2, "--name", "s")
    monkeypatch.setattr(HistoryWriter, "on_epoch_end", on_epoch_end)
    assert result.exit_code == 130
    if (fit, epoch) == ("seed-1", 1):
        assert result.stderr.splitlines()[-1] == "textclf: no epoch was finished; nothing is kept"
        assert list(Path("runs").iterdir()) == []
        return
    assert result.stderr.count("finished epochs are kept") == 1
    assert result.stderr.endswith("resume with: textclf resume runs/s\n")
    series = open_folder(Path("runs/s"))
    assert [series.status, series.seeds[fit].status] == ["interrupted"] * 2
    assert "resume runs/s" in cli("evaluate", "s").stderr
    finished = {path: path.stat().st_mtime_ns for path in series.path.glob("seed-1/*.json")}
    assert cli("resume", "s").exit_code == 0
    assert all(path.stat().st_mtime_ns == then for path, then in finished.items())
    assert compare_runs(open_folder(trained / "seeds"), series).differences == []
    assert series.metrics == open_folder(trained / "seeds").metrics


@pytest.mark.slow
def test_a_killed_series_goes_on_to_the_same_bits(start, cli, empty_folder):
    arguments = ("boston_dense", *sets((*TINY_TAIL, "training.epochs=60")), "--seeds", 2)
    process = start("train", *arguments, "--name", "s")
    while not Path("runs/s/seed-2/history.csv").exists():
        time.sleep(0.02)
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=300)
    series = open_folder(Path("runs/s"))
    assert series.status == series.seed(2).status == "interrupted"
    assert series.seed(1).status == "finished"
    assert cli("resume", "s", "--quiet").exit_code == 0
    assert cli("train", *arguments, "--name", "whole", "--quiet").exit_code == 0
    assert compare_runs(open_folder(Path("runs/whole")), series).differences == []


@pytest.mark.slow
def test_epochs_are_added_to_all_seeds_or_to_none(cli, runs):
    result = cli("resume", runs / "seeds" / "seed-1", "--set", "training.epochs=3")
    assert result.exit_code == 5
    assert f"textclf resume {runs / 'seeds'} --set training.epochs=3" in result.stderr
    assert cli("resume", runs / "seeds", "--set", "training.epochs=3").exit_code == 0
    series = open_folder(runs / "seeds")
    assert [len(run.history) for run in series.seeds.values()] == [3, 3]
    arguments = ("boston_dense", *sets((*TINY_TAIL, "training.epochs=3")), "--seeds", 2)
    assert cli("train", *arguments, "--name", "longer").exit_code == 0
    assert compare_runs(open_folder(Path("runs/longer")), series).differences == []


def test_a_finished_series_prints_its_scores(cli_json, runs):
    code, printed = cli_json("resume", runs / "seeds")
    assert (code, printed["metrics"]) == (0, open_folder(runs / "seeds").metrics)


def test_a_series_is_one_run_among_others(trained):
    names = {path.name for path in list_runs(trained)}
    assert names == {"seeds", "folds", "tail", "imdb"}


@pytest.mark.parametrize("seeds", ['["a", "b"]', "[1]", "[-1, 2]", "7"])
def test_seeds_that_are_none_are_damage(cli, runs, seeds):
    path = runs / "seeds" / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "seeds": json.loads(seeds)}))
    for command in ("plot", "evaluate"):
        result = cli(command, runs / "seeds")
        assert result.exit_code == 5
        assert "run.json: damaged" in result.stderr
