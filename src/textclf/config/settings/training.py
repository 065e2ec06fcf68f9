"""The `training` section: how the model is fitted."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from textclf.config.settings.section import MAX_SEED, Settings

# Keras's own default learning rates; written out so that a saved config is complete.
LEARNING_RATES = {
    "sgd": 0.01,
    "rmsprop": 0.001,
    "adam": 0.001,
    "adamw": 0.001,
    "nadam": 0.001,
    "adagrad": 0.001,
}


class ShuffledValidation(Settings):
    """The first rows of a seeded permutation validate (scikit-learn's train_test_split)."""

    split: Literal["shuffled"] = Field(description="the first rows of a permutation")
    share: float = Field(0.2, gt=0, lt=1, description="share of the training rows that validate")
    seed: int = Field(42, ge=0, le=MAX_SEED, description="seed of the permutation")
    stratify: bool = Field(
        False, description="whether each class has the same share of the validation rows"
    )


class TailValidation(Settings):
    """The last rows of a seeded permutation validate."""

    split: Literal["tail"] = Field(description="the last rows of a permutation")
    share: float = Field(0.2, gt=0, lt=1, description="share of the training rows that validate")
    seed: int = Field(42, ge=0, le=MAX_SEED, description="seed of the permutation")
    stratify: bool = Field(
        False, description="whether each class has the same share of the validation rows"
    )


class FirstValidation(Settings):
    """The first rows of the file validate."""

    split: Literal["first"] = Field(description="the first rows of the file")
    rows: int = Field(ge=1, le=1_000_000_000, description="number of rows that validate")
    stratify: bool = Field(
        False, description="whether they are the first rows of each class, the same share of each"
    )


class TestValidation(Settings):
    """The test rows validate, as many tutorials do; the test score is then not independent."""

    split: Literal["test"] = Field(description="the test rows")


class KFoldValidation(Settings):
    """Each fold validates once, in file order; a final model is fitted on all training rows."""

    split: Literal["k_fold"] = Field(description="each fold in turn, in file order")
    folds: int = Field(4, ge=2, le=100, description="number of folds")
    stratify: bool = Field(False, description="whether each class has the same share of every fold")


ValidationSettings = Annotated[
    ShuffledValidation | TailValidation | FirstValidation | TestValidation | KFoldValidation,
    Field(discriminator="split"),
]
ClassWeights = Annotated[
    dict[str, Annotated[float, Field(ge=0, le=1e6)]], Field(min_length=1, max_length=1_000)
]
ClassWeight = Annotated[
    Annotated[Literal["balanced"], Tag("word")] | Annotated[ClassWeights, Tag("map")],
    Discriminator(lambda value: "map" if isinstance(value, dict) else "word"),
]
# fmt: off
Score = Literal[
    "macro_f1", "balanced_accuracy", "roc_auc", "average_precision", "top_3_accuracy", "micro_f1",
    "subset_accuracy", "rmse", "r2",
]
Monitor = Literal[
    "val_loss", "val_accuracy", "val_mae", "loss", "accuracy", "mae", "val_macro_f1",
    "val_balanced_accuracy", "val_roc_auc", "val_average_precision", "val_top_3_accuracy",
    "val_micro_f1", "val_subset_accuracy", "val_rmse", "val_r2",
]
# fmt: on


class Checkpoint(Settings):
    """The epoch whose model is kept."""

    keep: Literal["best", "last"] = Field("best", description="the best or the last epoch's model")
    monitor: Monitor = Field("val_loss", description="the column of history.csv that decides")


class EarlyStopping(Settings):
    """Stop once the monitored value no longer improves."""

    patience: int = Field(3, ge=0, le=100_000, description="epochs without improvement to wait")
    min_delta: float = Field(
        0.0, ge=0, le=1e6, description="smallest change that is an improvement"
    )
    monitor: Monitor = Field("val_loss", description="the column of history.csv that decides")


def _default_learning_rate(training: dict[str, Any]) -> float:
    return LEARNING_RATES.get(training.get("optimizer", ""), 0.001)


def _default_checkpoint(training: dict[str, Any]) -> Checkpoint:
    return Checkpoint(keep="best" if training.get("validation") else "last")


class Training(Settings):
    """How the model is fitted."""

    epochs: int = Field(10, ge=1, le=100_000, description="passes over the training rows")
    batch_size: int = Field(64, ge=1, le=1_000_000, description="rows in a gradient step")
    optimizer: Literal["sgd", "rmsprop", "adam", "adamw", "nadam", "adagrad"] = Field(
        "rmsprop", description="Keras's optimizer"
    )
    learning_rate: float = Field(
        default_factory=_default_learning_rate,
        ge=1e-10,
        le=100,
        description="step size; by default Keras's own: 0.01 for sgd, else 0.001",
        examples=[0.001],
    )
    class_weight: ClassWeight | None = Field(
        None,
        description="how much a row of each class counts in the loss: balanced, the rarer the "
        "more, or a map such as {spam: 5}, where other classes count 1; null: all the same",
    )
    validation: ValidationSettings | None = Field(
        ShuffledValidation(split="shuffled"), description="the rows that validate; null: none"
    )
    train_share: float = Field(
        1.0,
        gt=0,
        le=1,
        description="share of the training rows that train, of each class alike; the others are "
        "left out",
    )
    checkpoint: Checkpoint = Field(
        default_factory=_default_checkpoint,
        description="which epoch's model is kept; by default the best, without validation the last",
    )
    early_stopping: EarlyStopping | None = Field(
        None, description="when to stop before the last epoch; null: never"
    )
    metrics: list[Score] = Field(
        [],
        max_length=9,
        description="more scores of the validation rows after each epoch, columns of history.csv; "
        "those that are monitored are there anyway",
    )
    engine: Literal["auto", "xla", "graph", "keras"] = Field(
        "auto", description="how batches are run; auto: chosen by model and batch size"
    )
