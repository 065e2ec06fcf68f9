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
ADAMW_DECAY = 0.004  # Keras's own, too
SQUARED_HINGE = "squared_hinge"
NUMBER, SCHEDULE = "a number", "a schedule"  # tags that no user sees

Loss = Literal["mean_squared_error", "mean_absolute_error", "huber", "squared_hinge"]
Rate = Annotated[float, Field(ge=1e-10, le=100)]


class CosineSchedule(Settings):
    """Keras's CosineDecay: half a cosine wave down, after a warm-up if there is one."""

    schedule: Literal["cosine"] = Field(description="half a cosine wave down")
    initial: float = Field(
        ge=1e-10, le=100, description="the rate at the start; with a warm-up, at its end"
    )
    warmup_epochs: float = Field(
        0.0, ge=0, le=100_000, description="epochs in which the rate rises from 0 in a line"
    )
    decay_epochs: float | None = Field(
        None, gt=0, le=100_000, description="epochs of the decay; null: all after the warm-up"
    )
    alpha: float = Field(0.0, ge=0, le=1, description="share of the initial rate left at the end")

    @property
    def highest(self) -> float:
        return self.initial


class ExponentialSchedule(Settings):
    """Keras's ExponentialDecay: the rate shrinks by the same factor again and again."""

    schedule: Literal["exponential"] = Field(description="by the same factor again and again")
    initial: float = Field(ge=1e-10, le=100, description="the rate at the start")
    decay_rate: float = Field(gt=0, le=1, description="factor by which the rate shrinks")
    decay_epochs: float = Field(
        1.0, gt=0, le=100_000, description="epochs in which it shrinks by that factor"
    )
    staircase: bool = Field(
        False, description="whether it shrinks at once after these epochs, not with every step"
    )

    @property
    def highest(self) -> float:
        return self.initial


class PiecewiseSchedule(Settings):
    """Keras's PiecewiseConstantDecay: a rate for some epochs, then the next one."""

    schedule: Literal["piecewise"] = Field(description="one rate after the other")
    boundaries: list[Annotated[float, Field(gt=0, le=100_000)]] = Field(
        min_length=1, max_length=99, description="the epochs after which the next rate begins"
    )
    values: list[Rate] = Field(
        min_length=2, max_length=100, description="the rates, one more than boundaries"
    )

    @property
    def highest(self) -> float:
        return max(self.values)


Schedule = CosineSchedule | ExponentialSchedule | PiecewiseSchedule
LearningRate = Annotated[
    Annotated[Rate, Tag(NUMBER)]
    | Annotated[Annotated[Schedule, Field(discriminator="schedule")], Tag(SCHEDULE)],
    Discriminator(lambda value: SCHEDULE if isinstance(value, dict | Settings) else NUMBER),
]


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


class ReduceOnPlateau(Settings):
    """Lower the learning rate once the monitored value no longer improves."""

    factor: float = Field(0.1, gt=0, lt=1, description="factor by which the rate is lowered")
    patience: int = Field(10, ge=0, le=100_000, description="epochs without improvement to wait")
    min_delta: float = Field(
        1e-4, ge=0, le=1e6, description="smallest change that is an improvement"
    )
    min_lr: float = Field(0.0, ge=0, le=100, description="the rate is not lowered below this")
    monitor: Monitor = Field("val_loss", description="the column of history.csv that decides")


def _default_learning_rate(training: dict[str, Any]) -> float:
    return LEARNING_RATES.get(training.get("optimizer", ""), 0.001)


def _default_weight_decay(training: dict[str, Any]) -> float:
    return ADAMW_DECAY if training.get("optimizer") == "adamw" else 0.0


def _default_checkpoint(training: dict[str, Any]) -> Checkpoint:
    return Checkpoint(keep="best" if training.get("validation") else "last")


class Training(Settings):
    """How the model is fitted."""

    epochs: int = Field(10, ge=1, le=100_000, description="passes over the training rows")
    batch_size: int = Field(64, ge=1, le=1_000_000, description="rows in a gradient step")
    optimizer: Literal["sgd", "rmsprop", "adam", "adamw", "nadam", "adagrad"] = Field(
        "rmsprop", description="Keras's optimizer"
    )
    learning_rate: LearningRate = Field(
        default_factory=_default_learning_rate,
        description="step size, or a schedule; by default Keras's own: 0.01 for sgd, else 0.001",
        examples=[0.001],
    )
    reduce_on_plateau: ReduceOnPlateau | None = Field(
        None, description="when to lower the learning rate; null: never"
    )
    momentum: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="share of a step that is added to the next: sgd, rmsprop",
    )
    weight_decay: float = Field(
        default_factory=_default_weight_decay,
        ge=0,
        le=10,
        description="share by which each step shrinks the weights, times the learning rate; by "
        "default Keras's own: 0.004 for adamw, else 0",
    )
    clipnorm: float | None = Field(
        None,
        gt=0,
        le=1e6,
        description="length to which the gradient of each weight array is cut; null: never cut",
    )
    loss: Loss | None = Field(
        None,
        description="what is minimized; null: cross-entropy of classes, mean_squared_error of "
        "numbers; squared_hinge is of classes, that of a linear SVM: probabilities are then not "
        "calibrated",
    )
    huber_delta: float | None = Field(
        None,
        gt=0,
        le=1e9,
        description="error, in the target's own units, up to which huber is squared; it grows in a "
        "line from there",
    )
    label_smoothing: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="share of every true answer that is spread over all classes; loss and val_loss "
        "are of the smoothed answers",
    )
    class_weight: ClassWeight | None = Field(
        None,
        description="how much a row of each class counts in the loss: balanced, the rarer the "
        "more, or a map such as {spam: 5}, where other classes count 1; null: all the same",
    )
    validation: ValidationSettings | None = Field(
        ShuffledValidation(split="shuffled"), description="the rows that validate; null: none"
    )
    refit: bool = Field(
        False,
        description="whether a second model is fitted on all training rows, for as many epochs as "
        "were best on the validation rows; it is the one that is kept and tested",
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

    @property
    def is_calibrated(self) -> bool:
        """Whether training makes the outputs of classes probabilities, not only their order."""
        return self.loss != SQUARED_HINGE

    @property
    def highest_rate(self) -> float:
        """The learning rate, or the highest of its schedule."""
        rate = self.learning_rate
        return rate if isinstance(rate, float) else rate.highest
