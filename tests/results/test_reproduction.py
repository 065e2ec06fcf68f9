"""What counts as a difference between a run and its reproduction."""

from textclf.disk.atomic import write_json
from textclf.results.reproduction import _compare_scores
from textclf.runs import FitFolder


def test_a_score_that_an_older_textclf_did_not_compute_is_not_a_difference(tmp_path):
    older, newer = FitFolder(tmp_path / "older"), FitFolder(tmp_path / "newer")
    scores = {"val_loss": 0.5, "val_accuracy": 0.75}
    for fit, content in ((older, scores), (newer, {**scores, "val_macro_f1": 0.7})):
        fit.path.mkdir()
        write_json(fit.metrics_path, content)
    assert _compare_scores(older, newer) is None
    assert _compare_scores(newer, older) == "val_macro_f1 is None, was 0.7"
