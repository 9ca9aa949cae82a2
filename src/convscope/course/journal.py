"""What was graded already, kept beside the table of grades: a batch that was stopped continues where it stopped.

One JSON object per line: what a delivery holds and how it was graded, as two hashes, and its grades. The table is made
of them, row by row as they come.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO

from convscope.course.exercises import catalogue
from convscope.course.grades import Grade, table_head, table_row
from convscope.course.result import Result, Status
from convscope.errors import UsageError
from convscope.files import write_text
from convscope.language import chosen_language
from convscope.wording import Setting, Words

__all__ = ["Journal", "course_version", "keeping_grades"]

SCHEMA = "convscope.grades/1"
SUFFIX = ".journal"
HERE = Path(__file__).parent


class Journal:
    """The grades so far, in a file beside the table, and in the table.

    Parameters
    ----------
    out : path
        The table.
    settings : mapping
        JSON values; grades that were given with others, or by another course, do not count.
    """

    def __init__(self, out: Path, settings: Mapping[str, Any]) -> None:
        self.out, self.path = out, journal_of(out)
        given = {"course": course_version(), "language": chosen_language(), **settings}
        self.settings = hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()
        self.known: dict[str, tuple[str, list[Grade]]] = {}
        self.n_graded = 0
        self._files: list[TextIO] = []

    def recall(self, name: str, state: str) -> list[Grade] | None:
        """Give the grades of a delivery, if it was graded in this state; None otherwise."""
        kept = self.known.get(name)
        return kept[1] if kept and kept[0] == self._key(state) else None

    def keep(self, name: str, state: str, grades: list[Grade]) -> None:
        """Write down the grades of a delivery, then their rows; without a state they are given anew the next time."""
        self.known[name] = (self._key(state) if state else "", grades)
        self.n_graded += len(grades)
        for file, text in zip(self._files, (self._line(name), "".join(map(table_row, grades))), strict=True):
            file.write(text)
            file.flush()
            os.fsync(file.fileno())

    def begin(self, recalled: Iterable[Grade]) -> None:
        """Write what is known, and stand ready for more."""
        listed = list(recalled)
        self.n_graded = len(listed)
        self._write_whole(listed)
        self._files = [path.open("a", encoding="utf-8", newline="") for path in (self.path, self.out)]

    def end(self, grades: Iterable[Grade], names: Iterable[str]) -> None:
        """Write the table in the order of the folder, and forget deliveries that are gone."""
        self.close()
        there = set(names)
        self.known = {name: kept for name, kept in self.known.items() if name in there}
        self._write_whole(grades)

    def close(self) -> None:
        """Close both files."""
        for file in self._files:
            file.close()
        self._files = []

    def _write_whole(self, grades: Iterable[Grade]) -> None:
        write_text(self.out, table_head() + "".join(map(table_row, grades)))
        write_text(self.path, json.dumps({"schema": SCHEMA}) + "\n" + "".join(map(self._line, self.known)))

    def _line(self, name: str) -> str:
        key, grades = self.known[name]
        return json.dumps({"delivery": name, "state": key, "grades": [_plain(one) for one in grades]}) + "\n"

    def _key(self, state: str) -> str:
        return hashlib.sha256(f"{self.settings}\0{state}".encode()).hexdigest()


def journal_of(out: Path) -> Path:
    """Name the journal of a table."""
    return out.with_name(out.name + SUFFIX)


@contextmanager
def keeping_grades(out: Path, settings: Mapping[str, Any], *, anew: bool = False) -> Iterator[Journal]:
    """Take up the grades in a table's journal, and keep more.

    Parameters
    ----------
    out : path
    settings : mapping
        See `Journal`.
    anew : bool
        Forget what was graded, and replace the table.

    Raises
    ------
    UsageError
        A table is there that was not written here, or was changed since.
    """
    journal = Journal(out, settings)
    rows: set[str] = {table_head()}
    if not anew:
        for name, key, grades in _lines(journal.path):
            journal.known[name] = (key, grades)
            rows |= set(map(table_row, grades))
        _check_table(out, rows, journal.path)
    try:
        yield journal
    finally:
        journal.close()


def _lines(path: Path) -> Iterator[tuple[str, str, list[Grade]]]:
    """Read a journal; a line that was torn, or is none, is left out, and what it held is graded again."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        if SCHEMA not in file.readline():
            raise UsageError(
                f"{path} is not a journal of grades.",
                repair=Words("choose another name, or add ", Setting("force", True)),
            )
        for line in file:
            try:
                found = json.loads(line)
                grades = [_grade(one) for one in found["grades"]]
                yield str(found["delivery"]), str(found["state"]), grades
            except (ValueError, KeyError, TypeError, RecursionError):
                continue


def _check_table(out: Path, rows: set[str], journal: Path) -> None:
    """Refuse to replace a table with anything in it that the journal does not know; a last row may be torn."""
    if not out.exists():
        return
    if not journal.exists():
        raise UsageError(f"{out} exists already.", repair=Words("choose another name, or add ", Setting("force", True)))
    lines = out.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n")]
    torn = lines[len(whole) :]
    if not set(whole) <= rows or not all(any(row.startswith(line) for row in rows) for line in torn):
        raise UsageError(
            f"{out} was changed since it was written.",
            repair=Words("choose another name; or add ", Setting("force", True), ", which grades everything again"),
        )


def course_version() -> str:
    """Hash what decides a grade: this package, the version of convscope, and the exercises that there are."""
    digest = hashlib.sha256(repr((version("convscope"), catalogue.names())).encode())
    for path in sorted(HERE.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _plain(grade: Grade) -> dict[str, Any]:
    results = [[one.exercise, one.status.value, one.message, one.misconception] for one in grade.results.values()]
    return {"name": grade.name, "problem": grade.problem, "texts": dict(grade.texts), "results": results}


def _grade(found: dict[str, Any]) -> Grade:
    results = [Result(name, Status(status), message, mistake) for name, status, message, mistake in found["results"]]
    return Grade(found["name"], {one.exercise: one for one in results}, found["problem"], dict(found["texts"]))
