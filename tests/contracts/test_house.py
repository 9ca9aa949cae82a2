"""The house keeps its promises: light import, true lists, one door to Keras."""

import ast
import importlib
import json
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import convscope
from convscope import errors
from convscope.errors import MissingExtraError
from convscope.registry import Collection

SOURCE = Path(convscope.__file__).parent
HEAVY = ("keras", "jax", "tensorflow", "torch", "pandas", "pyarrow", "sklearn", "altair", "typer", "rich", "jinja2")


def modules():
    return [found.name for found in pkgutil.walk_packages([str(SOURCE)], "convscope.") if "__main__" not in found.name]


def fresh_python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_importing_convscope_loads_nothing_heavy():
    loaded = json.loads(fresh_python("import convscope, sys, json; print(json.dumps(sorted(sys.modules)))"))
    assert not {name.split(".")[0] for name in loaded} & {*HEAVY, "numpy"}


def test_importing_convscope_reads_one_file_of_its_own():
    code = "import sys, json, convscope; print(json.dumps(sorted(n for n in sys.modules if 'convscope' in n)))"
    assert json.loads(fresh_python(code)) == ["convscope"]


def test_each_public_name_exists_and_is_listed():
    for name in convscope.__all__:
        assert getattr(convscope, name) is not None
    assert set(convscope.__all__) <= set(dir(convscope))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = convscope.nothing


@pytest.mark.parametrize("name", modules())
def test_a_module_exports_what_it_says(name):
    try:
        module = importlib.import_module(name)
    except MissingExtraError as error:
        pytest.skip(str(error))
    declared = getattr(module, "__all__", None)
    last = name.rsplit(".", 1)[-1]
    assert declared is not None or last.startswith("_") or hasattr(module, "catalogue"), "no __all__"
    for exported in declared or ():
        assert hasattr(module, exported), exported


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_keras_is_imported_through_one_door(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            imported.add(str(node.module).split(".")[0])
    assert path.name == "backend.py" or not imported & {"keras", "jax", "tensorflow", "torch"}


def test_the_error_tree_is_drawn_as_it_is():
    drawn = re.findall(r"(\w+Error)\b", errors.__doc__.split("A message has")[0])
    defined = [name for name in errors.__all__ if name.endswith("Error")]
    assert set(defined) <= set(drawn)
    for name in defined:
        assert issubclass(getattr(errors, name), errors.ConvscopeError)


def test_an_error_tells_four_things_and_survives_a_process_border():
    import pickle

    error = errors.TableError("row 3 is short.", received="784 fields", expected="785", repair="add a label")
    assert str(error) == "row 3 is short.\n  Received: 784 fields\n  Expected: 785\n  Repair:   add a label"
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (errors.TableError, str(error))


def test_a_collection_lists_names_without_importing_them():
    code = (
        "import sys, convscope.models as m, convscope.charts as c, convscope.datasets as d;"
        "m.catalogue.names(), c.catalogue.names(), d.catalogue.names();"
        "print([name for name in ('keras', 'altair', 'convscope.models.cnn') if name in sys.modules])"
    )
    assert fresh_python(code).strip() == "[]"


def test_a_collection_gives_the_entry_however_its_file_was_imported():
    code = (
        "import convscope.models.mlp, convscope.models as m;"
        "print(callable(m.mlp), callable(m.cnn), m.mlp is m.catalogue.get('mlp'))"
    )
    assert fresh_python(code).strip() == "True True True"


def test_a_collection_takes_one_more_file_as_one_more_entry(tmp_path, monkeypatch):
    package = tmp_path / "shelf"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from convscope.registry import collection\ncatalogue = collection(__name__, 'build')\n"
    )
    (package / "first.py").write_text('"""The first entry."""\ndef build(): return 1\n')
    (package / "_machinery.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    shelf = importlib.import_module("shelf")
    assert shelf.catalogue.names() == ["first"]
    assert shelf.catalogue.summary("first") == "The first entry."
    (package / "second.py").write_text("def build(): return 2\n")
    assert shelf.catalogue.names() == ["first", "second"]
    assert (shelf.first(), shelf.second()) == (1, 2)
    with pytest.raises(errors.UsageError, match=r"did you mean 'second'"):
        shelf.catalogue.get("secnod")
    with pytest.raises(AttributeError):
        _ = shelf.third


def test_an_entry_point_of_another_package_joins_a_collection(monkeypatch):
    class Point:
        name = "foreign"

        def load(self):
            return "its entry"

    catalogue = Collection("convscope.models", "build")
    monkeypatch.setattr(
        "convscope.registry.entry_points", lambda group: [Point()] if group == "convscope.models" else []
    )
    assert "foreign" in catalogue.names()
    assert catalogue.get("foreign") == "its entry"


def private_imports(path):
    """Names with a leading underscore that a file imports from a folder that it does not lie in."""
    home = ("convscope", *path.relative_to(SOURCE).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("convscope"):
            for name in [alias.name for alias in node.names]:
                parts = (*node.module.split("."), name)
                private = next((i for i, part in enumerate(parts) if part[0] == "_" and part[:2] != "__"), None)
                if private is not None and home[:private] != parts[:private]:
                    yield ".".join(parts)


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_leading_underscore_means_nobody_outside_the_folder(path):
    assert list(private_imports(path)) == []


def asked_kinds(path):
    """Places where a file asks which kind a table is."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("isinstance", "issubclass"):
            for kind in re.findall(r"\w+Table\b", ast.unparse(node.args[1])):
                yield f"line {node.lineno}: {kind}"


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_table_is_asked_what_it_can_and_not_of_which_kind_it_is(path):
    assert path.is_relative_to(SOURCE / "tables") or list(asked_kinds(path)) == []


MOST_BY_POSITION = 5
BY_POSITION = {
    "Words": "the pieces of a sentence",
    "layer_kind": "the names of the kinds that one function lowers",
    "transpose": "the axes of an array",
    "reshape": "the sizes of an array",
    "frombytes": "Pillow hands them to a decoder, which knows no names",
    "redirect_request": "the signature is Python's own",
}
"""Kernels compiled by Numba are legal too: they take the arrays of a step one by one."""


def kernels():
    """Names of the functions that are compiled by Numba."""
    for path in SOURCE.rglob("*.py"):
        is_whole = "compiled" in path.relative_to(SOURCE).with_suffix("").parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (
                is_whole or {"compiled", "inlined"} & set(map(ast.unparse, node.decorator_list))
            ):
                yield node.name


@pytest.fixture(scope="module")
def by_position():
    return {*BY_POSITION, *kernels()}


def name_of(call):
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_call_passes_more_than_five_arguments_by_position(path, by_position):
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    many = [call for call in calls if len(call.args) > MOST_BY_POSITION]
    assert [f"line {call.lineno}: {name_of(call)}" for call in many if name_of(call) not in by_position] == []


def numbered_reads(tree, gives_tuples):
    """Places where what a function of ours gives, several things at once, is read by number."""
    for body in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        kept = {
            node.targets[0].id
            for node in ast.walk(body)
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and is_call(node.value, gives_tuples)
        }
        for node in ast.walk(body):
            is_numbered = isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
            if is_numbered and (is_call(node.value, gives_tuples) or getattr(node.value, "id", None) in kept):
                yield f"line {node.lineno}: {ast.unparse(node)[:60]}"


def is_call(node, names):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names


def gives_several(function):
    text = "" if function.returns is None else ast.unparse(function.returns)
    return text.startswith("tuple[") and not text.split(" | ")[0].endswith("...]") and ", " in text


def test_what_a_function_gives_is_not_read_by_number():
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(SOURCE.rglob("*.py"))}
    functions = {
        path: {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and gives_several(node)}
        for path, tree in trees.items()
    }
    public = {name for path in trees for name in functions[path] if name[0] != "_"}
    found = {}
    for path, tree in trees.items():
        imported = {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("convscope")
            for alias in node.names
        }
        reads = list(numbered_reads(tree, functions[path] | (imported & public)))
        found |= {str(path.relative_to(SOURCE)): reads} if reads else {}
    assert found == {}
