"""Quotas: how much one learner, one address, and the whole class may have at a time."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

from convscope.page.classroom.fair import in_turn, seconds_to_wait
from convscope.page.classroom.store import Store
from convscope.page.guard import RefusedError

__all__ = ["Quotas", "Turns"]

MOST_COUNTED = 10_000
"""Addresses and learners that are counted at a time; those that have waited long enough are forgotten first."""


@dataclass(frozen=True)
class Quotas:
    """Limits of a class.

    Parameters
    ----------
    learners : int
        Places.
    joins, join_every_s : float
        From one address: learners at once (a school is often one address), and the seconds until there may be one more.
    queued, address_queued : int
        Trainings that wait, of all together; of those who joined from one address.
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
    open_requests : int
        Requests of one learner that are being answered at a time.
    """

    learners: int = 100
    joins: float = 100.0
    join_every_s: float = 2.0
    queued: int = 200
    address_queued: int = 33
    active: int = 3
    hourly: int = 60
    uploads: int = 3
    upload_bytes: int = 20_000_000
    all_upload_bytes: int = 4_000_000_000
    requests_per_s: float = 20.0
    burst: float = 60.0
    open_requests: int = 20

    @classmethod
    def of(cls, learners: int) -> Quotas:
        """Suit a class of so many: two trainings of each may wait, and those of one address take a third of a class."""
        return cls(learners, joins=learners, queued=2 * learners, address_queued=max(10, learners // 3))


class Turns:
    """Counts who asks and joins how often, and who uploads."""

    def __init__(self, quotas: Quotas) -> None:
        self.quotas = quotas
        self._requests = _Allowance(quotas.burst, quotas.requests_per_s)
        self._joins = _Allowance(quotas.joins, 1 / quotas.join_every_s)
        self._open: Counter[str] = Counter()
        self._uploading: set[str] = set()

    def take_join(self, address: str) -> None:
        """Count somebody who comes from an address.

        Raises
        ------
        RefusedError
            Too many came from there in a short time.
        """
        if not self._joins.take(address):
            wait_s = max(1, ceil(self.quotas.join_every_s))
            raise RefusedError(
                429, "too many learners join from your address", f"open the link again in {wait_s} s", retry_s=wait_s
            )

    def take_request(self, user: str) -> None:
        """Count a request.

        Raises
        ------
        RefusedError
            There were too many in a short time.
        """
        if not self._requests.take(user):
            raise RefusedError(429, "you send requests too often", "wait a second", retry_s=1)

    @contextmanager
    def asking(self, user: str) -> Iterator[None]:
        """Count a request for as long as it is being answered."""
        if self._open[user] >= self.quotas.open_requests:
            raise RefusedError(429, "you request too much at a time", "wait for the answers", retry_s=1)
        self._open[user] += 1
        try:
            yield
        finally:
            self._open[user] -= 1
            if not self._open[user]:
                del self._open[user]

    @property
    def n_uploading(self) -> int:
        """How many tables are on their way."""
        return len(self._uploading)

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


class _Allowance:
    """So many at once, and so many a second in the long run, for each of those who take."""

    def __init__(self, at_once: float, per_s: float) -> None:
        self._at_once, self._per_s = at_once, per_s
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, who: str) -> bool:
        now = time.monotonic()
        if who not in self._left and len(self._left) >= MOST_COUNTED:
            self._left = {one: left for one, left in self._left.items() if self._now(one, now) < self._at_once}
        left = self._now(who, now)
        self._left[who] = (left - (left >= 1), now)
        return left >= 1

    def _now(self, who: str, now: float) -> float:
        left, before = self._left.get(who, (self._at_once, now))
        return min(self._at_once, left + (now - before) * self._per_s)
