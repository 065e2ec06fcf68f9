"""The schema of a config: each setting's type, default, range and meaning, on one page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from textclf.config.layers import layer_problems, name_and_arguments, named

# Keras's own default learning rates; written out so that a saved config is complete.
LEARNING_RATES = {
    "sgd": 0.01,
    "rmsprop": 0.001,
    "adam": 0.001,
    "adamw": 0.001,
    "nadam": 0.001,
    "adagrad": 0.001,
}
MAX_SEED = 2**32 - 1  # the largest seed of numpy.random.RandomState


class Settings(BaseModel):
    """One section of a config: unknown keys and lenient types are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


# --- dataset ---------------------------------------------------------------------------------


class DatasetSection(Settings):
    """What every dataset's settings say about it before its files are read."""

    @property
    def is_text(self) -> bool:
        """Whether its examples are texts; numeric features otherwise."""
        return True

    @property
    def is_regression(self) -> bool:
        """Whether its targets are numbers; classes otherwise."""
        return False

    @property
    def separator(self) -> str | None:
        """What stands between several labels of a row; None where each row has one."""
        return None


class ImdbDataset(DatasetSection):
    """25,000 + 25,000 film reviews, negative or positive."""

    name: Literal["imdb"] = Field(description="the IMDB reviews of keras.datasets")


class ReutersDataset(DatasetSection):
    """11,228 newswires on 46 topics."""

    name: Literal["reuters"] = Field(description="the Reuters newswires of keras.datasets")
    test_split: float = Field(0.2, gt=0, lt=1, description="share of the rows that are test rows")


class BostonDataset(DatasetSection):
    """506 suburbs of Boston, 13 features, the median price of a house in thousands of dollars."""

    name: Literal["boston"] = Field(description="the Boston housing prices of keras.datasets")
    test_split: float = Field(0.2, gt=0, lt=1, description="share of the rows that are test rows")

    @property
    def is_text(self) -> bool:
        return False

    @property
    def is_regression(self) -> bool:
        return True


class DocstringsDataset(DatasetSection):
    """Docstrings of NumPy, pandas, Matplotlib and Keras; the class is the library."""

    name: Literal["docstrings"] = Field(description="docstrings of the installed libraries")
    test_split: float = Field(0.2, gt=0, lt=1, description="share of the rows that are test rows")
    seed: int = Field(113, ge=0, le=MAX_SEED, description="seed that chooses the test rows")


def _default_test_split(dataset: dict[str, Any]) -> float | None:
    return None if dataset.get("test_path") else 0.2


def _absolute(path: str) -> str:
    """Paths in a file are relative to it (config/file.py), others to the current folder."""
    return str(Path(path).absolute())


def _one_or_several(value: Any) -> str:
    return SEVERAL if isinstance(value, list | tuple) else ONE


DataPath = Annotated[str, Field(min_length=1), AfterValidator(_absolute), Field(max_length=4_096)]
Column = Annotated[str, Field(min_length=1, max_length=1_000)]
ONE, SEVERAL = "one column", "several columns"  # tags that no user sees
TextColumns = Annotated[
    Annotated[Column, Tag(ONE)]
    | Annotated[list[Column], Field(min_length=1, max_length=100), Tag(SEVERAL)],
    Discriminator(_one_or_several),
]
SEPARATOR = "separator"  # the key of dataset.labels for rows of several labels
ClassName = Annotated[str, Field(min_length=1, max_length=10_000)]
# fmt: off
Encoding = Literal[
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp949", "euc-kr", "cp932", "shift_jis",
    "euc-jp", "euc_jis_2004", "iso-2022-jp", "gb18030", "gbk", "big5", "big5hkscs", "cp874",
    "cp1250", "cp1251", "cp1252",
    "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "iso-8859-1", "iso-8859-2",
    "iso-8859-15", "koi8-r", "koi8-u", "cp437", "cp850", "cp852", "cp866", "mac-roman",
]
# fmt: on


class CsvDataset(DatasetSection):
    """Your own examples: texts or numeric features, with classes or a number to predict."""

    name: Literal["csv"] = Field(description="your own files, or a folder of texts for each class")
    path: DataPath = Field(
        description="relative to the config: a .csv, .tsv, .jsonl, .xlsx or .parquet file, or a "
        "folder of a folder of .txt files for each class"
    )
    test_path: DataPath | None = Field(
        None, description="a file or folder with the same columns that has the test rows"
    )
    text: TextColumns | None = Field(
        None, description="the column that holds the text; a list: columns to join, line by line"
    )
    features: list[Column] | None = Field(
        None, min_length=1, max_length=10_000, description="columns of numbers, instead of a text"
    )
    label: Column | None = Field(None, description="the column that holds the class")
    target: Column | None = Field(
        None, description="the column of numbers to predict, instead of a class"
    )
    labels: dict[ClassName, ClassName] | None = Field(
        None,
        min_length=1,
        max_length=10_000,
        description="labels to read as another one, such as {Two: two}; or {separator: '|'}: a row "
        "has several labels, joined by this, or a list of them",
    )
    missing: Literal["error", "drop"] = Field(
        "error",
        description="what happens to a row without a label, target or feature: drop leaves it "
        "out, counted in a warning",
    )
    encoding: Encoding | None = Field(
        None, description="how characters are written as bytes; null: UTF-8, or else a guess"
    )
    delimiter: Literal[",", ";", "\t", "|"] | None = Field(
        None,
        description="separator of the columns; by default as a first line sep=; says, else a tab "
        "in .tsv, a comma elsewhere",
    )
    quoting: Literal["standard", "none"] | None = Field(
        None,
        description="what quotes mean in a table: standard, they enclose a field; none, they are "
        "characters like any other; by default standard, and rows that a quote seems to join are "
        "an error",
    )
    standardize_target: bool = Field(
        True,
        description="learn the target less its mean, divided by its standard deviation; "
        "predictions, loss and mae stay in the target's own units",
    )
    test_split: float | None = Field(
        default_factory=_default_test_split,
        gt=0,
        lt=1,
        description="share of the rows that are test rows, without a test_path",
    )
    seed: int = Field(113, ge=0, le=MAX_SEED, description="seed that chooses the test rows")
    stratify: bool = Field(
        False, description="whether each class has the same share of the test rows"
    )

    @property
    def is_text(self) -> bool:
        return self.features is None

    @property
    def is_regression(self) -> bool:
        return self.label is None and self.target is not None

    @property
    def separator(self) -> str | None:
        return (self.labels or {}).get(SEPARATOR)

    @property
    def merged_labels(self) -> dict[str, str]:
        """Labels that are read as another one."""
        return {} if self.separator else self.labels or {}

    @property
    def texts(self) -> tuple[str, ...]:
        """The columns of text, which are joined."""
        return (self.text,) if isinstance(self.text, str) else tuple(self.text or ())


DatasetSettings = Annotated[
    ImdbDataset | ReutersDataset | BostonDataset | DocstringsDataset | CsvDataset,
    Field(discriminator="name"),
]


# --- preprocessing ---------------------------------------------------------------------------


class TextPreprocessing(Settings):
    """How texts, as ids, become a model's input."""

    tokens: Literal["keras", "words", "characters", "subwords", "morphemes"] = Field(
        "keras",
        description="what texts are split into; keras: as Keras's Tokenizer",
    )
    signs: bool = Field(False, description="whether punctuation and other signs are tokens, too")
    num_words: int | None = Field(
        None,
        ge=4,
        le=10_000_000,
        description="ids from this on, the rarer words, become unknown",
    )
    skip_top: int = Field(
        0,
        ge=0,
        le=10_000_000,
        description="ids below this, the most frequent words, become unknown",
    )
    remove_reserved: bool = Field(
        False, description="remove ids 0 to 2 (padding, start, unknown) from every text"
    )
    maxlen: int | None = Field(
        None,
        ge=1,
        le=100_000,
        description="length in ids to which every text is cut or padded",
    )
    padding: Literal["pre", "post"] = Field(
        "pre", description="which end of a short text is padded"
    )
    truncating: Literal["pre", "post"] = Field("pre", description="which end of a long text is cut")
    encoding: Literal["embedding", "one_hot", "multi_hot"] = Field(
        "embedding", description="the form in which ids enter the model"
    )


class FeaturePreprocessing(Settings):
    """How numeric features become a model's input."""

    standardize: bool = Field(
        True, description="subtract the training rows' mean, divide by their standard deviation"
    )


def _kind_of_preprocessing(value: Any) -> str:
    has_key = isinstance(value, dict) and "standardize" in value
    return "features" if has_key or isinstance(value, FeaturePreprocessing) else "text"


PreprocessingSettings = Annotated[
    Annotated[TextPreprocessing, Tag("text")] | Annotated[FeaturePreprocessing, Tag("features")],
    Discriminator(_kind_of_preprocessing),
]


# --- model -----------------------------------------------------------------------------------


class DenseModel(Settings):
    """Fully connected layers on multi-hot words, on a flattened embedding, or on features."""

    type: Literal["dense"] = Field(description="fully connected layers")
    embedding_dim: int | None = Field(
        None, ge=1, le=65_536, description="length of a word's vector (encoding: embedding)"
    )
    units: list[Annotated[int, Field(ge=1, le=65_536)]] = Field(
        [16, 16], min_length=1, max_length=20, description="width of each hidden layer"
    )
    activation: Literal["relu", "tanh", "sigmoid"] = Field(
        "relu", description="activation of the hidden layers"
    )
    dropout: float = Field(0.0, ge=0, lt=1, description="share of inputs dropped after each layer")


class SimpleRnnModel(Settings):
    """Keras's SimpleRNN on word vectors or one-hot words, read at its last step."""

    type: Literal["simple_rnn"] = Field(description="a fully connected recurrent layer")
    embedding_dim: int | None = Field(
        None, ge=1, le=65_536, description="length of a word's vector (encoding: embedding)"
    )
    units: int = Field(32, ge=1, le=65_536, description="width of the recurrent layer")
    dropout: float = Field(0.0, ge=0, lt=1, description="share of the layer's inputs dropped")
    bptt_steps: int | None = Field(
        None, ge=1, le=100_000, description="number of last steps through which the gradient flows"
    )


class LstmModel(Settings):
    """Keras's LSTM on word vectors or one-hot words, read at its last step."""

    type: Literal["lstm"] = Field(description="long short-term memory")
    embedding_dim: int | None = Field(
        None, ge=1, le=65_536, description="length of a word's vector (encoding: embedding)"
    )
    units: int = Field(32, ge=1, le=65_536, description="width of the recurrent layer")
    dropout: float = Field(0.0, ge=0, lt=1, description="share of the layer's inputs dropped")


class CnnLstmModel(Settings):
    """A convolution over word vectors, pooled, read by an LSTM."""

    type: Literal["cnn_lstm"] = Field(description="convolution, pooling, LSTM")
    embedding_dim: int | None = Field(
        None, ge=1, le=65_536, description="length of a word's vector (encoding: embedding)"
    )
    dropout: float = Field(0.0, ge=0, lt=1, description="share of the word vectors dropped")
    filters: int = Field(64, ge=1, le=65_536, description="number of convolution filters")
    kernel_size: int = Field(5, ge=1, le=1_000, description="words that a filter reads at once")
    pool_size: int = Field(4, ge=1, le=1_000, description="steps that pooling reduces to one")
    units: int = Field(32, ge=1, le=65_536, description="width of the LSTM")


LAYERS_ERROR = "layers"  # its context holds the problems of all layers


def _checked_layers(layers: list[Any]) -> list[dict[str, Any]]:
    layers = [named(layer) for layer in layers]
    if problems := layer_problems(layers):
        raise PydanticCustomError(LAYERS_ERROR, "wrong layers", {"problems": problems})
    return layers


class LayersModel(Settings):
    """Any stack of Keras's layers, by their own names and arguments."""

    type: Literal["layers"] = Field(description="any stack of Keras's layers")
    layers: Annotated[list[Any], AfterValidator(_checked_layers)] = Field(
        min_length=1, max_length=100, description="the layers between the input and the output"
    )

    @property
    def named_layers(self) -> list[tuple[str, dict[str, Any]]]:
        """Each layer's name and arguments."""
        return [name_and_arguments(layer) for layer in self.layers]

    @property
    def embedding_dim(self) -> int | None:
        """Length of a word's vector, where the first layer is an Embedding."""
        name, arguments = self.named_layers[0]
        return arguments["output_dim"] if name == "Embedding" else None


ModelSettings = Annotated[
    DenseModel | SimpleRnnModel | LstmModel | CnnLstmModel | LayersModel,
    Field(discriminator="type"),
]


# --- training --------------------------------------------------------------------------------


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


class FirstValidation(Settings):
    """The first rows of the file validate."""

    split: Literal["first"] = Field(description="the first rows of the file")
    rows: int = Field(ge=1, le=1_000_000_000, description="number of rows that validate")


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
Monitor = Literal["val_loss", "val_accuracy", "val_mae", "loss", "accuracy", "mae"]


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
    engine: Literal["auto", "xla", "graph", "keras"] = Field(
        "auto", description="how batches are run; auto: chosen by model and batch size"
    )


# --- the whole -------------------------------------------------------------------------------


class Config(Settings):
    """A whole YAML file."""

    dataset: DatasetSettings = Field(description="where the examples come from")
    preprocessing: PreprocessingSettings = Field(
        default_factory=lambda config: (
            TextPreprocessing()
            if getattr(config.get("dataset"), "is_text", False)
            else FeaturePreprocessing()
        ),
        description="how examples are prepared for the model",
    )
    model: ModelSettings = Field(
        description="the hidden layers; output and loss follow from what is predicted: "
        "two classes (sigmoid, binary cross-entropy), more (softmax, categorical cross-entropy), "
        "several labels (sigmoid, binary cross-entropy), or a number (linear, mean squared error)"
    )
    training: Training = Field(default_factory=Training, description="how the model is fitted")
    seed: int = Field(
        42,
        ge=0,
        le=MAX_SEED,
        description="seed of initial weights, row order and dropout, but not of the test rows",
    )

    @model_validator(mode="before")
    @classmethod
    def _empty_preprocessing_is_the_default(cls, config: Any) -> Any:
        # An empty map fits texts and features alike: the dataset decides.
        if isinstance(config, dict) and config.get("preprocessing") == {}:
            return {key: value for key, value in config.items() if key != "preprocessing"}
        return config


def flatten(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Settings by their dotted paths, as `--set` names them; a layer's own value is its name."""
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{path}.")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for place, layer in enumerate(value):
                flat |= {f"{path}[{place}]": name for name in layer}
                flat |= flatten(layer, f"{path}[{place}].")
        else:
            flat[path] = value
    return flat
