"""The screens of `textclf data show`: plain and 80 columns wide in a pipe, in colour elsewhere."""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from textclf.wording import listed, printable, short_line

NARROWEST, WIDEST = 72, 100  # columns; shorter lines lose numbers, longer lines are hard to read
BARS = "bars"  # the header of the column with bars
BAR = 24  # width of the longest bar, in columns
FEW_CLASSES = 12  # more classes are shown in two columns
MOST_CLASSES = 60  # more classes are not shown
LONGEST_NAME = 18
PLAIN = str.maketrans("█░▏·…", "#-|,~")
STYLES = {"[?]": "yellow", "<pad>": "dim", "<start>": "dim", "…": "dim"}


def print_data(shown: dict[str, Any]) -> None:
    """Print the result of `show_data`, section by section."""
    with _screen() as console:
        _head(console, shown["name"], f"{shown['task']}, on {shown['dataset']}")
        for warning in shown["warnings"]:
            console.print(Text(f"warning: {printable(warning)}", "yellow"))
        _print_rows(console, shown)
        for name, print_section in SECTIONS.items():
            if shown[name]:
                print_section(console, shown)
    if shown["picture"]:
        click.echo(f"\n{printable(shown['picture'])}")


def print_row(shown: dict[str, Any]) -> None:
    """Print the result of `show_row`: the example before and after preprocessing."""
    with _screen() as console:
        fold = f", validates in fold {shown['fold']}" if shown["fold"] else ""
        place = f"row {shown['row']} of {shown['part']}"
        _head(console, shown["name"], f"{place}, a {shown['split']} row{fold}")
        console.print(Text.assemble(("\nTruth  ", "bold"), _label(shown["truth"])))
        if "features" in shown:
            _print_features_of_row(console, shown["features"])
        else:
            _print_text_of_row(console, shown)


@contextmanager
def _screen() -> Iterator[Console]:
    """A console whose text goes to standard output, without spaces at the ends of lines."""
    console = Console(highlight=False, markup=False, emoji=False)
    console.width = max(NARROWEST, min(console.width, WIDEST))
    with console.capture() as capture:
        yield console
    click.echo(_encodable(re.sub(r" +$", "", capture.get(), flags=re.MULTILINE)), nl=False)


def _encodable(text: str) -> str:
    """The text in characters that standard output can encode: a pipe on Windows has no blocks."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(PLAIN).encode(encoding, "replace").decode(encoding)
    return text


def _head(console: Console, name: str, rest: str) -> None:
    console.print(Text.assemble((printable(name), "bold"), f": {printable(rest)}"))


def _title(console: Console, title: str, rest: str = "") -> None:
    console.print()
    console.print(Text.assemble((title, "bold"), (f"  {rest}" if rest else "", "dim")))


def _say(console: Console, text: str | Text | Table) -> None:
    console.print(Padding(text, (0, 0, 0, 2)))


def _table(*headers: str) -> Table:
    """A table: text in the first column, numbers in the others, bars in a column called BARS."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.show_header = any(header not in ("", BARS) for header in headers)
    for place, header in enumerate(headers):
        is_text = place == 0 or header == BARS
        title = "" if header == BARS else header
        table.add_column(title, justify="left" if is_text else "right", no_wrap=True)
    return table


# --- all rows --------------------------------------------------------------------------------


def _print_rows(console: Console, shown: dict[str, Any]) -> None:
    counted = [f"{rows:,} {split}" for split, rows in shown["rows"].items()]
    if shown["folds"]:
        counted[0] += f", of which {shown['folds']} folds validate in turn"
    _title(console, "Rows")
    _say(console, " · ".join(counted))
    if shown["validates_on_test"]:
        _say(console, "The validation rows are the test rows.")


def _print_classes(console: Console, shown: dict[str, Any]) -> None:
    classes = sorted(shown["classes"], key=lambda count: -count["training"])
    listed, n_rows = classes[:MOST_CLASSES], shown["parts"]["train"]
    _title(console, f"{len(classes)} classes", "training rows, including the validation rows")
    if len(listed) > FEW_CLASSES:
        half = -(-len(listed) // 2)
        halves = [listed[:half], listed[half:]]
        bar = _bar_beside(console, halves)
        tables = [_class_table(part, classes, n_rows, bar, with_test=False) for part in halves]
    else:
        tables = [_class_table(listed, classes, n_rows, BAR, with_test=True)]
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_row(*tables)
    _say(console, grid)
    if len(classes) > len(listed):
        _say(console, f"and {len(classes) - len(listed)} more with fewer rows")
    best = shown["baseline"]
    if best["test_accuracy"] is not None:
        of = "test rows"
        if shown["task"] == "multilabel":
            of = "decisions about the labels of test rows"
        guess = f"guessing {printable(best['prediction'])!r}" if best["prediction"] else "no label"
        _say(
            console,
            f"To beat: always {guess} is right for {best['test_accuracy']:.1%} of the {of}.",
        )


def _bar_beside(console: Console, halves: list[list[dict[str, Any]]]) -> int:
    """The width that names, rows and shares of two tables leave for their longest bar."""
    rest = console.width - 8
    for half in halves:
        names = (len(_name(count["name"])) for count in half)
        rest -= max(names) + max(4, len(f"{half[0]['training']:,}")) + 13
    # Sorted: the second table's longest bar is not longer.
    first, second = (half[0]["training"] for half in halves)
    return max(1, min(BAR, int(rest / (1 + second / max(first, 1)))))


def _class_table(
    listed: Sequence[dict[str, Any]],
    classes: list[dict[str, Any]],
    n_rows: int,
    width: int,
    with_test: bool,
) -> Table:
    most = max(count["training"] for count in classes) or 1
    test = ("test",) if with_test else ()
    table = _table("", "rows", "share", BARS, *test)
    for count in listed:
        bar = _bar(count["training"], most, width)
        share = f"{count['training'] / max(n_rows, 1):.1%}"
        in_test = (f"{count['test']:,}",) if with_test else ()
        table.add_row(
            _name(count["name"]), f"{count['training']:,}", share, Text(bar, "cyan"), *in_test
        )
    return table


def _print_target(console: Console, shown: dict[str, Any]) -> None:
    _title(console, "Target", "of the training rows")
    _say(console, _spread(shown["target"], "g"))
    best = shown["baseline"]
    if best["test_mae"] is not None:
        always = f"To beat: always guessing the median, {best['prediction']:.4g}, is off by "
        _say(console, f"{always}{best['test_mae']:.4g} on average in the test rows.")


def _print_lengths(console: Console, shown: dict[str, Any]) -> None:
    lengths = shown["lengths"]
    _title(console, "Lengths", "words of the training texts, as maxlen counts them")
    _say(console, _spread(lengths["spread"], ",.0f"))
    console.print()
    _say(console, _histogram(lengths))
    if lengths["empty"]:
        _say(console, f"{lengths['empty']:,} texts have no words.")
    if lengths["maxlen"] is not None:
        cut = f"{lengths['texts_cut']:.0%} of the texts (░) and {lengths['tokens_cut']:.0%} of all"
        padded = f"{lengths['texts_padded']:.0%} are shorter and padded"
        _say(console, f"maxlen {lengths['maxlen']:,} cuts {cut} words; {padded}.")


def _spread(spread: dict[str, Any], form: str) -> Table:
    named = {"5": "5%", "25": "25%", "50": "median", "75": "75%", "95": "95%"}
    ranks = {named[rank]: value for rank, value in spread["percentiles"].items()}
    numbers = {"mean": spread["mean"], "min": spread["min"], **ranks, "max": spread["max"]}
    table = _table(*numbers)
    table.columns[0].justify = "right"
    table.add_row(*(format(round(value, 4), form) for value in numbers.values()))
    return table


def _histogram(lengths: dict[str, Any]) -> Table:
    edges, counts = lengths["histogram"]["edges"], lengths["histogram"]["counts"]
    maxlen, most = lengths["maxlen"], max(counts) or 1
    table = _table("", "", BARS)
    table.columns[0].justify = "right"
    for place, (edge, count) in enumerate(zip(edges, counts, strict=True)):
        is_last = place == len(edges) - 1
        is_cut = maxlen is not None and edge >= maxlen
        bar = _bar(count, most, BAR + 16, "░" if is_cut else "█")
        span = f"more than {edge:,}" if is_last else f"{edge + 1:,} to {edges[place + 1]:,}"
        if count or not is_last:
            table.add_row(span, f"{count:,}", Text(bar, "yellow" if is_cut else "cyan"))
    return table


def _print_vocabulary(console: Console, shown: dict[str, Any]) -> None:
    words = shown["vocabulary"]
    counts = f"{words['words']:,} distinct, {words['once']:,} of them only once"
    _title(console, "Words", f"of the training texts: {counts}")
    if words["coverage"]:
        _say(console, "Share of words that each num_words keeps:")
        table = _table("", *(f"{size['num_words']:,}" for size in words["coverage"]))
        for part in ("training", "test"):
            shares = (f"{size[part]:.1%}" for size in words["coverage"])
            table.add_row(part, *shares)
        _say(console, table)
    lost = {"num_words": words["too_rare"], "skip_top": words["too_frequent"]}
    names = [name for name in lost if words[name] and lost[name]]
    losses = [f"{name} {words[name]:,} makes {lost[name]:.1%}" for name in names]
    if losses:
        kept = 1 - sum(lost.values())
        _say(console, f"{listed(losses)} of the training words unknown; {kept:.1%} remain.")
    if words["unseen"]:
        _say(console, f"{words['unseen']:.1%} of the test words are not in the training texts.")


def _print_ngrams(console: Console, shown: dict[str, Any]) -> None:
    ngrams = shown["ngrams"]
    total = sum(ngrams["by_tokens"].values())
    _title(console, "N-grams", f"that the model reads: {total:,}")
    kinds = [f"{count:,} of {tokens}" for tokens, count in ngrams["by_tokens"].items()]
    _say(console, f"{listed(kinds)} token{'s' if len(kinds) > 1 else ''}; of a training text:")
    _say(console, _spread(ngrams["of_texts"], ",.0f"))
    if ngrams["maxlen"] is not None:
        _say(console, f"maxlen {ngrams['maxlen']:,} cuts {ngrams['texts_cut']:.1%} of the texts.")


def _print_features(console: Console, shown: dict[str, Any]) -> None:
    features = shown["features"]
    _title(console, f"{len(features)} features", "of the training rows")
    table = _table("", "min", "mean", "sd", "max", "missing")
    for feature in features:
        numbers = (f"{feature[key]:,.4g}" for key in ("min", "mean", "sd", "max"))
        table.add_row(_name(feature["name"]), *numbers, f"{feature['missing']:,}")
    _say(console, table)


def _print_duplicates(console: Console, shown: dict[str, Any]) -> None:
    found = shown["duplicates"]
    _title(console, "Duplicates", "rows that are identical to a model")
    parts = (
        ("training", "occur more than once", shown["parts"]["train"], "with different labels"),
        ("test", "are also training rows", shown["parts"]["test"], "with another label"),
    )
    for part, what, rows, but in parts:
        count, against = found[f"{part}_rows"], found[f"{part}_contradictions"]
        share = f" ({count / rows:.1%})" if rows and count else ""
        contradicted = f", {against:,} of them {but}" if against else ""
        _say(console, f"{count:,} of {rows:,} {part} rows{share} {what}{contradicted}.")
    for pair in found["contradictions"]:
        rows = (f"{row['split']} row {row['row']} ({_label(row['label'])})" for row in pair)
        _say(console, f"  {' = '.join(rows)}")


def _print_examples(console: Console, shown: dict[str, Any]) -> None:
    _title(console, "Examples", "as the model reads them; [?] is an unknown word")
    for example in shown["examples"]:
        label = f"{_label(example['label'])}, row {example['row']}"
        _say(console, Text(label, "cyan"))
        console.print(Padding(_styled(example["text"].split(" ")), (0, 0, 0, 4)))


SECTIONS = {
    "classes": _print_classes,
    "target": _print_target,
    "lengths": _print_lengths,
    "vocabulary": _print_vocabulary,
    "ngrams": _print_ngrams,
    "features": _print_features,
    "duplicates": _print_duplicates,
    "examples": _print_examples,
}


# --- one row ---------------------------------------------------------------------------------


def _print_features_of_row(console: Console, features: list[dict[str, Any]]) -> None:
    console.print()
    table = _table("", "before", "after")
    for feature in features:
        before = "missing" if feature["before"] is None else f"{feature['before']:,.5g}"
        after = "missing" if feature["after"] is None else f"{feature['after']:+.3f}"
        table.add_row(_name(feature["name"]), before, after)
    _say(console, table)


def _print_text_of_row(console: Console, shown: dict[str, Any]) -> None:
    _title(console, "Before", f"{len(shown['ids']):,} ids")
    _say(console, _styled(shown["text"].split(" ")))
    read = shown["input"]
    if "ngrams" in read:
        _print_ngrams_of_row(console, read)
        return
    if read["encoding"] == "multi_hot":
        rest = f"{len(read['ids']):,} of {read['num_words']:,} columns are 1, for these words"
    else:
        rest = f"{len(read['ids']):,} ids, {read['unknown']:,} of them unknown words ([?])"
        rest += f", {read['padding']:,} padding" if read["padding"] else ""
        rest += f"; {read['cut']:,} were cut off" if read["cut"] else ""
    _title(console, "After", rest)
    _print_words_over_ids(console, _without_repeated_padding(read["words"], read["ids"]))


def _print_ngrams_of_row(console: Console, read: dict[str, Any]) -> None:
    rest = f"{len(read['ids']):,} of {read['ngrams']:,} n-grams, each with its weight"
    rest += f"; {read['cut']:,} were cut off" if read["cut"] else ""
    _title(console, "After", rest)
    weights = (f"{weight:.3g}" for weight in read["weights"])
    _print_words_over_ids(console, list(zip(map(printable, read["words"]), weights, strict=True)))


def _without_repeated_padding(words: list[str], ids: list[int]) -> list[tuple[str, str]]:
    """Word and id as text; a run of padding becomes one cell with its length."""
    cells: list[tuple[str, str]] = []
    count = 0
    for word, id_ in zip([*words, ""], [*ids, -1], strict=True):
        if count and id_ != 0:
            cells.append((f"<pad> x {count}" if count > 1 else "<pad>", "0"))
        count = count + 1 if id_ == 0 else 0
        if id_ > 0:
            cells.append((printable(word), str(id_)))
    return cells


def _print_words_over_ids(console: Console, cells: list[tuple[str, str]]) -> None:
    """Each word with its id below it, in lines as wide as the console."""
    line: list[tuple[str, str, int]] = []
    used = 2
    for word, id_ in cells:
        width = max(len(word), len(id_)) + 1
        if used + width > console.width and line:
            _print_pair(console, line)
            line, used = [], 2
        line.append((word, id_, width))
        used += width
    if line:
        _print_pair(console, line)


def _print_pair(console: Console, line: list[tuple[str, str, int]]) -> None:
    words, ids = Text("  "), Text("  ")
    for word, id_, width in line:
        words.append(word.ljust(width), STYLES.get(word.split(" ")[0]))
        ids.append(id_.ljust(width), "dim")
    for text in (words, ids):
        text.rstrip()
        console.print(text, no_wrap=True, overflow="ellipsis")


# --- words -----------------------------------------------------------------------------------


def _styled(words: list[str]) -> Text:
    return Text(" ").join(Text(printable(word), STYLES.get(word, "")) for word in words)


def _name(name: str) -> str:
    return short_line(printable(name), LONGEST_NAME)


def _bar(count: int, most: int, width: int, block: str = "█") -> str:
    """A bar: at least a thin one unless the count is 0."""
    whole = round(width * count / most)
    return block * whole or ("▏" if count else "")


def _label(label: str | float) -> str:
    return printable(label) or "no label" if isinstance(label, str) else f"{label:g}"
