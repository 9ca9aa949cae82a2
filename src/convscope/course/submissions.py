"""What students hand in, read without running any of it.

Notebooks, Python files, JSON and zip files, in any arrangement of folders. Of a program, the last assignment of each
exercise's name is read, and its value only if it is a literal by the white list below.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from convscope.course.deliveries import HandedIn, find_deliveries, open_delivery, unzipped
from convscope.course.literals import NotLiteralError, value_of
from convscope.limits import MOST_CELLS, MOST_CODE_BYTES, MOST_SUBMISSION_BYTES, check_values
from convscope.wording import visible

__all__ = ["MOST_BYTES", "NoAnswerError", "NotLiteralError", "Submission", "find_submissions", "read_answers",
           "read_delivery", "value_of"]  # fmt: skip

MOST_BYTES = MOST_SUBMISSION_BYTES


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
    for delivery in find_deliveries(folder).deliveries:
        yield from read_delivery(open_delivery(delivery), names)


def read_delivery(files: list[HandedIn], names: frozenset[str]) -> Iterator[Submission]:
    """Read the answers in each file of a delivery, and in each file of its zip files; one that fails is told."""
    for one in unzipped(files):
        if one.problem:
            yield Submission(one.name, problem=one.problem)
            continue
        try:
            found = read_answers(one.name, one.content, names)
        except Exception as error:  # a file may be made so that reading it fails in any way
            found = Submission(one.name, problem=f"cannot be read: {type(error).__name__}")
        yield found


def read_answers(name: str, content: bytes, names: frozenset[str]) -> Submission:
    """Read the answers in a file's content."""
    if len(content) > MOST_BYTES:
        return Submission(name, problem=f"larger than {MOST_BYTES // 1_000_000} MB")
    suffix = PurePosixPath(name).suffix.lower()
    try:
        text = content.decode("utf-8-sig")
        if suffix != ".py":
            check_values(content)
        if suffix == ".json":
            return Submission(name, _of_json(text, names))
        sources = _cells(text) if suffix == ".ipynb" else [text]
    except UnicodeDecodeError:
        return Submission(name, problem="not written in UTF-8")
    except RecursionError:
        return Submission(name, problem=f"not a {suffix} file: its values lie too deep in one another")
    except ValueError as error:
        return Submission(name, problem=f"not a {suffix} file: {visible(str(error))[:120]}")
    if len(sources) > MOST_CELLS:
        return Submission(name, problem=f"it has more than {MOST_CELLS:,} cells")
    if sum(map(len, sources)) > MOST_CODE_BYTES:
        return Submission(name, problem=f"its program has more than {MOST_CODE_BYTES // 1000} kB")
    cells = [_plain(source) for source in sources]
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
    notebook = json.loads(text)
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if isinstance(notebook, dict) and "worksheets" in notebook:
        raise ValueError("a notebook of an old format; open it in Jupyter and save it again")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise ValueError("JSON, but not a notebook: it has no list of cells")
    return [_source(cell.get("source", "")) for cell in cells if cell.get("cell_type") == "code"]


def _source(source: Any) -> str:
    if isinstance(source, str):
        return source
    if not isinstance(source, list) or not all(isinstance(line, str) for line in source):
        raise ValueError("JSON, but not a notebook: a cell's source is not text")
    return "".join(source)


def _plain(cell: str) -> str:
    """Leave out what only a notebook understands: lines that begin with % or !."""
    return "\n".join(re.sub(r"^(\s*)[%!].*", r"\1pass", line) for line in cell.splitlines())


def _collect(source: str, names: frozenset[str], answers: dict[str, Any]) -> bool:
    """Take the assignments of one cell; False where it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets = [statement.target]
        named = {target.id for target in targets if isinstance(target, ast.Name)} & names
        if named:
            answers |= dict.fromkeys(named, _value_or_reason(statement.value))  # type: ignore[attr-defined]
        if isinstance(statement, ast.FunctionDef) and statement.name in names:
            answers[statement.name] = NotLiteralError("a function")
    return True


def _value_or_reason(node: ast.expr) -> Any:
    try:
        return value_of(node)
    except NotLiteralError as reason:
        return reason
