"""GA-0. Names, plants, home or office: never checked, never stored."""

from typing import Any

from convscope.course.exercise import Exercise
from convscope.course.result import Verdict

__all__ = ["EXERCISE"]


def _judge(answer: Any) -> Verdict:
    return Verdict(None, "Thank you. This is for your group only: it is neither checked nor stored.")


EXERCISE = Exercise(
    name="icebreaker",
    number="GA-0",
    title="Who is in your group?",
    prompt="Tell each other who you are. What you write here stays in your notebook.",
    judge=_judge,
    blank='"..."',
    kind="unscored",
    reference=lambda: "we have met",
)
