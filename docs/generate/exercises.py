"""Every exercise: what it asks and how it helps, and never what answers it."""

from __future__ import annotations

from pathlib import Path

from convscope.course.exercise import Exercise
from convscope.course.exercises import catalogue
from convscope.language import speaking, spoken
from generate.markup import heading, literal, words, write_page

__all__ = ["write"]

KINDS = {
    "literal": "read as a literal",
    "code": "a program",
    "text": "read by a person",
    "unscored": "neither checked nor stored",
}


def write(folder: Path) -> None:
    """Write the page of exercises, in the order of the lab."""
    exercises = sorted((catalogue.get(name) for name in catalogue.names()), key=lambda one: (one.number, one.name))
    with speaking("en"):
        write_page(
            folder / "exercises.rst",
            heading("Exercises"),
            "``from convscope.course import ex`` and ``convscope course`` know them by these names. Hints come one by\n"
            "one there; what answers an exercise stands on no page.\n",
            *(part for exercise in exercises for part in _section(exercise)),
        )


def _section(exercise: Exercise) -> tuple[str, ...]:
    hints = [f"{number}. {words(spoken(hint))}" for number, hint in enumerate(exercise.hints, 1)]
    return (
        heading(f"{exercise.number} {spoken(exercise.title)}".strip(), "-"),
        f"``{exercise.name}``, {KINDS[exercise.kind]}\n",
        words(spoken(exercise.prompt)) + "\n",
        literal(exercise.starter),
        "\n".join(["**Hints**\n", *hints]) + "\n" if hints else "",
    )
