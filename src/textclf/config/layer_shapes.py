"""The shapes that stacked layers read and give, and where masks reach, computed without Keras."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from textclf.config.layers import RECURRENT, name_and_arguments, table

Arguments = dict[str, Any]
Layer = tuple[str, Arguments]
Shape = tuple[int, ...]  # of one example: (features,), or (steps, features) of a sequence

EMBEDDING = "Embedding"
SLIDING = ("Conv1D", "SeparableConv1D", "DepthwiseConv1D")
POOLING = ("MaxPooling1D", "AveragePooling1D")
GLOBAL_POOLING = ("GlobalMaxPooling1D", "GlobalAveragePooling1D")
ATTENTION = ("Attention", "AdditiveAttention", "MultiHeadAttention")
# What reads a mask; GlobalMaxPooling1D does not.
USES_MASKS = (*RECURRENT, "Bidirectional", *ATTENTION, "GlobalAveragePooling1D")
TO_ONE_STEP = "add GlobalMaxPooling1D or Flatten"


@dataclass(frozen=True)
class Input:
    """What the first layer reads.

    Args:
        shape: of one example.
        source: where it comes from, such as 'encoding: multi_hot'.
        holds_ids: whether it is a row of ids, (maxlen,).
    """

    shape: Shape
    source: str
    holds_ids: bool = False


class MisfitError(Exception):
    """Two layers do not fit together.

    Args:
        place: the index of the layer to look at; of the last one, if the output cannot read it.
    """

    def __init__(self, place: int, message: str) -> None:
        super().__init__(message)
        self.place = place


def find_shapes(layers: Sequence[Layer], start: Input) -> list[Shape]:
    """The shape that each layer gives.

    Raises:
        MisfitError: a layer cannot read what the one before it gives, or the output the last one.
    """
    given: list[Shape] = []
    giver, shape = start.source, start.shape
    for place, (name, arguments) in enumerate(layers):
        _check_ids(place, name, start)
        before = layers[place - 1] if place else None
        if name in _SEQUENCES and len(shape) != 2:
            raise MisfitError(place, _no_sequence(name, giver, shape, before))
        try:
            shape = _SHAPES.get(name, _same)(arguments, shape)
        except ValueError as error:
            raise MisfitError(
                place, f"{name} cannot read {giver}, which gives {shown(shape)}: {error}"
            ) from None
        given.append(shape)
        giver = name
    if len(shape) != 1:
        raise MisfitError(len(layers) - 1, _no_output(layers[-1], shape))
    return given


def shown(shape: Shape) -> str:
    """'(100, 64)'; '(64)' for one number."""
    return f"({', '.join(map(str, shape))})"


def _check_ids(place: int, name: str, start: Input) -> None:
    """Only the first layer gets ids, and only Embedding reads them."""
    if name == EMBEDDING and place:
        raise MisfitError(place, "Embedding reads ids, which only the first layer gets; remove it")
    if name == EMBEDDING and not start.holds_ids:
        raise MisfitError(
            place,
            f"Embedding reads ids, but {start.source} gives {shown(start.shape)}; remove it"
            + ("" if start.source == "dataset" else ", or set preprocessing.encoding: embedding"),
        )
    if name != EMBEDDING and not place and start.holds_ids:
        raise MisfitError(
            place,
            f"{name} reads numbers, but {start.source} gives ids {shown(start.shape)}; begin with "
            "Embedding: {output_dim: 32}, or set preprocessing.encoding: multi_hot or one_hot",
        )


def _no_sequence(name: str, giver: str, shape: Shape, before: Layer | None) -> str:
    message = f"{name} reads (steps, features), but {giver} gives {shown(shape)}"
    if before and _is_recurrent(before[0]):
        return f"{message}; set return_sequences: true in {giver}"
    return f"{message}; " + (f"put {name} before {giver}" if before else f"remove {name}")


def _no_output(last: Layer, shape: Shape) -> str:
    message = (
        f"the output layer reads (features), but {last[0]}, the last layer, gives {shown(shape)}"
    )
    if _is_recurrent(last[0]):
        return f"{message}; set return_sequences: false, or {TO_ONE_STEP}"
    return f"{message}; {TO_ONE_STEP}"


def _is_recurrent(name: str) -> bool:
    return name in (*RECURRENT, "Bidirectional")


# --- the shape that each layer gives ---------------------------------------------------------


def _same(_arguments: Arguments, shape: Shape) -> Shape:
    return shape


def _of_units(arguments: Arguments, shape: Shape) -> Shape:
    return (*shape[:-1], arguments["units"])


def _recurrent(arguments: Arguments, shape: Shape) -> Shape:
    return (
        (*shape[:1], arguments["units"]) if _returns_sequences(arguments) else (arguments["units"],)
    )


def _bidirectional(arguments: Arguments, shape: Shape) -> Shape:
    *steps, units = _recurrent(inner_layer(arguments)[1], shape)
    is_wider = arguments.get("merge_mode", "concat") == "concat"
    return (*steps, 2 * units if is_wider else units)


def inner_layer(arguments: Arguments) -> Layer:
    """The recurrent layer in the arguments of Bidirectional."""
    return name_and_arguments({key: arguments[key] for key in arguments if key in RECURRENT})


def _returns_sequences(arguments: Arguments) -> bool:
    return bool(arguments.get("return_sequences", False))


def _convolution(arguments: Arguments, shape: Shape) -> Shape:
    steps, features = shape
    groups, filters = arguments.get("groups", 1), arguments["filters"]
    if features % groups or filters % groups:
        raise ValueError(
            f"{groups} groups divide neither both {features} features and {filters} filters"
        )
    return _slide(arguments, steps), filters


def _separable(arguments: Arguments, shape: Shape) -> Shape:
    return _slide(arguments, shape[0]), arguments["filters"]


def _depthwise(arguments: Arguments, shape: Shape) -> Shape:
    return _slide(arguments, shape[0]), shape[1] * arguments.get("depth_multiplier", 1)


def _slide(arguments: Arguments, steps: int) -> int:
    """The steps that a window of `kernel_size` leaves."""
    stride, dilation = arguments.get("strides", 1), arguments.get("dilation_rate", 1)
    if stride > 1 and dilation > 1:
        raise ValueError("strides and dilation_rate cannot both be above 1")
    window = dilation * (arguments["kernel_size"] - 1) + 1
    return _steps(steps, window, stride, arguments, "kernel_size")


def _pooling(arguments: Arguments, shape: Shape) -> Shape:
    size = arguments.get("pool_size", 2)
    stride = arguments.get("strides") or size
    return _steps(shape[0], size, stride, arguments, "pool_size"), shape[1]


def _steps(steps: int, window: int, stride: int, arguments: Arguments, name: str) -> int:
    if arguments.get("padding", "valid") != "valid":
        return -(-steps // stride)
    if window > steps:
        raise ValueError(f"it needs {window} steps; lower {name}, or set padding: same")
    return (steps - window) // stride + 1


def _global_pooling(arguments: Arguments, shape: Shape) -> Shape:
    return (1, shape[1]) if arguments.get("keepdims") else shape[1:]


def _flatten(_arguments: Arguments, shape: Shape) -> Shape:
    return (shape[0] * shape[1],) if len(shape) == 2 else shape


_SHAPES: dict[str, Callable[[Arguments, Shape], Shape]] = {
    EMBEDDING: lambda arguments, shape: (*shape, arguments["output_dim"]),
    "Dense": _of_units,
    **dict.fromkeys(RECURRENT, _recurrent),
    "Bidirectional": _bidirectional,
    "Conv1D": _convolution,
    "SeparableConv1D": _separable,
    "DepthwiseConv1D": _depthwise,
    **dict.fromkeys(POOLING, _pooling),
    **dict.fromkeys(GLOBAL_POOLING, _global_pooling),
    "Flatten": _flatten,
}
_SEQUENCES = (
    *(*RECURRENT, "Bidirectional", *SLIDING, *POOLING, *GLOBAL_POOLING, *ATTENTION),
    *("SpatialDropout1D", "Masking"),
)


# --- masks -----------------------------------------------------------------------------------


def masked(layers: Sequence[Layer]) -> Iterator[bool]:
    """Whether each layer's input has a mask."""
    has_mask = False
    for name, arguments in layers:
        yield has_mask
        if name == EMBEDDING:
            has_mask = bool(arguments.get("mask_zero", False))
        elif name == "Masking":
            has_mask = True
        else:
            has_mask = has_mask and _hands_on_mask(name, arguments)


def _hands_on_mask(name: str, arguments: Arguments) -> bool:
    if _is_recurrent(name):
        inner = inner_layer(arguments)[1] if name == "Bidirectional" else arguments
        return _returns_sequences(inner)
    return bool(table()["layers"][name]["hands_on_masks"])


def mask_droppers(layers: Sequence[Layer]) -> list[int]:
    """The places of layers that get a mask, but neither read it nor hand it on."""
    return [
        place
        for place, (layer, has_mask) in enumerate(zip(layers, masked(layers), strict=True))
        if has_mask and layer[0] not in USES_MASKS and not _hands_on_mask(*layer)
    ]


def last_step_readers(layers: Sequence[Layer]) -> list[int]:
    """The places of recurrent layers that return their last step alone, without a mask."""
    return [
        place
        for place, ((name, arguments), has_mask) in enumerate(
            zip(layers, masked(layers), strict=True)
        )
        if name in RECURRENT and not has_mask and not _returns_sequences(arguments)
    ]
