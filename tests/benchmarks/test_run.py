"""The benchmark's sums, tables, picture and block of a page, on made-up results: nothing trains."""

import copy
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import measure  # noqa: E402
import run  # noqa: E402
import summary  # noqa: E402
from experiments import EXPERIMENTS, SIDES  # noqa: E402

PAGE = "# textclf\n\n<!-- benchmark -->\nold\n<!-- /benchmark -->\n\nThe end.\n"


def made_up_run(seconds: float, epochs: list[float], scores: list[float]) -> dict[str, Any]:
    fits = [{"seconds": epochs, "scores": scores}]
    return {"seconds": seconds, "peak_bytes": int(seconds * 1e8), "fits": fits}


@pytest.fixture
def results() -> dict[str, Any]:
    """textclf is 8 times as fast an epoch as Keras, 4 times a command; PyTorch was skipped."""
    return {
        "machine": {"processor": "Abacus", "cores": 2, "memory_bytes": 24_000_000_000},
        "versions": {"textclf": "0.1.0", "keras": "3.15.1"},
        "settings": {"repeats": 2, "epochs": None},
        "runs": {
            "imdb_lstm": {
                "textclf": [made_up_run(10, [3.0, 0.5, 0.5], [0.6, 0.78, 0.77])] * 2,
                "keras": [made_up_run(40, [6.0, 4.0, 4.0], [0.6, 0.77, 0.76])] * 2,
                "torch": [],
            }
        },
        "skipped": {"imdb_lstm": {"torch": "skipped, torch is not installed"}},
        "failed": [],
    }


def test_the_first_epoch_of_each_fit_is_left_out() -> None:
    fits = [{"seconds": [9.0, 1.0, 2.0]}, {"seconds": [9.0, 3.0]}]
    assert summary.epoch_seconds([{"fits": fits}]) == 2.0
    assert summary.epoch_seconds([{"fits": [{"seconds": [9.0]}]}]) == 9.0  # --epochs 1


def test_ratios_say_how_many_times_textclf(results: dict[str, Any]) -> None:
    assert summary.ratio(results, "imdb_lstm", "keras", "epoch") == 8.0
    assert summary.ratio(results, "imdb_lstm", "keras", "command") == 4.0
    assert summary.ratio(results, "imdb_lstm", "torch", "epoch") is None
    assert summary.ratio(results, "imdb_lstm", "jax", "epoch") is None


def test_one_slow_run_does_not_move_the_median(results: dict[str, Any]) -> None:
    runs = results["runs"]["imdb_lstm"]
    runs["keras"] = [*runs["keras"], made_up_run(400, [60.0, 40.0], [0.6, 0.77])]
    assert summary.ratio(results, "imdb_lstm", "keras", "command") == 4.0


def test_the_score_is_the_best_epochs_or_the_folds_mean_of_the_last() -> None:
    assert summary.score("imdb_lstm", [made_up_run(1, [1, 1], [0.78, 0.77])]) == 0.78
    folds = [{"scores": [9.0, 2.0]}, {"scores": [1.0, 3.0]}]
    assert summary.score("boston_dense", [{"fits": folds}]) == 2.5


def test_scores_further_apart_than_the_tolerance_are_reported(results: dict[str, Any]) -> None:
    assert summary.disagreements(results) == []
    results["runs"]["imdb_lstm"]["keras"] = [made_up_run(40, [6.0, 4.0], [0.5, 0.5])]
    (sentence,) = summary.disagreements(results)
    assert sentence == ("imdb_lstm: scores are more than 0.03 apart: textclf 0.780, Keras 0.500")
    results["settings"]["epochs"] = 1
    assert summary.disagreements(results) == []


def test_a_table_has_figures_and_ratios(results: dict[str, Any]) -> None:
    head, _, row = summary.measure_table(results, "epoch").splitlines()
    assert head == "| Seconds per epoch | textclf | Keras | PyTorch |"
    cells = ["[`imdb_lstm`](catalogue.md#imdb_lstm)", "**0.5**", "4 (8.0\u00d7)", "\u2013"]
    assert row == f"| {' | '.join(cells)} |"


def test_the_best_figure_is_bold_whosever_it_is(results: dict[str, Any]) -> None:
    results["runs"]["imdb_lstm"]["keras"] = [made_up_run(5, [1.0, 0.25], [0.6, 0.77])]
    *_, row = summary.measure_table(results, "epoch").splitlines()
    assert "| 0.5 | **0.25** (0.50\u00d7) |" in row


def test_a_command_that_stopped_early_says_so(results: dict[str, Any]) -> None:
    results["runs"]["imdb_lstm"]["keras"] = [made_up_run(20, [6.0, 4.0], [0.6, 0.77])]
    assert "20 (2.0\u00d7, 2 epochs instead of 3)" in summary.measure_table(results, "command")
    assert "instead" not in summary.measure_table(results, "epoch")


def test_the_report_says_what_was_skipped(results: dict[str, Any]) -> None:
    text = summary.report(results, "benchmarks/benchmark.png")
    assert "- imdb_lstm, PyTorch: skipped, torch is not installed" in text
    assert "(benchmarks/benchmark.png)" in text
    assert "Medians of 2 runs" in text


def test_the_report_says_what_did_not_run_each_time(results: dict[str, Any]) -> None:
    results["runs"]["imdb_lstm"]["torch"] = [made_up_run(20, [2.0, 1.0], [0.6, 0.77])]
    text = summary.report(results, "benchmarks/benchmark.png")
    assert "- imdb_lstm, PyTorch: ran 1 of 2 times, then skipped, torch is not installed" in text


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.00512, "0.00512"), (0.5, "0.5"), (4.712, "4.71"), (61.34, "61.3"), (1234.5, "1234")],
)
def test_three_digits(value: float, said: str) -> None:
    assert summary.three_digits(value) == said


@pytest.mark.parametrize(
    ("value", "said"), [(0.954, "0.95"), (1.0, "1.00"), (9.21, "9.2"), (41.7, "42")]
)
def test_times_sign(value: float, said: str) -> None:
    assert summary.times_sign(value) == f"{said}\u00d7"


def test_figures_of_other_recipes_can_be_kept(results: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    run.write({**results, "commits": {"imdb_lstm": "abc"}}, path)
    new = {**results, "commits": {}, "runs": {}, "skipped": {}, "failed": []}
    run.keep_others(path, new)
    assert new["runs"] == results["runs"]
    assert new["commits"] == {"imdb_lstm": "abc"}
    with pytest.raises(SystemExit, match="other settings"):
        run.keep_others(path, {**new, "settings": {"repeats": 3, "epochs": None}})
    with pytest.raises(SystemExit, match="no such file"):
        run.keep_others(tmp_path / "none.json", new)


def test_results_are_written_a_run_a_line_and_read_back(
    results: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "results.json"
    run.write(results, path)
    assert json.loads(path.read_text()) == results
    lines = path.read_text().splitlines()
    assert [line for line in lines if '"fits"' in line] == [
        f"    {json.dumps(one)}{comma}"
        for side in ("textclf", "keras")
        for one, comma in zip(results["runs"]["imdb_lstm"][side], (",", ""), strict=True)
    ]
    assert all(len(line) < 100 for line in lines if '"fits"' not in line)


def test_the_measured_results_are_a_run_a_line() -> None:
    content = (BENCHMARKS / "results.json").read_text()
    assert content == run.one_run_a_line(json.loads(content)) + "\n"


def test_only_what_stands_between_the_markers_is_replaced() -> None:
    text = summary.replace_block(PAGE, r"new \1 table")
    assert text == PAGE.replace("old", r"new \1 table")
    assert summary.replace_block(text, "old") == PAGE
    assert summary.replace_block("# no markers\n", "new") is None


def test_summary_draws_and_fills_the_page(results: dict[str, Any], tmp_path: Path) -> None:
    path, page = tmp_path / "results.json", tmp_path / "benchmarks.md"
    path.write_text(json.dumps(results))
    page.write_text(PAGE)
    assert run.main(["--summary", str(path), "--page", str(page)]) == 0
    assert (tmp_path / "benchmark.png").read_bytes().startswith(b"\x89PNG")
    assert "(8.0\u00d7)" in page.read_text()
    assert "(benchmark.png)" in page.read_text()
    assert json.loads(path.read_text()) == results


def test_a_page_without_markers_is_left_alone(
    results: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, page = tmp_path / "results.json", tmp_path / "benchmarks.md"
    path.write_text(json.dumps(results))
    page.write_text("# textclf\n")
    assert run.main(["--summary", str(path), "--page", str(page)]) == 0
    assert page.read_text() == "# textclf\n"
    assert "no benchmark markers" in capsys.readouterr().err


def test_a_failed_run_or_a_disagreement_fails_the_command(
    results: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps({**copy.deepcopy(results), "failed": ["imdb_lstm, PyTorch: ..."]}))
    assert run.main(["--summary", str(path)]) == 1


def test_folds_are_read_without_the_final_model(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "fold-1", tmp_path / "fold-2"):
        folder.mkdir(exist_ok=True)
        (folder / "history.csv").write_text("epoch,val_mae,seconds\n1,2.5,0.5\n2,2.25,0.25\n")
    fit = {"seconds": [0.5, 0.25], "scores": [2.5, 2.25]}
    assert measure.read_fits(tmp_path, "mae") == [fit, fit]


def test_a_side_is_skipped_where_memory_or_package_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run, "free_bytes", lambda: 8e9)
    why = run.reason_to_skip("imdb_simple_rnn_onehot", "keras")
    assert why == "skipped, needs 23.5 GB of memory, 8.0 GB are free"
    assert run.reason_to_skip("imdb_simple_rnn_onehot", "textclf") is None
    monkeypatch.setitem(run.PACKAGES, "torch", "no_such_package")
    assert run.reason_to_skip("imdb_lstm", "torch") == "skipped, no_such_package is not installed"


def test_every_experiment_is_a_recipe() -> None:
    recipes = {path.stem for path in (BENCHMARKS.parent / "configs").glob("*.yaml")}
    assert set(EXPERIMENTS) <= recipes
    assert all(set(experiment.needs) <= set(SIDES) for experiment in EXPERIMENTS.values())


def test_without_a_gpu_the_benchmark_of_gpus_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "GPU_NAMES", "")
    with pytest.raises(SystemExit, match="--device gpu: TensorFlow sees no GPU"):
        run.main(["imdb_lstm", "--device", "gpu"])


def test_a_gpus_results_have_a_block_and_a_picture_of_their_own(
    results: dict[str, Any], tmp_path: Path
) -> None:
    results["settings"]["device"], results["machine"]["gpu"] = "gpu", "Abacus 3000"
    results["runs"]["imdb_lstm"]["auto"] = [made_up_run(5, [3.0, 0.25], [0.6, 0.78])]
    path, page = tmp_path / "results-gpu.json", tmp_path / "benchmarks.md"
    path.write_text(json.dumps(results))
    page.write_text(PAGE + "\n<!-- benchmark-gpu -->\n<!-- /benchmark-gpu -->\n")
    assert run.main(["--summary", str(path), "--page", str(page)]) == 0
    text = page.read_text()
    assert text.startswith(PAGE)
    assert "and one Abacus 3000" in text and "(benchmark-gpu.png)" in text
    assert "| textclf | textclf, --device auto | Keras |" in text
    assert (tmp_path / "benchmark-gpu.png").exists()


@pytest.mark.parametrize(
    ("side", "device", "asked"),
    [("textclf", "cpu", None), ("textclf", "gpu", "gpu"), ("auto", "gpu", "auto")],
)
def test_textclf_computes_where_the_others_do(side: str, device: str, asked: str | None) -> None:
    command = measure.textclf_command("imdb_lstm", 1, Path(), side, device)
    assert ("--device" in command) == (asked is not None)
    assert asked is None or command[command.index("--device") + 1] == asked


def test_the_scripts_see_a_gpu_only_where_it_is_measured(tmp_path: Path) -> None:
    assert measure.environment_of("keras", tmp_path, "cpu")["CUDA_VISIBLE_DEVICES"] == "-1"
    seen = measure.environment_of("keras", tmp_path, "gpu").get("CUDA_VISIBLE_DEVICES")
    assert seen == os.environ.get("CUDA_VISIBLE_DEVICES")
    assert "cuda" in measure.script_command("imdb_lstm", "torch", 1, "gpu")
    assert "cuda" not in measure.script_command("imdb_lstm", "torch", 1, "cpu")


def test_pytorch_without_cuda_is_skipped_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(run.PACKAGES, "torch", "json")  # something that is installed
    monkeypatch.setattr(run, "torch_sees_gpu", lambda: False)
    assert run.reason_to_skip("imdb_lstm", "torch", "gpu") == "skipped, PyTorch sees no GPU"
    assert run.reason_to_skip("imdb_lstm", "torch") is None
