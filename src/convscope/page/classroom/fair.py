"""Whose turn it is: every learner's first job before anybody's second.

References
----------
J. Nagle, "On packet switches with infinite storage", RFC 970 (1985): one queue for each, served in turn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

__all__ = ["Waiting", "in_turn", "seconds_to_wait"]

USUAL_S = 30.0
LONGEST_WAIT_S = 3600


@dataclass(frozen=True)
class Waiting:
    """A job that waits.

    Parameters
    ----------
    job : str
    user : str
    number : int
        Jobs are numbered as they come in.
    """

    job: str
    user: str
    number: int


def in_turn(waiting: Sequence[Waiting], running: Sequence[str]) -> list[Waiting]:
    """Order jobs so that nobody's second comes before anybody's first.

    Parameters
    ----------
    waiting : sequence of Waiting
    running : sequence of str
        The user of each job that runs now; it counts as the user's first.

    Examples
    --------
    >>> jobs = [Waiting("a1", "a", 1), Waiting("a2", "a", 2), Waiting("b1", "b", 3)]
    >>> [one.job for one in in_turn(jobs, [])], [one.job for one in in_turn(jobs, ["a"])]
    (['a1', 'b1', 'a2'], ['b1', 'a1', 'a2'])
    """
    taken = Counter(running)
    ranked = []
    for one in sorted(waiting, key=lambda one: one.number):
        ranked.append((taken[one.user], one.number, one))
        taken[one.user] += 1
    return [one for _, _, one in sorted(ranked, key=lambda entry: entry[:2])]


def seconds_to_wait(n_before: int, n_workers: int, recent: Sequence[float]) -> int:
    """Estimate how long it takes until so many jobs have ended.

    Parameters
    ----------
    n_before : int
    n_workers : int
    recent : sequence of float
        Seconds that recent jobs took; half a minute is assumed where there are none.

    Examples
    --------
    >>> seconds_to_wait(4, 2, [10.0, 20.0]), seconds_to_wait(0, 2, [])
    (30, 1)
    """
    usual = sum(recent) / len(recent) if recent else USUAL_S
    return max(1, min(LONGEST_WAIT_S, ceil(n_before * usual / max(1, n_workers))))
