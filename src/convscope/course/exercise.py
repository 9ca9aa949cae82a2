"""One question of the course, and how an answer to it is checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from convscope.course.answers import Trials, UnreadableError, is_unattempted
from convscope.course.predictions import Ran
from convscope.course.result import Result, Status, Verdict
from convscope.language import Say, also_spoken, spoken

__all__ = ["Exercise", "Kind"]

Kind = Literal["literal", "code", "text", "unscored"]


@dataclass(frozen=True)
class Exercise:
    """A question that checks its own answers.

    Parameters
    ----------
    name : str
        The file's name.
    number : str
        Its place in the lab, e.g. "GA-2a".
    title : str
    prompt : str or Say
        What is asked.
    judge : callable
        Takes the answer, gives a `Verdict`; raises `UnreadableError` for another kind of answer.
    blank : str
        What the student replaces; the answer is given the exercise's own name.
    hints : tuple of str
        The first helps a little, the last much.
    explanation : str
        Shown by `solution`, which a student asks for.
    kind : {"literal", "code", "text", "unscored"}
        Whether an answer can be graded without running it; ``"text"`` is read by a person.
    rubric : str
        For the person who reads free text.
    reference : callable, optional
        Gives an answer that must be found correct; the tests ask.
    vary : callable, optional
        Gives the exercise with other numbers for a seed.
    picture : callable, optional
        Draws an answer, or gives None where there is nothing to draw.
    runs : callable, optional
        Gives what Keras gives, where a student predicts first.
    probes : callable, optional
        Gives the arguments that a student's function is tried on, for a seed; the judge gets `Trials` then.
    labels_of : {"", "images", "clothes"}
        Whose true test labels replace those in a graded answer.
    optional : bool
        Whether the exercise stands beside the lab's scored ones.
    translations : mapping of language to mapping of str to str
        What the exercise says, by its English text, where the catalogues do not have it.

    Examples
    --------
    >>> from convscope.course import ex
    >>> ex.input_size.title
    'The size of the input'
    >>> print(ex.input_size.check())
    ○ Not attempted. Replace the three dots by your answer.
    >>> print(ex.input_size.hint())
    How many feature columns has a row?
    """

    name: str
    number: str
    title: str
    prompt: str | Say
    judge: Callable[[Any], Verdict]
    blank: str = "..."
    hints: tuple[str, ...] = ()
    explanation: str = ""
    kind: Kind = "literal"
    rubric: str = ""
    reference: Callable[[], Any] | None = None
    vary: Callable[[int], Exercise] | None = None
    picture: Callable[[Any], Any] | None = field(default=None, repr=False)
    runs: Callable[[], Any] | None = None
    probes: Callable[[int], list[tuple[Any, ...]]] | None = None
    labels_of: Literal["", "images", "clothes"] = ""
    optional: bool = False
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        also_spoken(self.translations)

    @property
    def starter(self) -> str:
        """What stands in the notebook before the student writes."""
        return f"{self.name} = {self.blank}"

    def check(self, answer: Any = ...) -> Result:
        """Judge an answer; never raises because of it, never says the expected value.

        Parameters
        ----------
        answer : object
            A list, array, tensor, frame, number, text or function, as the prompt asks; ``...`` counts as not attempted.

        Returns
        -------
        result : Result
        """
        try:
            if is_unattempted(answer):
                return Result(self.name, Status.unattempted, spoken("Replace the three dots by your answer."))
            verdict = self.judge(self._tried(answer))
            message = spoken(verdict.message)
        except UnreadableError as error:
            return Result(self.name, Status.error, _words_of(error))
        except Exception as error:  # an answer may be an object of any make, and fail in any way
            return Result(self.name, Status.error, str(Say("It fails with {name}.", name=type(error).__name__)))
        if verdict.correct is None:
            return Result(self.name, Status.recorded, message)
        status = Status.correct if verdict.correct else Status.incorrect
        return Result(self.name, status, message, verdict.misconception)

    def _tried(self, answer: Any) -> Any:
        """Call a function if the exercise expects one; any other answer is unchanged."""
        if self.probes is None or not callable(answer):
            return answer
        given = self.probes(0)
        copies = [[part.copy() if isinstance(part, np.ndarray) else part for part in one] for one in given]
        return Trials(given, [answer(*one) for one in copies])

    def hint(self, number: int = 1) -> str:
        """Give a hint; the first helps a little, the last much."""
        if not self.hints:
            return spoken("There is no hint for this one.")
        return spoken(self.hints[min(max(1, number), len(self.hints)) - 1])

    def solution(self) -> str:
        """Explain the answer."""
        return spoken(self.explanation or "Every answer that gives a reason counts.")

    def show(self, answer: Any = ...) -> Any:
        """Draw an answer where a picture helps, else judge it; never raises because of it.

        Returns
        -------
        shown : altair chart or Result
            A calculation is drawn once the answer is right.
        """
        if self.picture is None or is_unattempted(answer):
            return self.check(answer)
        try:
            drawn = self.picture(answer)
        except UnreadableError as error:
            return Result(self.name, Status.error, _words_of(error))
        except Exception as error:  # as in `check`
            return Result(self.name, Status.error, str(Say("It fails with {name}.", name=type(error).__name__)))
        return self.check(answer) if drawn is None else drawn

    def run(self, answer: Any = ...) -> Result | Ran:
        """Show what Keras gives, beside a prediction; before there is one, say only that it comes first."""
        if self.runs is None or is_unattempted(answer):
            return Result(self.name, Status.unattempted, spoken("Predict first, then run."))
        return Ran(answer, self.runs())

    def variant(self, seed: int) -> Exercise:
        """Give the same question with other numbers; the same seed gives the same numbers."""
        return self.vary(seed) if self.vary else self


def _words_of(error: UnreadableError) -> str:
    return spoken(error.args[0])
