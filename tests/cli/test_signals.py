"""Ctrl-C and SIGTERM at any moment: words, exit code 130, never a traceback."""

import subprocess
import sys

import pytest

SENDING = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)

class Sender:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.{number})

from convscope.cli.__main__ import main
sys.meta_path.insert(0, Sender())
sys.argv[1:] = {words!r}
main()
"""
TIDYING = """
import os, signal, sys, time
from convscope.cli import _signals
signal.signal(signal.SIGINT, signal.default_int_handler)

class Tidied:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        sum(range(10))

_signals.end_at_once()
_signals.answer_with_exception()
try:
    Tidied()
    time.sleep(20)
except KeyboardInterrupt:
    print("heard")
"""


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("module", ["typer", "convscope.cli.train", "numpy", "keras"])
def test_a_signal_during_imports_ends_the_program_in_words(tmp_path, module, number):
    words = ["train", "digits", "--out", str(tmp_path / "run")]
    ended = python(SENDING.format(module=module, number=number, words=words))
    assert (ended.returncode, ended.stdout, ended.stderr.strip()) == (130, "", "interrupted")
    assert not (tmp_path / "run").exists()


def test_a_signal_that_comes_while_python_tidies_up_is_not_lost():
    ended = python(TIDYING)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "heard\n", "")


def test_a_signal_that_is_ignored_stays_so():
    code = (
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "from convscope.cli import _signals; _signals.end_at_once(); _signals.answer_with_exception()\n"
        "print(signal.getsignal(signal.SIGTERM) is signal.SIG_IGN)"
    )
    assert python(code).stdout == "True\n"
