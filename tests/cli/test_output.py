"""Tables at any width: no number is cut, and a path that goes into a file stays one word."""

import pytest

from convscope.cli._output import print_table

COLUMNS = ["run", "model", "accuracy", "test", "tags"]
ROWS = [["sweep-cnn-digits-6709d425", "cnn", 0.84375, 10_000, "first"], ["mlp", "mlp", None, 360, ""]]


def printed(capsys):
    return capsys.readouterr().out.splitlines()


def test_a_table_in_a_pipe_folds_nothing_and_ends_its_lines_where_their_words_do(capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    path = "/somewhere/" + "deep/" * 40
    print_table(["what", ""], [["run", path], ["accuracy", 0.5]])
    assert printed(capsys) == ["what", f"run       {path}", "accuracy  0.5000"]


@pytest.mark.parametrize("width", [30, 40, 50, 80])
def test_no_number_and_no_columns_name_is_cut(capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    print_table(COLUMNS, ROWS)
    lines = printed(capsys)
    words = " ".join(lines).split()
    assert {*COLUMNS, "0.8438", "10,000", "360"} <= {*words}
    assert all(len(line) <= width for line in lines)


def test_where_there_is_no_room_each_row_is_a_block_of_lines(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    print_table(COLUMNS, ROWS[1:])
    assert printed(capsys) == ["run       mlp", "model     mlp", "accuracy  –", "test      360", "tags", ""]
