"""A refusal names only what the command at hand has, or writes out a command that exists."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest
from typer.main import get_command
from typer.testing import CliRunner

import convscope
from convscope.cli import catalogue
from convscope.cli._app import app
from convscope.cli._options import ELSEWHERE, OTHER_NAMES
from convscope.errors import TableError, UsageError
from convscope.runs.sweep import Sweep
from convscope.runs.trial import sweep_parts
from convscope.tables import images_to_table, write_table

SOURCE = Path(convscope.__file__).parent
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
TYPED = re.compile(r"\bconvscope ((?:[a-z-]+ ?){1,2})([^;:`]*)")
OTHERS = ("pip install", "ray start", "dask scheduler", "XLA_FLAGS=", "otter check", "mlflow ui")
"""Programs of others, whose options are theirs."""
ONE_CALLER = {"course/sandbox.py": ["course grade"]}
"""Low rooms that one command alone calls, and that Python has no other name for."""


def commands():
    """All commands by what is typed, with their options; those that hold others too."""
    found = {}
    for name in catalogue.names():
        entry = catalogue.get(name)
        single = not hasattr(entry, "registered_commands")
        command = get_command(app).get_command(None, name) if single else get_command(entry)
        found[name] = command
        found |= {f"{name} {inner}": one for inner, one in getattr(command, "commands", {}).items()}
    return found


COMMANDS = commands()
OPTIONS = {
    name: {option for one in command.params for option in (*one.opts, *one.secondary_opts)} | {"--help"}
    for name, command in COMMANDS.items()
}
FILES = sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py"))


def texts(path):
    """Yield each text of a file that is no docstring, with the function that it stands in; an f-string as one text."""
    tree = ast.parse((SOURCE / path).read_text(encoding="utf-8"))
    whole = [node for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)]
    docstrings = {id(node.value) for node in whole}

    def walk(node, function):
        if isinstance(node, ast.FunctionDef):
            function = node.name
        if isinstance(node, ast.JoinedStr):
            yield (
                "".join(
                    str(getattr(part, "value", "")) if isinstance(part, ast.Constant) else "X" for part in node.values
                ),
                function,
            )
            return
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value, function
        for inner in ast.iter_child_nodes(node):
            yield from walk(inner, function)

    yield from walk(tree, "")


def check_typed(text):
    """Check the commands that a text writes out; give what is left of it."""
    for words, rest in TYPED.findall(text):
        first, *second = words.split()
        if first not in COMMANDS:
            continue
        name = f"{first} {second[0]}" if second and f"{first} {second[0]}" in COMMANDS else first
        assert set(OPTION.findall(rest)) <= OPTIONS[name], f"{text!r}: {name} has no such option"
    return TYPED.sub(" ", text)


def names_unknown(text, known):
    """Say whether a text names an option that is not known, though it is neither one's declaration nor a program's."""
    is_declaration = text.startswith("--") and " " not in text
    return not is_declaration and not any(other in text for other in OTHERS) and set(OPTION.findall(text)) - known


def test_low_rooms_name_settings_and_no_options():
    for path in (path for path in FILES if not path.startswith("cli/")):
        allowed = {option for name in ONE_CALLER.get(path, ()) for option in OPTIONS[name]}
        assert not [text for text, _ in texts(path) if " " in text and names_unknown(check_typed(text), allowed)], path


def test_each_option_that_a_command_names_is_its_own():
    for path in (path for path in FILES if path.startswith("cli/")):
        name = Path(path).stem
        mine = {one: command for one, command in COMMANDS.items() if one.split()[0] == name}
        if not mine:  # a room that several commands share
            users = [one for one in COMMANDS if f"cli.{name} " in (SOURCE / f"cli/{one.split()[0]}.py").read_text()]
            mine = {one: COMMANDS[one] for one in users}
        for text, function in texts(path):
            exact = [one for one, command in mine.items() if getattr(command.callback, "__name__", "") == function]
            known = set().union(*(OPTIONS[one] for one in exact or mine))
            assert not names_unknown(check_typed(text), known), f"{path}: {text!r}"


def test_every_setting_that_a_message_names_is_an_option_or_has_a_command_elsewhere():
    named = set()
    for path in FILES:
        for node in ast.walk(ast.parse((SOURCE / path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Setting" and node.args:
                named |= {node.args[0].value} if isinstance(node.args[0], ast.Constant) else set()
    parameters = {one.name for command in COMMANDS.values() for one in command.params}
    assert {"clip", "missing", "shape", "out"} <= named
    assert {OTHER_NAMES.get(name, name) for name in named - {"image_shape"}} <= parameters
    for name, command in ELSEWHERE.items():
        words = command.removeprefix("convscope ").split()
        typed = " ".join(words[:2]) if " ".join(words[:2]) in OPTIONS else words[0]
        assert f"--{name.replace('_', '-')}" in OPTIONS[typed]


HEADER = "class,1x1,1x2,2x1,2x2\n"
BAD = {
    "missing": (HEADER + ",1,2,3,4\n1,1,2,3,4\n0,1,2,3,4\n" * 3, "--missing drop"),
    "outside": (HEADER + "0,1,2,3,400\n1,1,2,3,4\n", "--clip"),
    "shape": ("class,p0,p1,p2\n0,1,2,3\n1,1,2,3\n", "--shape"),
}
READERS = {
    "train": ["train", "T", "--model", "linear", "--epochs", "1", "--out", "new"],
    "evaluate": ["evaluate", "run", "T"],
    "predict": ["predict", "run", "T"],
    "trace": ["trace", "run", "--data", "T"],
    "why": ["why", "run", "--data", "T"],
    "export": ["export", "run", "page.html", "--data", "T"],
    "explore": ["explore", "run", "--data", "T", "--no-browser"],
    "sweep": ["sweep", "T", "--model", "linear", "--out", "new"],
    "lab": ["lab", "--data", "T", "--out", "new"],
    "info": ["data", "info", "T"],
    "check": ["data", "check", "T"],
    "convert": ["data", "convert", "T", "new.csv"],
}


def ask(*words):
    return CliRunner().invoke(app, list(words))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    images = np.arange(48, dtype=np.uint8).reshape(12, 2, 2)
    write_table(images_to_table(images, [0, 1] * 6), folder / "good.csv")
    words = ["train", "good.csv", "--model", "linear", "--epochs", "1", "--out", "run", "--quiet"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done = ask(*words)
    assert done.exit_code == 0, done.output
    for name, (content, _) in BAD.items():
        (folder / f"{name}.csv").write_text(content)
    return folder


@pytest.mark.parametrize("reader", READERS)
def test_what_a_refusal_names_exists_for_the_command(home, monkeypatch, reader):
    monkeypatch.chdir(home)
    words = READERS[reader]
    name = " ".join(words[:2]) if " ".join(words[:2]) in OPTIONS else words[0]
    for bad, (_, option) in BAD.items():
        done = ask(*[f"{bad}.csv" if word == "T" else word for word in words])
        assert done.exit_code == 3 and option in done.stderr, done.output
        assert set(OPTION.findall(done.stderr.split("Repair:")[-1])) <= OPTIONS[name]


def test_a_repair_that_is_obeyed_works_and_going_on_reads_alike(home, monkeypatch, tmp_path):
    monkeypatch.chdir(home)
    words = ["train", "missing.csv", "--model", "linear", "--epochs", "1", "--missing", "drop"]
    done = ask(*words, "--out", str(tmp_path / "r"), "--json")
    assert done.exit_code == 0 and "3 rows were left out" in done.stderr
    (tmp_path / "r" / "run.json").unlink()
    again = ask("train", "--resume", str(tmp_path / "r"), "--json")
    assert again.exit_code == 0 and "3 rows were left out" in again.stderr
    assert '"reading": {"missing": "drop"}' in again.stdout
    other = ask("train", "--resume", str(tmp_path / "r"), "--clip")
    assert other.exit_code == 2 and "--clip differs from what this run started with" in other.stderr
    assert ask("export", str(tmp_path / "r"), str(tmp_path / "page.html")).exit_code == 0


def test_an_option_without_effect_is_refused():
    done = ask("data", "info", "digits", "--clip")
    assert done.exit_code == 2 and "--clip" in done.stderr


def test_python_is_told_keywords_and_they_exist(home):
    with pytest.raises(TableError, match=r"missing='drop'$"):
        convscope.load_dataset(home / "missing.csv", split="all")
    assert len(convscope.load_dataset(home / "missing.csv", split="all", missing="drop").target) == 6
    with pytest.raises(UsageError, match=r"Received: clip=True"):
        convscope.load_dataset("digits", clip=True)


def test_a_sweep_reads_alike_on_every_worker(home, monkeypatch):
    monkeypatch.chdir(home)
    plain, told = (Sweep("missing.csv", "linear", {}, **more) for more in ({}, {"reading": {"missing": "drop"}}))
    assert "reading" not in plain.settings  # trials of earlier versions keep their names
    assert sum(map(len, sweep_parts(told.place, told.settings))) == 6
