"""Free text for a person to read: a table to fill in, and its points beside the others."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from convscope.course.grades import Grade, harmless, read_points, text_exercises
from convscope.errors import TableError
from convscope.language import spoken

__all__ = ["merge_points", "rubric_table"]

COLUMNS = ("submission", "exercise", "what counts", "answer", "points", "comment")


def rubric_table(grades: Iterable[Grade]) -> str:
    """Write every free text as a row of CSV: what counts, the answer, and empty columns for points and a comment."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for grade in grades:
        for exercise in text_exercises():
            if exercise.name in grade.texts:
                answer = harmless(grade.texts[exercise.name])
                writer.writerow([harmless(grade.name), exercise.name, spoken(exercise.rubric), answer, "", ""])
    return text.getvalue()


def merge_points(grades: Path, texts: Path) -> str:
    """Put the points that a person gave beside those of the grades, and add them up.

    Parameters
    ----------
    grades : path
        What ``course grade`` wrote.
    texts : path
        What ``course rubric`` wrote, with numbers in the column ``points``; a row without one counts as not read.

    Returns
    -------
    table : str
        The grades with a column for each free text, ``text points`` and ``total``, as CSV.

    Raises
    ------
    TableError
        A column is missing, a point is no number of at least 0, or a submission or exercise is unknown.
    """
    rows, columns = read_points(grades, ("submission", "points"))
    given: dict[str, dict[str, float]] = {}
    for line, row in enumerate(rows, 2):
        if row["submission"] in given:
            raise TableError(f"{grades}, row {line}: {row['submission']!r} has a row already.", repair="delete one")
        given[row["submission"]] = {}
    names = [exercise.name for exercise in text_exercises()]
    read, _ = read_points(texts, COLUMNS[:5])
    for line, row in enumerate(read, 2):
        if row["submission"] not in given:
            raise TableError(f"{texts}, row {line}: {row['submission']!r} has no row in {grades}.")
        if row["exercise"] not in names:
            raise TableError(f"{texts}, row {line}: {row['exercise']!r} is not a free-text question.")
        if row["points"].strip():
            if row["exercise"] in given[row["submission"]]:
                raise TableError(
                    f"{texts}, row {line}: this answer has points already.", repair="delete one of the rows"
                )
            given[row["submission"]][row["exercise"]] = _points(row["points"], f"{texts}, row {line}")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*columns, *names, "text points", "total"])
    for row in rows:
        found = given[row["submission"]]
        more = sum(found.values())
        cells = [f"{found[name]:g}" if name in found else "" for name in names]
        total = _points(row["points"], f"{grades}, {row['submission']}") + more
        writer.writerow([*(row[name] for name in columns), *cells, f"{more:g}", f"{total:g}"])
    return text.getvalue()


def _points(text: str, where: str) -> float:
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        found = -1.0
    if not 0 <= found < 1e6:
        raise TableError(f"{where}: {text!r} is not a valid number of points.", expected="a number of at least 0")
    return found
