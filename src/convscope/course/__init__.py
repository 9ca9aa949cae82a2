"""The lab as a course: exercises that check themselves, and grading that executes nothing.

``ex.convolve_by_hand.check(answer)`` answers at once; ``.hint()``, ``.solution()`` and ``.show(answer)`` help. An
exercise is a file in ``course/exercises``.
"""

from convscope.course import exercises as ex
from convscope.course.exercise import Exercise
from convscope.course.result import Result, Status
from convscope.language import use_language

__all__ = ["Exercise", "Result", "Status", "ex", "use_language"]
