"""Everything that the course says to a student, collected for the catalogues of other languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from convscope.course.exercises import catalogue
from convscope.course.notebooks import find_lessons, paragraphs, text_cells
from convscope.language import Say, known_languages

__all__ = ["all_messages"]

SPEAKING = ("answers", "exercise", "filters", "judges", "layers", "box_rule", "predictions", "result", "grading")
FEEDBACK = ("feedback", "literals", "notebooks", "running", "sandbox", "submissions")
CALLS = ("Say", "spoken", "NotLiteralError", "_no_answer")
SENTENCE = re.compile(r"\w.* .*[.?!:]$|^[✓✗○!✎] ", re.DOTALL)


def all_messages() -> dict[str, str]:
    """Collect the messages that catalogues translate; a file may translate its own.

    Returns
    -------
    messages : dict of str to str
        Where each comes from, by its English text.
    """
    found: dict[str, str] = {}
    known = [name for name in known_languages() if name != "en"]
    own = [catalogue.get(name).translations for name in catalogue.names()]
    translated = {text for one in own for text in one.get(known[0], {}) if all(text in one[code] for code in known)}
    for where, text in [*_of_exercises(), *_of_code(), *_of_lessons()]:
        if text not in translated:
            found.setdefault(text, where)
    return found


def _of_exercises() -> Iterator[tuple[str, str]]:
    for name in catalogue.names():
        one = catalogue.get(name)
        prompt = one.prompt.text if isinstance(one.prompt, Say) else one.prompt
        for part, text in [("title", one.title), ("prompt", prompt), ("rubric", one.rubric), ("why", one.explanation)]:
            if text:
                yield f"{name}, {part}", text
        for number, hint in enumerate(one.hints, 1):
            yield f"{name}, hint {number}", hint


def _of_code() -> Iterator[tuple[str, str]]:
    """Collect the sentences in the code of judges, and the texts of `Say`; docstrings are not said to students."""
    here = Path(__file__).parent
    own = [here / f"{name}.py" for name in (*SPEAKING, *FEEDBACK)]
    for path in [*own, *sorted((here / "exercises").glob("[a-z]*.py"))]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        silent = _silent(tree)
        for node in ast.walk(tree):
            for text in _said(node):
                yield f"{path.stem}.py", text
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if is_text and id(node) not in silent and path.stem not in FEEDBACK and SENTENCE.search(node.value):  # type: ignore[attr-defined]
                yield f"{path.stem}.py", node.value  # type: ignore[attr-defined]


def _said(node: ast.AST) -> Iterator[str]:
    """Give the text of ``Say("...")``, ``spoken("...")`` and of reasons that are put into words later."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS and node.args:
        first = node.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


def _silent(tree: ast.AST) -> set[int]:
    """List the constants that no student sees: docstrings, and the parts of formatted strings."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr):
                found.add(id(first.value))
        if isinstance(node, ast.JoinedStr):
            found.update(id(part) for part in node.values)
        if isinstance(node, ast.keyword) and node.arg in ("blank", "reference", "translations"):
            found.update(id(part) for part in ast.walk(node.value))
    return found


def _of_lessons() -> Iterator[tuple[str, str]]:
    for source in find_lessons():
        for text in text_cells(source):
            for part in paragraphs(text):
                yield f"lesson {source.stem}", part
