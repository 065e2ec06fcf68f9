"""Numbers and lists in sentences."""

from textclf.wording import several, some_of


def test_a_noun_follows_its_number():
    counts = [(0, "row"), (1, "class"), (2, "class"), (2000, "text")]
    assert [several(*count) for count in counts] == [
        "0 rows",
        "1 class",
        "2 classes",
        "2,000 texts",
    ]


def test_a_long_list_is_begun():
    assert some_of(["a", "b"], 2) == "a, b"
    assert some_of(["a", "b", "c"], 2) == "a, b, …"
    assert some_of([], 2) == ""
