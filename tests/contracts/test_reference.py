"""The reference is made from the code, and leaves nothing of it out but the answers."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from convscope import charts, datasets, experiments, insights, models
from convscope.arithmetic import worked
from convscope.course.exercises import catalogue as exercises
from convscope.errors import ConvscopeError
from convscope.installing import install_line
from generate import write_reference
from generate.commands import walk
from generate.names import packages, public_names

ROOT = Path(__file__).parents[2]
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("plot_*.py"))


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    write_reference(folder)
    return folder


def read(path):
    return path.read_text(encoding="utf-8")


def test_every_public_name_has_a_place(reference):
    for package in packages():
        if package.__name__ != "convscope.errors":
            page = read(reference / "python" / f"{package.__name__}.rst")
            assert [name for name in public_names(package) if f"\n{name}\n{'-' * len(name)}\n" not in page] == []


def test_it_is_made_without_the_extras_too(tmp_path):
    missing = "mlflow tensorboard optuna distributed ray onnx"
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'docs')!r}); sys.modules |= dict.fromkeys({missing!r}.split())\n"
        f"from pathlib import Path; from generate import names; names.write(Path({str(tmp_path)!r}))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    page = read(tmp_path / "python" / "convscope.runs.searches.rst")
    assert f"the package optuna is not installed. {install_line('optuna')}" in page


def test_every_command_and_option_has_a_place(reference):
    for path, context in walk():
        if len(path) > 1:
            page = read(reference / "commands" / f"{path[1]}.rst")
            options = [word for option in context.command.params for word in option.opts if word.startswith("--")]
            assert f"\n{' '.join(path)}\n" in f"\n{page}"
            assert [word for word in options if word not in page] == []


def test_every_chart_has_its_picture(reference):
    for name in charts.catalogue.names():
        assert read(reference / "charts" / f"{name}.svg").startswith("<svg")
        assert f"{name}.svg" in read(reference / "charts" / "index.rst")


@pytest.mark.parametrize("package", [datasets, models, insights, experiments], ids=lambda one: one.__name__)
def test_every_entry_has_a_place(reference, package):
    page = read(reference / f"{package.__name__.rsplit('.', 1)[1]}.rst")
    assert [name for name in package.catalogue.names() if f"\n{name}\n{'-' * len(name)}\n" not in page] == []


def test_every_error_has_its_exit_code(reference):
    page = read(reference / "errors.rst")
    kinds = [ConvscopeError]
    for kind in kinds:
        kinds += [below for below in kind.__subclasses__() if below.__module__ == ConvscopeError.__module__]
        assert f"\n{kind.__name__}\n{'-' * len(kind.__name__)}\n\nExit code {kind.exit_code}." in page


def test_exercises_are_asked_and_never_answered(reference):
    page = " ".join(read(reference / "exercises.rst").replace("\\", "").split())
    for name in exercises.names():
        exercise = exercises.get(name)
        assert " ".join(str(exercise.prompt).split()) in page
        assert not exercise.explanation or " ".join(str(exercise.explanation).split()) not in page
        assert exercise.solution()[:60] not in page


def test_no_chart_shows_what_the_course_asks_for(reference):
    asked = {name for name in vars(worked) if name.isupper()} - {"EDGE_KERNEL"}
    for name in charts.catalogue.names():
        assert not asked & set(re.findall(r"\w+", inspect.getsource(charts.catalogue.module(name).example))), name
    whole = "".join(map(read, reference.rglob("*.rst"))) + "".join(map(read, EXAMPLES))
    assert not re.search(r"34,?826", whole)


def test_the_page_of_files_names_every_schema():
    known = set(re.findall(r"= \"(convscope\.[a-z]+/\d+)\"", "".join(map(read, (ROOT / "src").rglob("*.py")))))
    assert known
    assert [schema for schema in sorted(known) if schema not in read(ROOT / "docs" / "reference" / "files.md")] == []


def test_the_gallery_is_large_and_each_example_ends_in_a_picture():
    assert len(EXAMPLES) >= 20
    for path in EXAMPLES:
        assert isinstance(ast.parse(read(path)).body[-1], ast.Expr), path.name


def test_the_tree_of_architecture_names_every_room():
    tree = ARCHITECTURE.split("```")[1]
    folder = ROOT / "src" / "convscope"
    rooms = [f"{path.name}/" for path in folder.iterdir() if (path / "__init__.py").is_file()]
    files = [path.name for path in folder.glob("*.py") if not path.name.startswith("__")]
    assert [name for name in sorted(rooms + files) if name not in tree] == []
    assert len(ARCHITECTURE.splitlines()) <= 110


def test_the_order_of_architecture_is_the_one_that_is_checked():
    written = ARCHITECTURE.split("Import order")[1].split("```")[1]
    contract = re.search(r"layers = \[(.*?)\]", read(ROOT / "pyproject.toml"), re.DOTALL)[1]
    checked = [set(re.findall(r"convscope\.(\w+)", line)) for line in contract.strip().splitlines()]
    assert [set(re.findall(r"\w+", rank)) for rank in written.split("<")] == checked[::-1]
