"""What a page says in words."""

from textclf.config.file import load_config
from textclf.config.settings import Config
from textclf.results.report.prose import differing_settings, model_in_words, question


def test_the_question_of_a_file_of_ones_own_is_that_of_its_columns():
    dataset = {"name": "csv", "path": "/secret/place/a.csv", "text": "review", "label": "mood"}
    config = Config.model_validate({"dataset": dataset, "model": {"type": "dense"}})
    assert question(config) == "a.csv: predicts “mood” from the texts of “review”."
    numbers = {"name": "csv", "path": "b.csv", "features": ["a", "b"], "target": "price"}
    config = Config.model_validate({"dataset": numbers, "model": {"type": "dense"}})
    assert question(config) == "b.csv: predicts “price” from 2 features."
    assert question(load_config("imdb_lstm")).startswith("25,000 + 25,000 film reviews")


def test_a_stack_is_named_by_its_layers():
    layers = "[{Embedding: {output_dim: 4}}, {Conv1D: {filters: 3, kernel_size: 2}}, Flatten]"
    config = load_config("imdb_lstm", [f"model={{type: layers, layers: {layers}}}"])
    assert model_in_words(config) == (
        "The layers Embedding, Conv1D and Flatten on texts of 100 words, the 500 most frequent "
        "words as vectors of 4 numbers."
    )


def test_a_linear_model_of_ngrams_is_named_by_what_it_reads():
    ngrams = {"encoding": "multi_hot", "ngrams": [1, 2], "weighting": "tfidf", "num_words": 5_000}
    config = Config.model_validate(
        {
            "dataset": {"name": "reuters"},
            "preprocessing": ngrams,
            "model": {"type": "dense", "units": []},
        }
    )
    assert model_in_words(config) == (
        "A linear model on the 5,000 most frequent n-grams of 1 to 2 tokens in at least 2 "
        "training rows, weighted by tf-idf."
    )


def test_only_settings_that_differ_are_listed_each_with_its_value():
    one = load_config("imdb_lstm")
    other = load_config("imdb_lstm", ["model.dropout=0.5", "training.early_stopping=null"])
    assert dict(differing_settings([one, other])) == {
        "model.dropout": ["0.0", "0.5"],
        "training.early_stopping.patience": ["3", "-"],
        "training.early_stopping.min_delta": ["0.0", "-"],
        "training.early_stopping.monitor": ["val_loss", "-"],
        "training.early_stopping": ["-", "null"],
    }
