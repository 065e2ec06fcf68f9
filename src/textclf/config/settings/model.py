"""The `model` section: the layers between the input and the output."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from textclf.config.layers import layer_problems, name_and_arguments, named
from textclf.config.settings.section import Settings
from textclf.config.settings.word_vectors import WordVectorModel
from textclf.config.vector_files import with_vectors

L2 = Annotated[float, Field(ge=0, le=100)]


Width = Annotated[int, Field(ge=1, le=65_536)]
EachWidth = Annotated[
    list[Width],
    Field(max_length=20),
    # One number is a list of one, as the recurrent models read it.
    BeforeValidator(
        lambda units: [units] if type(units) is int else units,
        json_schema_input_type=Width | Annotated[list[Width], Field(max_length=20)],
    ),
]


class DenseModel(WordVectorModel):
    """Fully connected layers on multi-hot words or n-grams, a flattened embedding, or features."""

    type: Literal["dense"] = Field(description="fully connected layers")
    units: EachWidth = Field(
        [16, 16], description="width of each hidden layer; []: none, a linear model"
    )
    activation: Literal["relu", "tanh", "sigmoid"] = Field(
        "relu", description="activation of the hidden layers"
    )
    dropout: float = Field(0.0, ge=0, lt=1, description="share of inputs dropped after each layer")
    l2: L2 = Field(
        0.0,
        description="strength of the L2 penalty on each hidden layer's kernel; of a linear model, "
        "on its own kernel",
    )
    input_dropout: float = Field(
        0.0, ge=0, lt=1, description="share of the features, words or n-grams dropped"
    )


def _one_or_several(value: Any) -> str:
    return SEVERAL_WIDTHS if isinstance(value, list | tuple) else ONE_WIDTH


ONE_WIDTH, SEVERAL_WIDTHS = "one width", "several widths"  # tags that no user sees
Widths = Annotated[
    Annotated[Width, Tag(ONE_WIDTH)]
    | Annotated[list[Width], Field(min_length=1, max_length=20), Tag(SEVERAL_WIDTHS)],
    Discriminator(_one_or_several),
]


class RecurrentModel(WordVectorModel):
    """What the recurrent families have in common."""

    units: Widths = Field(
        32, description="width of the recurrent layer; a list: layers, each on the one before"
    )
    dropout: float = Field(0.0, ge=0, lt=1, description="share of each layer's inputs dropped")
    recurrent_dropout: float = Field(
        0.0, ge=0, lt=1, description="share of each layer's own last outputs dropped (slow)"
    )
    bidirectional: bool = Field(
        False, description="whether each layer reads the text in both directions"
    )
    pooling: Literal["last", "max", "mean", "max_mean"] = Field(
        "last",
        description="what is read of the last layer: its last step, or the maximum or mean (or "
        "both) over the steps with words",
    )
    l2: L2 = Field(0.0, description="strength of the L2 penalty on each layer's kernels")

    @property
    def widths(self) -> list[int]:
        """The width of each layer, the first one first."""
        return self.units if isinstance(self.units, list) else [self.units]


class SimpleRnnModel(RecurrentModel):
    """Keras's SimpleRNN on word vectors or one-hot words."""

    type: Literal["simple_rnn"] = Field(description="simple recurrent layers")
    bptt_steps: int | None = Field(
        None, ge=1, le=100_000, description="number of last steps through which the gradient flows"
    )


class LstmModel(RecurrentModel):
    """Keras's LSTM on word vectors or one-hot words."""

    type: Literal["lstm"] = Field(description="long short-term memory")


class GruModel(RecurrentModel):
    """Keras's GRU on word vectors or one-hot words."""

    type: Literal["gru"] = Field(description="gated recurrent units")


class CnnModel(WordVectorModel):
    """A convolution over word vectors, pooled over the whole text."""

    type: Literal["cnn"] = Field(description="convolution, pooling")
    filters: Width = Field(64, description="number of convolution filters")
    kernel_size: int = Field(3, ge=1, le=1_000, description="words that a filter reads at once")
    pooling: Literal["max", "mean", "max_mean"] = Field(
        "max",
        description="what is read of each filter: its maximum or mean (or both) over the positions "
        "with words",
    )
    units: Width | None = Field(
        None, description="width of a dense layer after pooling; null: none"
    )
    dropout: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="share of the word vectors and of the output's inputs dropped",
    )
    l2: L2 = Field(0.0, description="strength of the L2 penalty on each layer's kernel")


class CnnLstmModel(RecurrentModel):
    """A convolution over word vectors, pooled, read by an LSTM."""

    type: Literal["cnn_lstm"] = Field(description="convolution, pooling, LSTM")
    dropout: float = Field(0.0, ge=0, lt=1, description="share of the word vectors dropped")
    filters: int = Field(64, ge=1, le=65_536, description="number of convolution filters")
    kernel_size: int = Field(5, ge=1, le=1_000, description="words that a filter reads at once")
    pool_size: int = Field(4, ge=1, le=1_000, description="steps that pooling reduces to one")


LAYERS_ERROR = "layers"  # its context holds the problems of all layers


def _checked_layers(layers: list[Any]) -> list[dict[str, Any]]:
    layers = [named(layer) for layer in layers]
    problems = layer_problems(layers)
    if not problems:
        layers, problems = with_vectors(layers)
    if problems:
        raise PydanticCustomError(LAYERS_ERROR, "wrong layers", {"problems": problems})
    return layers


class LayersModel(Settings):
    """Any stack of Keras's layers, by their own names and arguments."""

    type: Literal["layers"] = Field(description="any of Keras's layers")
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
    DenseModel | SimpleRnnModel | LstmModel | GruModel | CnnModel | CnnLstmModel | LayersModel,
    Field(discriminator="type"),
]
