"""What is written is run: the examples of docstrings, and the README. Other pages have tests of their own."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
import shlex
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

import convscope
from convscope import experiments
from convscope.cli import catalogue
from convscope.cli._app import app
from convscope.errors import MissingExtraError
from generate.names import home_of, packages, public_names
from generate.running import run_blocks

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MODULES = [
    found.name
    for found in pkgutil.walk_packages([str(Path(convscope.__file__).parent)], "convscope.")
    if "__main__" not in found.name
]


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path, monkeypatch):
    """Examples may write files and runs; they fetch nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONVSCOPE_HOME", str(tmp_path))
    monkeypatch.setenv("CONVSCOPE_OFFLINE", "1")


@pytest.fixture(autouse=True, scope="module")
def _one_lab():
    """Examples that ask the lab about the same table share its answer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiments, "the_lab", cache(experiments.the_lab))
        yield


@pytest.mark.parametrize(
    "name",
    # MLflow warns of what its own packages do.
    [pytest.param(name, marks=pytest.mark.filterwarnings("ignore") if "mlflow" in name else ()) for name in MODULES],
)
def test_the_examples_of_a_module_give_what_they_say(name):
    module = module_or_skip(name)
    known = own_names(module)
    runner = doctest.DocTestRunner(verbose=False)
    for example in [*doctest.DocTestFinder().find(module, globs={}), *of_attributes(module)]:
        example.globs = dict(known)  # what a reader sees: the file's own names, and what the example imports
        runner.run(example)
    assert runner.failures == 0


def own_names(module):
    return {name: vars(module)[name] for name in getattr(module, "__all__", []) if name in vars(module)}


def of_attributes(module):
    """Find the examples of what is no function and no class: in the text below it."""
    return [
        doctest.DocTestParser().get_doctest(text, {}, f"{module.__name__}.{name}", module.__file__, 0)
        for name, text in attribute_docstrings(module).items()
        if ">>>" in text
    ]


def attribute_docstrings(module):
    body = ast.parse(Path(module.__file__).read_text(encoding="utf-8")).body
    return {
        target.id: inspect.cleandoc(below.value.value)
        for above, below in pairwise(body)
        if isinstance(above, ast.Assign | ast.AnnAssign)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
        for target in (above.targets if isinstance(above, ast.Assign) else [above.target])
        if isinstance(target, ast.Name)
    }


@pytest.mark.parametrize("package", packages(), ids=lambda package: package.__name__)
def test_every_public_name_has_an_example(package):
    assert [name for name in public_names(package) if ">>>" not in text_of(package, name)] == []


def text_of(package, name):
    try:
        value = getattr(package, name)
    except MissingExtraError:
        return Path(package.__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
    if not (inspect.isclass(value) or inspect.isroutine(value) or inspect.ismodule(value)):
        below = attribute_docstrings(importlib.import_module(home_of(package, name)))
        value = type(value) if name not in below else SimpleNamespace(__doc__=below[name])
    return inspect.getdoc(value) or ""


def module_or_skip(name):
    try:
        return importlib.import_module(name)
    except MissingExtraError as error:
        pytest.skip(str(error))


def test_the_python_of_the_readme_runs_from_top_to_bottom(tmp_path):
    assert list(run_blocks(README, tmp_path))


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
