"""What is written is run: the examples of docstrings, and the Python of the README."""

import doctest
import importlib
import pkgutil
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

import convscope
from convscope.cli import catalogue
from convscope.cli._app import app
from convscope.errors import MissingExtraError

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MODULES = [
    found.name
    for found in pkgutil.walk_packages([str(Path(convscope.__file__).parent)], "convscope.")
    if "__main__" not in found.name
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_give_what_they_say(name):
    assert doctest.testmod(module_or_skip(name)).failed == 0


def module_or_skip(name):
    try:
        return importlib.import_module(name)
    except MissingExtraError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_the_python_of_the_readme_runs(code):
    exec(compile(code, "README.md", "exec"), {})


def test_the_commands_of_the_readme_exist():
    typed = re.findall(r"^(?:\s*|\| `)convscope (\w+)", README, re.MULTILINE)
    assert typed
    assert set(typed) <= set(catalogue.names())


def test_a_command_of_the_readme_runs_as_it_is_written(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVSCOPE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    line = next(line for line in README.splitlines() if line.startswith("convscope train"))
    assert CliRunner().invoke(app, shlex.split(line)[1:]).exit_code == 0


def test_both_commands_of_the_readme_are_made():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
