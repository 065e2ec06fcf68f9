"""Cells of tables: marks, CSV."""

from textclf.cli.cells import marked, narrow_setting, print_csv


def test_marked_scores_keep_their_digits_in_line():
    assert marked(["0.1", "", "0.2"], [True, True, False]) == ["0.1*", "", "0.2 "]
    assert marked(["0.1", "0.2"], [False, False]) == ["0.1", "0.2"]


def test_a_setting_is_written_as_in_yaml_and_not_wide():
    assert [narrow_setting(value) for value in (None, True, 0.5)] == ["null", "true", "0.5"]
    assert len(narrow_setting("x" * 50)) == 20


def test_csv_is_quoted_and_rules_no_terminal(capsys):
    print_csv(["a", "b"], [['x "y", z', None], [True, "\x1b[2J\n"]])
    assert capsys.readouterr().out == 'a,b\r\n"x ""y"", z",\r\ntrue,\\x1b[2J\\n\r\n'
