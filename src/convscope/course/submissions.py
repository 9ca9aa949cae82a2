"""What students hand in, read without running any of it.

Notebooks, Python files, JSON and zip files, in any arrangement of folders. Of a program, the last assignment of each
exercise's name is read, and its value only if it is a literal by the white list below.
"""

from __future__ import annotations

import ast
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

__all__ = ["NoAnswerError", "NotLiteralError", "Submission", "find_submissions", "read_answers", "value_of"]

SUFFIXES = (".ipynb", ".py", ".json")
MOST_BYTES = 20_000_000
MOST_FILES = 200  # in one zip file
MOST_DEPTH = 60
SKIPPED = (".ipynb_checkpoints", "__pycache__", "__MACOSX", ".git")
ARRAYS = ("array", "asarray", "DataFrame", "tuple", "list", "float32", "float64", "int64")


class NotLiteralError(Exception):
    """A value that is computed, and would have to be run."""


class NoAnswerError(Exception):
    """A program that gave no answer when it was run; the text says why."""


@dataclass(frozen=True)
class Submission:
    """One file of one student.

    Parameters
    ----------
    name : str
        Its path below the folder of all submissions; of a file in a zip file, both paths.
    answers : mapping of str to object
        By exercise; a `NotLiteralError` where the value would have to be run.
    problem : str
        Why the file could not be read; empty where it could.
    cells : tuple of str
        Its program, cell by cell, without the commands of notebooks.
    """

    name: str
    answers: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""
    cells: tuple[str, ...] = ()


def find_submissions(folder: Path, names: frozenset[str]) -> Iterator[Submission]:
    """Read every submission below a folder, sorted by path; links are not followed.

    Parameters
    ----------
    folder : path
    names : set of str
        The exercises' names.
    """
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if any(part in SKIPPED for part in relative.parts) or path.is_dir():
            continue
        name = str(PurePosixPath(relative))
        if path.is_symlink():
            yield Submission(name, problem="a link to another file is not followed")
        elif path.suffix.lower() == ".zip":
            yield from _unzipped(path, name, names)
        elif path.suffix.lower() in SUFFIXES and path.is_file():
            yield _read_file(path, name, names)


def _read_file(path: Path, name: str, names: frozenset[str]) -> Submission:
    try:
        if path.stat().st_size > MOST_BYTES:
            return Submission(name, problem=f"larger than {MOST_BYTES // 1_000_000} MB")
        return read_answers(name, path.read_bytes(), names)
    except OSError as error:
        return Submission(name, problem=f"cannot be opened: {error.strerror or error}")


def _unzipped(path: Path, name: str, names: frozenset[str]) -> Iterator[Submission]:
    """Read the files in a zip file in memory; nothing is unpacked to disk."""
    try:
        with zipfile.ZipFile(path) as packed:
            inside = [info for info in packed.infolist() if PurePosixPath(info.filename).suffix.lower() in SUFFIXES]
            inside = [info for info in inside if not any(part in SKIPPED for part in info.filename.split("/"))]
            if len(inside) > MOST_FILES:
                yield Submission(name, problem=f"more than {MOST_FILES} files in it")
                return
            if not inside:
                yield Submission(name, problem="no notebook, .py or .json file in it")
            for info in inside:
                with packed.open(info) as file:
                    content = file.read(MOST_BYTES + 1)
                yield read_answers(f"{name}/{info.filename}", content, names)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        yield Submission(name, problem=f"no zip file that can be read: {error}")


def read_answers(name: str, content: bytes, names: frozenset[str]) -> Submission:
    """Read the answers in a file's content."""
    if len(content) > MOST_BYTES:
        return Submission(name, problem=f"larger than {MOST_BYTES // 1_000_000} MB")
    try:
        text = content.decode("utf-8-sig")
        suffix = PurePosixPath(name).suffix.lower()
        if suffix == ".json":
            return Submission(name, _of_json(text, names))
        cells = [_plain(cell) for cell in (_cells(text) if suffix == ".ipynb" else [text])]
    except UnicodeDecodeError:
        return Submission(name, problem="not written in UTF-8")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        return Submission(name, problem=f"not a {PurePosixPath(name).suffix} file: {str(error)[:120]}")
    answers: dict[str, Any] = {}
    broken = sum(not _collect(cell, names, answers) for cell in cells)
    if broken and broken == len(cells):
        return Submission(name, problem="no cell of it is Python that can be read")
    return Submission(name, answers, cells=tuple(cells))


def _of_json(text: str, names: frozenset[str]) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("expected an object with one entry for each exercise")
    return {name: ... if value is None else value for name, value in found.items() if name in names}


def _cells(text: str) -> list[str]:
    """List the code of a notebook's cells."""
    cells = json.loads(text)["cells"]
    sources = [cell.get("source", "") for cell in cells if cell.get("cell_type") == "code"]
    return ["".join(source) if isinstance(source, list) else str(source) for source in sources]


def _plain(cell: str) -> str:
    """Leave out what only a notebook understands: lines that begin with % or !."""
    return "\n".join(re.sub(r"^(\s*)[%!].*", r"\1pass", line) for line in cell.splitlines())


def _collect(source: str, names: frozenset[str], answers: dict[str, Any]) -> bool:
    """Take the assignments of one cell; False where it is no Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets = [statement.target]
        for target in targets:
            if isinstance(target, ast.Name) and target.id in names:
                answers[target.id] = _value_or_reason(statement.value)  # type: ignore[attr-defined]
        if isinstance(statement, ast.FunctionDef) and statement.name in names:
            answers[statement.name] = NotLiteralError("a function")
    return True


def _value_or_reason(node: ast.expr) -> Any:
    try:
        return value_of(node)
    except NotLiteralError as reason:
        return reason


def value_of(node: ast.expr, depth: int = 0) -> Any:
    """Evaluate a literal: numbers, text, lists, mappings, sums and products of numbers, and arrays of them.

    Raises
    ------
    NotLiteralError
        It is anything else.

    Examples
    --------
    >>> import ast
    >>> value_of(ast.parse("np.array([[1, -2], [28 * 28, ...]])", mode="eval").body)
    [[1, -2], [784, Ellipsis]]
    """
    if depth > MOST_DEPTH:
        raise NotLiteralError("nested too deeply")
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.List | ast.Tuple):
        parts = [value_of(part, depth + 1) for part in node.elts]
        return tuple(parts) if isinstance(node, ast.Tuple) else parts
    if isinstance(node, ast.Dict) and all(key is not None for key in node.keys):
        keys = [value_of(key, depth + 1) for key in node.keys if key is not None]
        if not all(isinstance(key, str | int | float) for key in keys):
            raise NotLiteralError("a mapping with unusual keys")
        return dict(zip(keys, (value_of(part, depth + 1) for part in node.values), strict=True))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        number = _small(value_of(node.operand, depth + 1))
        return -number if isinstance(node.op, ast.USub) else number
    if isinstance(node, ast.BinOp):
        return _arithmetic(node, depth)
    if isinstance(node, ast.Call) and len(node.args) == 1 and _called(node.func) in ARRAYS:
        return value_of(node.args[0], depth + 1)
    raise NotLiteralError("a value that is computed")


def _called(function: ast.expr) -> str:
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _small(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e15:
        raise NotLiteralError("a sum of something else than numbers")
    return value


def _arithmetic(node: ast.BinOp, depth: int) -> Any:
    left, right = (_small(value_of(side, depth + 1)) for side in (node.left, node.right))
    if isinstance(node.op, ast.Add):
        return left + right
    if isinstance(node.op, ast.Sub):
        return left - right
    if isinstance(node.op, ast.Mult):
        return left * right
    if isinstance(node.op, ast.Div | ast.FloorDiv) and right:
        return left / right if isinstance(node.op, ast.Div) else left // right
    raise NotLiteralError("arithmetic beyond + − · /")
