"""Output that cannot be written: words and an exit code, and never a traceback."""

import codecs
import io
import os
import subprocess
import sys
from contextlib import redirect_stdout

import pandas as pd
import pytest

from convscope.cli import _output, _streams

QUICK = ["pool", "--image", "'[[1,2],[3,4]]'"]


def shell(words, after, **environment):
    line = " ".join([sys.executable, "-m", "convscope.cli", *words, after])
    return subprocess.run(["bash", "-c", line], capture_output=True, env=os.environ | environment)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "after", "code", "said"),
    [
        (QUICK, ">&-", 1, b"standard output: it is closed"),
        (QUICK, "> /dev/full", 1, b"No space left on device"),
        (QUICK, "<&- >&- 2>&-", 1, b""),
        (["--version"], "> /dev/full", 1, b"No space left on device"),
        (["course", "list"], "2> /dev/full | head -c 1; exit 0", 0, b""),
    ],
    ids=["closed", "full", "all closed", "no command", "head"],
)
def test_streams_that_cannot_be_used_end_in_words(words, after, code, said):
    done = shell(words, after)
    assert done.returncode == code and said in done.stderr
    assert b"Traceback" not in done.stderr and b"Exception ignored" not in done.stderr


@pytest.mark.slow
def test_a_result_is_whole_where_the_encoding_lacks_a_letter():
    done = shell(QUICK, "", PYTHONIOENCODING="ascii", COLUMNS="40")
    assert done.returncode == 0 and done.stdout.isascii() and b"Traceback" not in done.stderr


@pytest.fixture
def plain():
    codecs.register_error("plain", _streams._plainly)
    with io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="plain", write_through=True) as stream:
        yield stream


def test_our_own_signs_have_plain_ones_and_json_stays_json(plain):
    with redirect_stdout(plain):
        _output.print_lines("3 × 4 … – é")
        _output.print_json({"é": "×"})
    assert plain.buffer.getvalue() == b'3 x 4 ... - \\xe9\n{"\\u00e9": "\\u00d7"}\n'


def test_predictions_are_refused_where_a_letter_would_be_lost(plain):
    with redirect_stdout(plain), pytest.raises(_output.OutputError, match=r"\\xe9[\s\S]*in ascii"):
        _output.print_csv(pd.DataFrame({"prediction": ["é"]}))
    assert plain.buffer.getvalue() == b""


def test_notes_that_nobody_can_hear_stop_nothing(monkeypatch):
    def full(*words):
        raise OSError(28, "No space left on device")

    stream = io.TextIOWrapper(io.BufferedWriter(_streams._Forgiving()), line_buffering=True)
    monkeypatch.setattr(os, "write", full)
    stream.write("note\n")
