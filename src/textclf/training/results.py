"""What a finished fit leaves in its folder: scores, tables, predictions."""

from textclf.atomic import write_json, write_text
from textclf.data.dataset import Dataset
from textclf.runs import FitFolder
from textclf.training.evaluation import (
    Scored,
    Scores,
    classification_report,
    confusion_table,
    predictions_table,
)


def write_results(folder: FitFolder, data: Dataset, scored: list[Scored], scores: Scores) -> None:
    """Write a fit's files; the tables of classes are of the last of `scored`, the test rows."""
    write_text(folder.predictions_path, predictions_table(data, scored).to_csv(index=False))
    if data.task.is_classification:
        confusion = confusion_table(data, scored[-1])
        write_text(folder.confusion_path, confusion.to_csv())
        write_text(folder.report_path, classification_report(confusion).to_csv(index=False))
    write_json(folder.metrics_path, dict(scores))
