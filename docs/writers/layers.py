"""The table of Keras's layers that a config may name, made from their own signatures."""

import inspect
import json
from typing import Any

import keras

Spec = dict[str, Any]


def whole(low: int, high: int) -> Spec:
    return {"kind": "whole", "ge": low, "le": high}


def number(low: float, high: float) -> Spec:
    return {"kind": "number", "ge": low, "le": high}


def choice(*words: str) -> Spec:
    return {"kind": "choice", "of": [*words]}


SHARE: Spec = {"kind": "number", "ge": 0, "lt": 1}
FLAG: Spec = {"kind": "flag"}
PATH: Spec = {"kind": "path", "nullable": True}
WIDTH = whole(1, 65_536)
STEPS = whole(1, 1_000)

# The layers that a config may name, each with its meaning.
LAYERS = {
    "Embedding": "a vector for each word",
    "Dense": "a fully connected layer",
    "Activation": "a function of each number",
    "ReLU": "max(0, x), or a variant",
    "LeakyReLU": "x, below 0 times a slope",
    "PReLU": "x, below 0 times a slope that is learnt",
    "ELU": "x, below 0 alpha * (exp(x) - 1)",
    "Dropout": "sets a share of the numbers to 0 in training",
    "SpatialDropout1D": "sets a share of the features to 0, in all steps, in training",
    "GaussianDropout": "multiplies by noise around 1 in training",
    "GaussianNoise": "adds noise around 0 in training",
    "AlphaDropout": "dropout that keeps mean and deviation, for selu",
    "SimpleRNN": "a fully connected recurrent layer",
    "LSTM": "long short-term memory",
    "GRU": "gated recurrent units",
    "Bidirectional": "a recurrent layer that reads from both ends",
    "Conv1D": "filters over a few steps each",
    "SeparableConv1D": "filters of each feature, then of all features of a step",
    "DepthwiseConv1D": "filters of each feature",
    "MaxPooling1D": "the largest of every few steps",
    "AveragePooling1D": "the mean of every few steps",
    "GlobalMaxPooling1D": "the largest of all steps",
    "GlobalAveragePooling1D": "the mean of all steps",
    "BatchNormalization": "each feature less its mean in the batch, divided by its deviation",
    "LayerNormalization": "features less their mean, divided by their deviation",
    "UnitNormalization": "features scaled to length 1",
    "Flatten": "all steps side by side",
    "Masking": "lets later layers skip steps whose features all have a value",
    "Attention": "each step a mean of all steps, weighed by dot products",
    "AdditiveAttention": "each step a mean of all steps, weighed by tanh of sums",
    "MultiHeadAttention": "several attentions of all steps to each other, side by side",
}

# By an argument's name: what it may be, and its meaning.
ARGUMENTS: dict[str, tuple[Spec, str]] = {
    "units": (WIDTH, "width of the layer"),
    "output_dim": (WIDTH, "length of a word's vector"),
    "filters": (WIDTH, "number of filters"),
    "kernel_size": (STEPS, "steps that a filter reads at once"),
    "strides": (STEPS, "steps from one output to the next"),
    "dilation_rate": (STEPS, "steps from one that a filter reads to the next"),
    "groups": (whole(1, 1_024), "groups of features that filters read alone"),
    "depth_multiplier": (whole(1, 1_024), "filters for each feature"),
    "pool_size": (STEPS, "steps that become one"),
    "padding": (choice("valid", "same"), "same: zeros at the ends, so that no step is lost"),
    "keepdims": (FLAG, "whether the result is a sequence of one step"),
    "use_bias": (FLAG, "whether a bias is added"),
    "rate": (SHARE, "share of the numbers dropped"),
    "stddev": (number(0, 1), "standard deviation of the noise"),
    "dropout": (SHARE, "share of the inputs dropped"),
    "recurrent_dropout": (SHARE, "share of the state dropped at each step"),
    "return_sequences": (FLAG, "whether the output of every step is returned, not the last alone"),
    "go_backwards": (FLAG, "whether the last step is read first"),
    "reset_after": (FLAG, "whether the reset gate is applied after the product"),
    "unit_forget_bias": (FLAG, "whether the forget gate's bias starts at 1"),
    "merge_mode": (choice("sum", "mul", "ave", "concat"), "how both directions become one"),
    "mask_zero": (FLAG, "whether id 0, padding, is masked for later layers"),
    "mask_value": (number(-1e6, 1e6), "the value of the steps to skip"),
    "alpha": (number(0, 1e6), "scale of the curve below 0"),
    "negative_slope": (number(0, 1e6), "slope below 0"),
    "max_value": (number(0, 1e6), "largest output; null: any"),
    "threshold": (number(0, 1e6), "numbers below it become 0"),
    "momentum": (number(0, 1), "share of the moving averages that a batch leaves"),
    "epsilon": (number(1e-12, 1), "added to the variance"),
    "center": (FLAG, "whether an offset is learnt"),
    "scale": (FLAG, "whether a factor is learnt"),
    "use_scale": (FLAG, "whether a factor of the scores is learnt"),
    "score_mode": (choice("dot", "concat"), "how two steps are compared"),
    "num_heads": (whole(1, 256), "number of attentions"),
    "key_dim": (WIDTH, "width of each attention's queries and keys"),
    "value_dim": (WIDTH, "width of each attention's values; null: key_dim"),
    "activation": ({"kind": "activation"}, "function of the outputs; null: none"),
    "recurrent_activation": ({"kind": "activation"}, "function of the gates"),
    **{
        f"{weight}_initializer": ({"kind": kind}, f"how the {name} starts")
        for weight, name, kind in (
            ("embeddings", "vectors' table", "matrix_initializer"),
            ("kernel", "kernel", "matrix_initializer"),
            ("recurrent", "recurrent kernel", "square_initializer"),
            ("depthwise", "kernel of each feature", "matrix_initializer"),
            ("pointwise", "kernel of all features", "matrix_initializer"),
            ("bias", "bias", "initializer"),
            ("alpha", "slope", "initializer"),
            ("beta", "offset", "initializer"),
            ("gamma", "factor", "initializer"),
            ("moving_mean", "moving mean", "initializer"),
            ("moving_variance", "moving variance", "initializer"),
        )
    },
    **{
        f"{weight}_{kind}": ({"kind": kind}, f"{meaning} {name}")
        for weight, name in (
            ("embeddings", "the vectors"),
            ("kernel", "the kernel"),
            ("recurrent", "the recurrent kernel"),
            ("depthwise", "the kernel of each feature"),
            ("pointwise", "the kernel of all features"),
            ("bias", "the bias"),
            ("alpha", "the slope"),
            ("beta", "the offset"),
            ("gamma", "the factor"),
        )
        for kind, meaning in (
            ("regularizer", "what is added to the loss for"),
            ("constraint", "what limits"),
        )
    },
    "activity_regularizer": ({"kind": "regularizer"}, "what is added to the loss for the outputs"),
}
# Of one layer alone.
OWN_ARGUMENTS: dict[tuple[str, str], tuple[Spec, str]] = {
    ("Embedding", "output_dim"): (
        {**WIDTH, "or": "weights"},
        "length of a word's vector; by default that of the vectors in weights",
    ),
    ("Embedding", "weights"): (
        PATH,
        "file of vectors that words start from, relative to the config; null: all are drawn",
    ),
    ("Embedding", "trainable"): (FLAG, "whether training changes the vectors"),
    ("Conv1D", "padding"): (
        choice("valid", "same", "causal"),
        "same: zeros at the ends, so that no step is lost; causal: at the start alone",
    ),
}
# Arguments that a config does not have, and why.
LEFT_OUT = {
    "input_dim": "it follows from preprocessing.num_words",
    "seed": "it follows from the config's seed",
    "name": "textclf names the layers",
    "dtype": "textclf computes in float32",
    "trainable": "all layers train",
    "weights": "weights start from their initializers",
    "layer": "write the recurrent layer's name, as in Bidirectional: {LSTM: {units: 8}}",
    "backward_layer": "both directions have the same settings",
    "return_state": "a layer of a stack has one output",
    "stateful": "every text is read from its beginning",
    "unroll": "loops stay loops",
    "use_cudnn": "cuDNN is used wherever it can be",
    "data_format": "features come last",
    "axis": "features, the last axis, are normalized",
    "noise_shape": "SpatialDropout1D drops whole features",
    "shared_axes": "each number has its own slope",
    "output_shape": "the output is as wide as the input",
    **dict.fromkeys(("lora_rank", "lora_alpha"), "adapters are for trained models"),
    "quantization_config": "weights are not quantized",
    **dict.fromkeys(("renorm", "renorm_clipping", "renorm_momentum"), "batches are of one size"),
    "synchronized": "one device computes",
    **dict.fromkeys(
        ("attention_axes", "sliding_window", "flash_attention", "use_gate"),
        "every step sees every step",
    ),
}
# Of one layer alone.
OWN_LEFT_OUT = {("SimpleRNN", "activity_regularizer"): "Keras's SimpleRNN ignores it"}
# Of every layer, whatever its signature says.
ALWAYS_LEFT_OUT = ("name", "dtype", "trainable")
# What a signature leaves to its base class.
INHERITED: dict[str, dict[str, Any]] = {"Embedding": {"trainable": True}}
# Arguments whose null means something, beside those whose default is null.
NULLABLE = ("activation", "recurrent_activation")

ACTIVATIONS = [
    *("relu", "tanh", "sigmoid", "linear", "softmax", "elu", "selu", "gelu", "silu", "swish"),
    *("mish", "softplus", "softsign", "exponential", "leaky_relu", "relu6", "celu"),
    *("hard_sigmoid", "hard_silu", "hard_tanh", "log_sigmoid", "log_softmax", "tanh_shrink"),
]
FACTOR = number(-1e3, 1e3)
POSITIVE = number(0, 1e3)
# By name: Keras's class, and what its arguments may be.
INITIALIZERS: dict[str, dict[str, Spec]] = {
    "Zeros": {},
    "Ones": {},
    "Constant": {"value": FACTOR},
    "RandomNormal": {"mean": FACTOR, "stddev": POSITIVE},
    "RandomUniform": {"minval": FACTOR, "maxval": FACTOR},
    "TruncatedNormal": {"mean": FACTOR, "stddev": POSITIVE},
    "VarianceScaling": {
        "scale": {"kind": "number", "gt": 0, "le": 1e3},
        "mode": choice("fan_in", "fan_out", "fan_avg"),
        "distribution": choice("truncated_normal", "untruncated_normal", "uniform"),
    },
    **{f"{who}{what}": {} for who in ("Glorot", "He", "Lecun") for what in ("Normal", "Uniform")},
}
INITIALIZER_NAMES = [
    *("zeros", "ones", "normal", "uniform", "random_normal", "random_uniform", "truncated_normal"),
    *("glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "lecun_normal"),
    *("lecun_uniform", "variance_scaling"),
]
ORTHOGONAL = {"Orthogonal": {"gain": FACTOR}}
IDENTITY = {"Identity": {"gain": FACTOR}}
# What an argument of a kind may be: a word, or an object of Keras's with its own arguments.
KINDS: dict[str, tuple[str, list[str], dict[str, dict[str, Spec]]]] = {
    "activation": ("activations", ACTIVATIONS, {}),
    "initializer": ("initializers", INITIALIZER_NAMES, INITIALIZERS),
    "matrix_initializer": (
        "initializers",
        [*INITIALIZER_NAMES, "orthogonal"],
        {**INITIALIZERS, **ORTHOGONAL},
    ),
    "square_initializer": (
        "initializers",
        [*INITIALIZER_NAMES, "orthogonal", "identity"],
        {**INITIALIZERS, **ORTHOGONAL, **IDENTITY},
    ),
    "regularizer": (
        "regularizers",
        ["l1", "l2", "l1l2"],
        {"L1": {"l1": POSITIVE}, "L2": {"l2": POSITIVE}, "L1L2": {"l1": POSITIVE, "l2": POSITIVE}},
    ),
    "constraint": (
        "constraints",
        ["max_norm", "min_max_norm", "non_neg", "unit_norm"],
        {
            "MaxNorm": {"max_value": POSITIVE},
            "MinMaxNorm": {
                **dict.fromkeys(("min_value", "max_value"), POSITIVE),
                "rate": number(0, 1),
            },
            "NonNeg": {},
            "UnitNorm": {},
        },
    ),
}
# What the probe of a layer's mask is built with.
REQUIRED = {"units": 1, "filters": 1, "output_dim": 1, "input_dim": 1, "kernel_size": 1, "rate": 0}
REQUIRED |= {"stddev": 0, "num_heads": 1, "key_dim": 1, "pool_size": 1, "activation": "linear"}


def layer_table() -> str:
    """The text of layers.json."""
    table = {
        "layers": {name: _layer(name, meaning) for name, meaning in LAYERS.items()},
        "kinds": {
            kind: {"module": module, "words": words, "classes": _classes(module, classes)}
            for kind, (module, words, classes) in KINDS.items()
        },
    }
    return json.dumps(table, indent=1) + "\n"


def _layer(name: str, meaning: str) -> Spec:
    """A layer's arguments, and what becomes of a mask: a layer hands it on, or drops it.

    Raises:
        KeyError: Keras has an argument that this table does not know.
    """
    parameters = _parameters(getattr(keras.layers, name)) | INHERITED.get(name, {})
    own = {argument: why for (layer, argument), why in OWN_LEFT_OUT.items() if layer == name}
    known = [argument for (layer, argument) in OWN_ARGUMENTS if layer == name]
    reasons = {key: why for key, why in {**LEFT_OUT, **own}.items() if key not in known}
    left_out = [argument for argument in (*ALWAYS_LEFT_OUT, *parameters) if argument in reasons]
    left_out = list(dict.fromkeys(left_out))
    arguments = {
        argument: _argument(name, argument, default)
        for argument, default in parameters.items()
        if argument not in reasons
    }
    return {
        "meaning": meaning,
        "arguments": arguments,
        "left_out": {argument: reasons[argument] for argument in left_out},
        "hands_on_masks": name == "Embedding" or _supports_masks(name, parameters),
    }


def _parameters(of: Any) -> dict[str, Any]:
    """Each argument's default, as the signature has them."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = list(inspect.signature(of.__init__).parameters.values())[1:]
    return {one.name: one.default for one in parameters if one.kind in named}


def _argument(layer: str, name: str, default: Any) -> Spec:
    spec, meaning = OWN_ARGUMENTS.get((layer, name)) or ARGUMENTS[name]
    if default is inspect.Parameter.empty:
        return {**spec, "required": True, "meaning": meaning}
    default = default.lower() if isinstance(default, str) else default  # 'Zeros', of PReLU
    nullable = {"nullable": True} if default is None or name in NULLABLE else {}
    return {**spec, **nullable, "default": default, "meaning": meaning}


def _supports_masks(name: str, parameters: dict[str, Any]) -> bool:
    if name == "Bidirectional":
        return True  # as the layer in it
    needed = [one for one, value in parameters.items() if value is inspect.Parameter.empty]
    layer = getattr(keras.layers, name)(**{argument: REQUIRED[argument] for argument in needed})
    return bool(layer.supports_masking) and name != "GlobalAveragePooling1D"


def _classes(module: str, classes: dict[str, dict[str, Spec]]) -> Spec:
    return {name: _class(getattr(getattr(keras, module), name), of) for name, of in classes.items()}


def _class(of: Any, arguments: dict[str, Spec]) -> Spec:
    defaults = _parameters(of)
    return {name: {**spec, "default": defaults[name]} for name, spec in arguments.items()}
