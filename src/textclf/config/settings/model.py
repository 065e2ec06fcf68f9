"""The `model` section: the layers between the input and the output."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from textclf.config.layers import layer_problems, name_and_arguments, named
from textclf.config.settings.section import Settings
from textclf.config.vector_files import with_vectors


class DenseModel(Settings):
    """Fully connected layers on multi-hot words or n-grams, on a flattened embedding, or on
    features."""

    type: Literal["dense"] = Field(description="fully connected layers")
    embedding_dim: int | None = Field(
        None, ge=1, le=65_536, description="length of a word's vector (encoding: embedding)"
    )
    units: list[Annotated[int, Field(ge=1, le=65_536)]] = Field(
        [16, 16],
        max_length=20,
        description="width of each hidden layer; []: none, a linear model",
    )
    activation: Literal["relu", "tanh", "sigmoid"] = Field(
        "relu", description="activation of the hidden layers"
    )
    dropout: float = Field(0.0, ge=0, lt=1, description="share of inputs dropped after each layer")
    input_dropout: float = Field(
        0.0, ge=0, lt=1, description="share of the features, words or n-grams dropped"
    )


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
    problems = layer_problems(layers)
    if not problems:
        layers, problems = with_vectors(layers)
    if problems:
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
