"""docs/config.md: every key of a config, its values, default and meaning."""

import json
from collections.abc import Iterator

from textclf import errors
from textclf.config.file import load_config
from textclf.config.json_schema import Schema, choices, default, in_words, value_range
from textclf.config.phrases import one_of
from textclf.config.settings import ConfigFile
from textclf.inspection.starter import starter_config
from writers.layer_section import layer_section
from writers.markdown import code_block, table

# For each rule of conflicts.py, settings that break it.
CONFLICTS: dict[str, tuple[str, ...]] = {
    "_text_model_on_features": ("boston_dense", "model={type: lstm}"),
    "_preprocessing_of_the_other_kind": ("boston_dense", "preprocessing={maxlen: 100}"),
    "_one_of_two": ("quickstart", "dataset={name: csv, path: my.csv, text: review}"),
    "_column_in_two_places": (
        "quickstart",
        "dataset={name: csv, path: my.csv, text: review, label: review}",
    ),
    "_setting_of_another_format": (
        "quickstart",
        "dataset={name: csv, path: my.xlsx, text: review, label: mood, encoding: cp949}",
    ),
    "_labels_that_are_not_merged": (
        "quickstart",
        "dataset={name: csv, path: my.csv, text: review, label: mood, labels: {a: b, b: c}}",
    ),
    "_tokens_of_texts_that_come_as_ids": ("imdb_dense", "preprocessing.tokens=words"),
    "_signs_that_keras_drops": ("quickstart", "preprocessing.signs=true"),
    "_subwords_without_num_words": (
        "quickstart",
        "preprocessing={tokens: subwords, encoding: multi_hot}",
    ),
    "_encoding_that_the_model_cannot_read": ("imdb_cnn_lstm", "preprocessing.encoding=one_hot"),
    "_skip_top_leaves_no_words": ("imdb_lstm", "preprocessing.skip_top=500"),
    "_hot_without_num_words": ("imdb_dense", "preprocessing.num_words=null"),
    "_sequences_without_maxlen": ("imdb_lstm", "preprocessing.maxlen=null"),
    "_embedding_dim": ("imdb_lstm", "model.embedding_dim=null"),
    "_vectors_without_an_embedding": ("imdb_dense", "model.embedding_weights=/missing/glove.txt"),
    "_vectors_that_cannot_be_read": (
        "imdb_lstm",
        "model={type: lstm, embedding_weights: /missing/glove.txt}",
    ),
    "_bptt_beyond_the_text": ("imdb_truncated_rnn", "model.bptt_steps=500"),
    "_bptt_of_one_layer": ("imdb_truncated_rnn", "model.bidirectional=true"),
    "_filter_longer_than_the_text": (
        "imdb_lstm",
        "model={type: cnn, embedding_dim: 16, kernel_size: 101}",
    ),
    "_pooling_that_leaves_no_step": ("imdb_cnn_lstm", "preprocessing.maxlen=5"),
    "_settings_of_ngrams_without_them": ("imdb_dense", "preprocessing.weighting=tfidf"),
    "_range_in_the_wrong_order": ("imdb_dense", "preprocessing.ngrams=[3, 1]"),
    "_ngrams_in_an_order": (
        "imdb_embedding_dense",
        "preprocessing={encoding: embedding, maxlen: 100, ngrams: 2}",
    ),
    "_ends_of_ngrams": (
        "imdb_dense",
        "preprocessing={encoding: multi_hot, ngrams: 2, padding: post}",
    ),
    "_ngrams_for_another_model": (
        "imdb_dense",
        "preprocessing.ngrams=2",
        "model={type: layers, layers: [{Dense: {units: 16}}]}",
    ),
    "_ngrams_under_xla": ("imdb_dense", "preprocessing.ngrams=2", "training.engine=xla"),
    "_naive_bayes_of_other_than_two_classes": (
        "reuters_dense",
        "preprocessing={encoding: multi_hot, ngrams: 2, weighting: naive_bayes}",
    ),
    "_dropped_ids": ("imdb_embedding_dense", "model.input_dropout=0.5"),
    "_layers_that_do_not_fit": (
        "imdb_lstm",
        "model={type: layers, layers: [{Embedding: {output_dim: 8}}, {LSTM: {units: 8}}, "
        "{Conv1D: {filters: 8, kernel_size: 3}}, GlobalMaxPooling1D]}",
    ),
    "_engine_that_does_not_know_every_layer": (
        "boston_dense",
        "model={type: layers, layers: [{Dense: {units: 8}}]}",
        "training.engine=xla",
    ),
    "_classes_of_a_regression": ("boston_dense", "training.validation.stratify=true"),
    "_one_class_in_each_row": (
        "quickstart",
        "dataset={name: csv, path: my.csv, text: review, label: topics, "
        "labels: {separator: ;}, stratify: true}",
    ),
    "_stratified_test_file": (
        "quickstart",
        "dataset={name: csv, path: my.csv, text: review, label: stars, test_path: t.csv, "
        "stratify: true}",
    ),
    "_best_without_validation": (
        "quickstart",
        "training={validation: null, checkpoint: {keep: best}}",
    ),
    "_early_stopping_without_validation": (
        "imdb_lstm",
        "training={validation: null, early_stopping: {patience: 3}}",
    ),
    "_metrics_without_validation": (
        "imdb_lstm",
        "training={validation: null, metrics: [macro_f1]}",
    ),
    "_monitor_of_another_task": ("imdb_lstm", "training.checkpoint.monitor=val_mae"),
    "_momentum_of_another_optimizer": ("imdb_lstm", "training={optimizer: adam, momentum: 0.9}"),
    "_warmup_that_never_ends": (
        "imdb_lstm",
        "training={epochs: 3, learning_rate: {schedule: cosine, initial: 1e-3, warmup_epochs: 3}}",
    ),
    "_pieces_that_do_not_match": (
        "imdb_lstm",
        "training={learning_rate: {schedule: piecewise, boundaries: [5], values: [1e-2, 1e-3, "
        "1e-4]}}",
    ),
    "_plateau_under_a_schedule": (
        "imdb_lstm",
        "training={reduce_on_plateau: {}, learning_rate: {schedule: cosine, initial: 1e-3}}",
    ),
    "_plateau_without_validation": ("boston_dense", "training.reduce_on_plateau={}"),
    "_loss_of_another_task": ("imdb_lstm", "training.loss=huber", "training.huber_delta=1.0"),
    "_smoothed_hinge": (
        "imdb_lstm",
        "training.loss=squared_hinge",
        "training.label_smoothing=0.1",
    ),
    "_refit_of_nothing_more": ("boston_dense", "training.refit=true"),
    "_delta_of_huber": ("boston_dense", "training.huber_delta=1.0"),
}


KINDS = {
    "integer": "whole number",
    "number": "number",
    "boolean": "`true` or `false`",
    "string": "text",
    "null": "`null`",
    "object": "map of texts to texts",
    "layer": "layer, [below](#layers)",
}


def config_page() -> Iterator[str]:
    schema = ConfigFile.model_json_schema()
    yield "# The config"
    yield (
        "A config is a YAML file of four sections and a seed; `dataset` and `model` are required, "
        "everything else has a default. A fifth section, `sweep`, is for [sweeps](sweep.md). This "
        "one was written by `textclf init --dataset imdb --model lstm`:"
    )
    yield code_block(starter_config({"name": "imdb"}, "lstm", "imdb_lstm.yaml").strip(), "yaml")
    yield (
        "A key that is not listed here is an error; so are duplicate keys, anchors, aliases and "
        "tags. `1e-4` is a number, `10.0` is not a whole one, and only `true` and `false` are "
        "booleans. On the command line, `--set training.epochs=3` overrides any key by its dotted "
        "path."
    )
    yield "## In your editor"
    yield (
        "With a *schema*, a description of all keys in one file, an editor completes keys, shows "
        "their meaning and underlines mistakes while you type: VS Code (extension "
        '"YAML" by Red Hat), Neovim (`yamlls`) and every editor with yaml-language-server. '
        "`textclf init --schema` writes the schema beside a new config; for one that exists, run "
        "`textclf schema -o textclf.schema.json` and start the config with this comment:"
    )
    yield code_block("# yaml-language-server: $schema=textclf.schema.json", "yaml")
    for key, field in schema["properties"].items():
        yield from _section(key, field, schema["$defs"])
    yield from layer_section()
    yield "## Settings that conflict"
    yield (
        "Settings that are valid one by one can contradict each other. textclf reports that before "
        "anything is loaded or trained, and the message says what to do:"
    )
    yield table(
        ["`textclf check` of", "with `--set`", "says"],
        [
            [f"`{recipe}`", "`, `".join(overrides).join("``"), _conflict(recipe, overrides)]
            for recipe, *overrides in CONFLICTS.values()
        ],
    )


def _section(path: str, field: Schema, sections: dict[str, Schema]) -> Iterator[str]:
    """A section's keys; where a key chooses among several kinds, each kind's."""
    level = "#" * (2 + path.count("."))
    yield f"{level} {path}"
    yield _meaning(field)
    below = [sections[c["$ref"].rpartition("/")[2]] for c in choices(field) if "$ref" in c]
    for section in below:
        if len(below) > 1:
            yield f"{level}# {_headline(path, section)}"
        if section["description"] != _sentence(field):
            yield section["description"]
        # A key that chooses the section stands in the headline already.
        keys = {key: part for key, part in section["properties"].items() if "const" not in part}
        if keys:
            rows = [_row(key, part, section) for key, part in keys.items()]
            yield table(["key", "value", "default", "meaning"], rows)
        for key, part in keys.items():
            if any("$ref" in choice for choice in choices(part)):
                yield from _section(f"{path}.{key}", part, sections)


def _meaning(field: Schema) -> str:
    return f"{_sentence(field)} {_range_and_default(field)}".strip()


def _sentence(field: Schema) -> str:
    meaning: str = field["description"]
    return f"{meaning[0].upper()}{meaning[1:]}."


def _range_and_default(field: Schema) -> str:
    facts = {"Range": value_range(field), "Default": default(field) and f"`{default(field)}`"}
    return " ".join(f"{name}: {fact}." for name, fact in facts.items() if fact)


def _headline(path: str, section: Schema) -> str:
    for key, field in section["properties"].items():
        if "const" in field:
            return f"`{path}: {{{key}: {field['const']}}}`"
    return in_words(section["title"])


def _row(key: str, field: Schema, section: Schema) -> list[str]:
    default_text = "required" if key in section.get("required", ()) else "depends"
    if "default" in field:
        default_text = f"`{default(field)}`"
    return [f"`{key}`", _kind(field), default_text, field["description"]]


def _kind(field: Schema) -> str:
    """'whole number, 1 to 100,000; or `null`', or the words to choose from."""
    return "; or ".join(dict.fromkeys(_kind_of(choice) for choice in choices(field)))


def _kind_of(choice: Schema) -> str:
    if "$ref" in choice:
        return "a section, below"
    if "enum" in choice:
        return one_of(f"`{_visible(word)}`" for word in choice["enum"])
    kind = (
        "list, each a " + KINDS[choice["items"].get("type", "layer")] if "items" in choice else ""
    )
    if choice["type"] == "object":
        if (choice := choice["additionalProperties"]) is True:
            return "map of settings to choices or ranges"
        kind = f"map of names, each a {KINDS[choice['type']]}"
    if "const" in choice:
        return f"`{choice['const']}`"
    words = kind or KINDS[choice["type"]]
    numbers = value_range(choice)
    return f"{words}, {numbers}" if numbers else words


def _visible(word: str) -> str:
    return word if word.isprintable() else json.dumps(word)


def _conflict(recipe: str, overrides: list[str]) -> str:
    """The error that these settings lead to."""
    try:
        load_config(recipe, overrides)
    except errors.ConfigError as error:
        return "; ".join(error.messages).removeprefix(f"--set {overrides[-1]}: ")
    raise AssertionError(f"{recipe} --set {overrides}: no conflict")
