"""Stacks of layers made by chance: some that fit together, others with one known mistake."""

import random
from typing import Any

Layer = dict[str, Any]

MAXLEN, WORDS, FEATURES = 12, 20, 3
ENCODINGS = ("embedding", "embedding", "one_hot", "multi_hot", "features")
ACTIVATIONS = ("relu", "tanh", "gelu", "selu", "swish", "softplus")
INITIALIZERS = ("he_normal", "orthogonal", {"RandomNormal": {"stddev": 0.1}}, "lecun_uniform")
REGULARIZERS = ("l2", {"L2": {"l2": 1e-4}}, {"L1L2": {"l1": 1e-5, "l2": 1e-4}})
CONSTRAINTS = ("max_norm", {"MaxNorm": {"max_value": 2}}, "unit_norm", "non_neg")


class Chance:
    """Draws stacks from a seed; equal seeds give equal stacks."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def stack(self) -> tuple[str, list[Layer]]:
        """What enters the model ('features', or an encoding of texts), and layers that read it."""
        encoding = self.random.choice(ENCODINGS)
        layers: list[Layer] = []
        if encoding in ("embedding", "one_hot"):
            if encoding == "embedding":
                mask = {"mask_zero": True} if self.random.random() < 0.3 else {}
                layers.append({"Embedding": {"output_dim": 4, **mask}})
            layers += [self.between() for _ in range(self.random.randint(0, 2))]
            layers += [self.of_sequence() for _ in range(self.random.randint(0, 2))]
            layers.append(self.to_one_step())
        else:
            layers.append({"Dense": {"units": 6, **self.extras()}})
        layers += [self.of_features() for _ in range(self.random.randint(0, 3))]
        return encoding, layers

    def between(self) -> Layer:
        """Any input's shape stays."""
        share = self.random.choice((0.0, 0.1, 0.5))
        return self.random.choice(
            (
                {"SpatialDropout1D": {"rate": share}},
                {"Dropout": {"rate": share}},
                {"GaussianNoise": {"stddev": share}},
                {"LayerNormalization": {}},
                {"Masking": {"mask_value": 0.5}},
                {"PReLU": {}},
            )
        )

    def of_sequence(self) -> Layer:
        """From a sequence to a sequence."""
        same = {"padding": "same"}
        return self.random.choice(
            (
                self.recurrent(return_sequences=True),
                {"Bidirectional": self.both_ends(return_sequences=True)},
                {"Bidirectional": {**self.both_ends(return_sequences=True), "merge_mode": "sum"}},
                {"Conv1D": {"filters": 4, "kernel_size": 3, "padding": "causal", **self.extras()}},
                {"SeparableConv1D": {"filters": 4, "kernel_size": 2, "dilation_rate": 2}},
                {"DepthwiseConv1D": {"kernel_size": 2, "depth_multiplier": 2, **same}},
                {"Conv1D": {"filters": 4, "kernel_size": 2, "strides": 2}},
                {"MaxPooling1D": {}},
                {"AveragePooling1D": {"pool_size": 2, "strides": 1, **same}},
                {"Attention": {"use_scale": True, "score_mode": "concat"}},
                {"AdditiveAttention": {"dropout": 0.1}},
                {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, "dropout": 0.1}},
                {"Dense": {"units": 4, **self.extras()}},
            )
        )

    def to_one_step(self) -> Layer:
        """From a sequence to features."""
        return self.random.choice(
            (
                self.recurrent(),
                {"Bidirectional": self.both_ends()},
                {"GlobalMaxPooling1D": {}},
                {"GlobalAveragePooling1D": {}},
                {"Flatten": {}},
            )
        )

    def of_features(self) -> Layer:
        return self.random.choice(
            (
                {"Dense": {"units": 5, **self.extras()}},
                {"Dense": {"units": 3, "activation": None, "use_bias": False}},
                {"Activation": {"activation": self.random.choice(ACTIVATIONS)}},
                {"LeakyReLU": {"negative_slope": 0.2}},
                {"ELU": {}},
                {"ReLU": {"max_value": 6}},
                {"BatchNormalization": {"momentum": 0.9}},
                {"UnitNormalization": {}},
                {"GaussianDropout": {"rate": 0.2}},
                {"AlphaDropout": {"rate": 0.2}},
                {"Dropout": {"rate": 0.2}},
            )
        )

    def recurrent(self, **more: Any) -> Layer:
        name = self.random.choice(("SimpleRNN", "LSTM", "GRU"))
        chosen = self.random.choice(
            ({}, {"dropout": 0.2}, {"recurrent_dropout": 0.2}, {"go_backwards": True})
        )
        return {name: {"units": 4, **chosen, **more}}

    def both_ends(self, **more: Any) -> Layer:
        ((name, arguments),) = self.recurrent(**more).items()
        return {name: {key: arguments[key] for key in arguments if key != "go_backwards"}}

    def extras(self) -> dict[str, Any]:
        """Arguments of a layer with a kernel."""
        choose = self.random.choice
        return choose(
            (
                {"activation": choose(ACTIVATIONS)},
                {"kernel_initializer": choose(INITIALIZERS), "activation": "relu"},
                {"kernel_regularizer": choose(REGULARIZERS)},
                {"activity_regularizer": choose(REGULARIZERS)},
                {"kernel_constraint": choose(CONSTRAINTS), "bias_initializer": "ones"},
            )
        )


def wrong_stack(seed: int) -> tuple[str, list[Any], str]:
    """An encoding, layers with one mistake, and the beginning of what is said about it."""
    encoding, layers = Chance(seed).stack()
    chance = random.Random(-seed - 1)
    place = chance.randrange(len(layers))
    ((name, arguments),) = layers[place].items()
    here = f"model.layers[{place}]"
    mistakes: list[tuple[Any, str]] = [
        ({f"{name}x": arguments}, f"{here}.{name}x: unknown layer; did you mean '{name}'?"),
        ({"Lambda": {"function": "x"}}, f"{here}.Lambda: not supported: it runs code"),
        ({name: {**arguments, "zebra": 1}}, f"{here}.{name}.zebra: unknown"),
        ({name: {**arguments, "name": "a"}}, f"{here}.{name}.name: not supported"),
        ({name: [1]}, f"{here}.{name}: expected {{{name}: "),
        (7, f"{here}: expected a layer such as {{Dense: {{units: 16}}}}, received 7"),
        ({"Dense": {}}, f"{here}.Dense: missing key 'units'"),
        ({"Dense": {"units": 0}}, f"{here}.Dense.units: 0 is out of range: 1 to 65,536"),
        ({"Dense": {"units": 2.5}}, f"{here}.Dense.units: expected a whole number"),
        ({"Dense": {"unit": 3, "units": 3}}, f"{here}.Dense.unit: unknown key; did you mean"),
        ({"Dropout": {"rate": 1}}, f"{here}.Dropout.rate: 1 is out of range"),
        ({"Dropout": {"rate": "0.5"}}, f"{here}.Dropout.rate: expected a number"),
        (
            {"Dense": {"units": 3, "activation": "rely"}},
            f"{here}.Dense.activation: expected relu, tanh",
        ),
        (
            {"Dense": {"units": 3, "use_bias": 1}},
            f"{here}.Dense.use_bias: expected true or false",
        ),
        (
            {"Dense": {"units": 3, "kernel_regularizer": {"L2": {"l2": -1}}}},
            f"{here}.Dense.kernel_regularizer.L2.l2: -1 is out of range",
        ),
        (
            {"Dense": {"units": 3, "kernel_constraint": {"Maxnorm": {}}}},
            f"{here}.Dense.kernel_constraint: expected one of Keras's constraints; did you mean",
        ),
        (
            {"Bidirectional": {"Dense": {"units": 3}}},
            f"{here}.Bidirectional.Dense: unknown layer; known here: SimpleRNN, LSTM, GRU",
        ),
        (
            {"Bidirectional": {"GRU": {"units": 3, "go_backwards": False}}},
            f"{here}.Bidirectional.GRU.go_backwards: Bidirectional reads from both ends",
        ),
        ({"Bidirectional": {}}, f"{here}.Bidirectional: expected one of SimpleRNN, LSTM or GRU"),
    ]
    wrong, message = chance.choice(mistakes)
    return encoding, [*layers[:place], wrong, *layers[place + 1 :]], message


def misfit(seed: int) -> tuple[str, list[Layer], str]:
    """An encoding, layers of which two do not fit together, and a pattern of what is said."""
    chance = random.Random(seed)
    encoding, layers = Chance(seed).stack()
    sequence = chance.choice(({"GlobalMaxPooling1D": {}}, {"LSTM": {"units": 4}}))
    (name,) = sequence
    if encoding == "embedding" and chance.random() < 0.3:
        (first,) = layers[1]
        return (
            encoding,
            layers[1:],
            rf"layers\[0\].{first}: {first} reads numbers, but .* gives ids",
        )
    if encoding in ("embedding", "one_hot") and chance.random() < 0.4:
        kept = [layer for layer in layers if "Embedding" in layer]
        last = {"Conv1D": {"filters": 4, "kernel_size": 99}}
        return encoding, [*kept, last], r"Conv1D cannot read .*: it needs 99 steps"
    if encoding in ("embedding", "one_hot") and chance.random() < 0.4:
        last = {"GRU": {"units": 4, "return_sequences": True}}
        kept = [layer for layer in layers if "Embedding" in layer]
        return encoding, [*kept, last], r"the output layer reads \(features\), but GRU, the last"
    return encoding, [*layers, sequence], rf"{name} reads \(steps, features\), but .* gives \(\d+\)"
