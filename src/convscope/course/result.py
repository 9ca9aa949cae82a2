"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from html import escape

from convscope.language import Say, spoken

__all__ = ["Result", "Status", "Verdict"]


class Status(StrEnum):
    """How an answer was judged.

    Examples
    --------
    >>> [status.value for status in Status]
    ['correct', 'incorrect', 'unattempted', 'error', 'recorded']
    """

    correct = "correct"
    incorrect = "incorrect"
    unattempted = "unattempted"
    error = "error"
    recorded = "recorded"


GLYPHS = {
    Status.correct: "✓ Correct.",
    Status.incorrect: "✗ Not yet.",
    Status.unattempted: "○ Not attempted.",
    Status.error: "! Cannot be read.",
    Status.recorded: "✎ Recorded.",
}


@dataclass(frozen=True)
class Verdict:
    """What a judge thinks of an answer that could be read.

    Parameters
    ----------
    correct : bool or None
        None where a person reads the answer.
    message : str or Say
        The reason, never the answer.
    misconception : str
        A short name of the known mistake; empty if there is none.
    """

    correct: bool | None
    message: str | Say
    misconception: str = ""


@dataclass(frozen=True)
class Result:
    """What became of one answer; true where it is correct.

    Parameters
    ----------
    exercise : str
        The exercise's name.
    status : Status
    message : str
        The reason, never the expected value.
    misconception : str
        A short name of the known mistake; empty if there is none.

    Examples
    --------
    >>> result = Result("input_size", Status.incorrect, "Count the pixels of one image.")
    >>> bool(result)
    False
    >>> print(result)
    ✗ Not yet. Count the pixels of one image.
    """

    exercise: str
    status: Status
    message: str
    misconception: str = ""

    def __bool__(self) -> bool:
        return self.status is Status.correct

    @property
    def word(self) -> str:
        """The status in a word or two, in the reader's language."""
        return spoken(GLYPHS[self.status])

    def __str__(self) -> str:
        return f"{self.word} {self.message}".strip()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        word, message = escape(self.word), escape(self.message)
        return f'<p role="status" class="convscope-{self.status.value}"><strong>{word}</strong> {message}</p>'
