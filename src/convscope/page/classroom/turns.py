"""Quotas: how much one learner, and the whole class, may have at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from convscope.page.classroom.fair import in_turn, seconds_to_wait
from convscope.page.classroom.requests import RefusedError
from convscope.page.classroom.store import Store

__all__ = ["Quotas", "Turns"]


@dataclass(frozen=True)
class Quotas:
    """Limits of a class.

    Parameters
    ----------
    users : int
        Learners.
    queued : int
        Trainings that wait, of all together.
    active : int
        Trainings of one learner that wait or run.
    hourly : int
        Trainings of one learner in an hour.
    uploads : int
        Tables of one learner.
    upload_bytes, all_upload_bytes : int
        Of one table; of all tables of all learners.
    requests_per_s, burst : float
        Of one learner: in the long run, and at once.
    """

    users: int = 2000
    queued: int = 200
    active: int = 3
    hourly: int = 60
    uploads: int = 3
    upload_bytes: int = 20_000_000
    all_upload_bytes: int = 4_000_000_000
    requests_per_s: float = 20.0
    burst: float = 60.0


class Turns:
    """Counts who asks how often, and who uploads."""

    def __init__(self, quotas: Quotas) -> None:
        self.quotas = quotas
        self._left: dict[str, tuple[float, float]] = {}
        self._uploading: set[str] = set()

    def take_request(self, user: str) -> None:
        """Count a request.

        Raises
        ------
        RefusedError
            There were too many in a short time.
        """
        now = time.monotonic()
        left, before = self._left.get(user, (self.quotas.burst, now))
        left = min(self.quotas.burst, left + (now - before) * self.quotas.requests_per_s)
        if left < 1:
            self._left[user] = (left, now)
            raise RefusedError(429, "you ask too often", "wait a second", retry_s=1)
        self._left[user] = (left - 1, now)

    @contextmanager
    def uploading(self, user: str) -> Iterator[None]:
        """Let a learner upload one table at a time."""
        if user in self._uploading:
            raise RefusedError(429, "you are uploading a table already", "wait until it is there", retry_s=5)
        self._uploading.add(user)
        try:
            yield
        finally:
            self._uploading.discard(user)

    def places(self, store: Store, running: Sequence[str]) -> dict[str, int]:
        """Say for each waiting job which place in the queue it has, from 1."""
        return {one.job: place for place, one in enumerate(in_turn(store.waiting(), running), 1)}

    def seconds(self, store: Store, place: int, n_workers: int) -> int:
        """Estimate the seconds until it is a place's turn."""
        return seconds_to_wait(place, n_workers, store.recent_seconds())
