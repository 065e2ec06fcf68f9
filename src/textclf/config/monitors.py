"""What decides about epochs, where the task or the validation rows do not have it."""

from collections.abc import Iterator

from textclf.config.scores import MORE_SCORES, bare, monitors, possible_scores, possible_tasks
from textclf.config.settings import Config
from textclf.config.strict_yaml import KeyPath

IN_WORDS = {
    "binary": "classification into two classes",
    "multiclass": "classification into more than two classes",
    "multilabel": "classification into several labels",
    "regression": "regression",
}


def _early_stopping_without_validation(config: Config) -> Iterator[tuple[KeyPath, str]]:
    stopping = config.training.early_stopping
    if stopping and config.training.validation is None and stopping.monitor.startswith("val_"):
        name = bare(stopping.monitor)
        yield (
            ("training", "early_stopping", "monitor"),
            f"{stopping.monitor} needs validation rows, but validation is null; "
            f"set monitor: {'loss' if name in MORE_SCORES else name}, or training.validation",
        )


def _metrics_without_validation(config: Config) -> Iterator[tuple[KeyPath, str]]:
    if config.training.validation is None and config.training.metrics:
        yield (
            ("training", "metrics"),
            "they are of the validation rows, but validation is null; remove them, or set "
            "training.validation",
        )


def _monitor_of_another_task(config: Config) -> Iterator[tuple[KeyPath, str]]:
    metric = possible_scores(config.dataset)[0]
    for section, monitor in monitors(config).items():
        if _is_of_another_task(monitor, config):
            split = "val_" if monitor.startswith("val_") else ""
            yield (
                ("training", section, "monitor"),
                f"{_has_no(config, monitor)}; use {split}{metric} or {split}loss",
            )
    for name in config.training.metrics:
        if _is_of_another_task(name, config):
            others = [score for score in possible_scores(config.dataset) if score in MORE_SCORES]
            yield ("training", "metrics"), f"{_has_no(config, name)}; it has {', '.join(others)}"


def _is_of_another_task(monitor: str, config: Config) -> bool:
    return bare(monitor) not in ("loss", *possible_scores(config.dataset))


def _has_no(config: Config, score: str) -> str:
    tasks = possible_tasks(config.dataset)
    words = IN_WORDS[tasks[0]] if len(tasks) == 1 else "classification"
    return f"{config.dataset.name} is {words}, which has no {score}"


MONITOR_RULES = (
    _early_stopping_without_validation,
    _metrics_without_validation,
    _monitor_of_another_task,
)
