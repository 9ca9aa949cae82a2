"""Who is in the class: places are taken with the link, used, and given back.

A place is kept as long as it is used, or holds a table or a training. One that holds nothing is given back after an
hour without a request, and after five minutes if nobody ever came back to it. When all are taken, whoever comes gets
the one that has not been used for longest: one that was never used at once, one that holds nothing after five minutes,
one that holds something after an hour, and what it held is deleted then; none whose training waits or runs. An open
page asks every few seconds, so nobody who is there loses a place.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from convscope.page.classroom.store import Place, Store, hash_of, new_secret
from convscope.page.guard import RefusedError

__all__ = ["Places", "neighbourhood"]

IDLE_S = 3600.0
UNUSED_S = 300.0
OPEN, CLOSED = "open", "closed"


class Places:
    """The places of a class.

    Parameters
    ----------
    store : Store
    most : int
        How many there are.

    Attributes
    ----------
    token : str
        Of the link that lets learners in; the same whenever this class is served, until it is changed.
    is_open : bool
        Whether it lets anybody in.
    """

    def __init__(self, store: Store, most: int) -> None:
        self._store, self._most = store, most
        self._taken = {place.user: place for place in store.places()}
        self.token = store.fact("token", new_secret())
        self.is_open = store.fact("door", OPEN) == OPEN

    def __len__(self) -> int:
        """Count the learners."""
        return len(self._taken)

    def listed(self) -> list[Place]:
        """List the learners in the order of their numbers."""
        return sorted(self._taken.values(), key=lambda place: place.number)

    def of(self, secrets: Iterable[str]) -> Place | None:
        """Find the place that one of some cookies belongs to."""
        return next((self._taken[user] for user in map(hash_of, secrets) if user in self._taken), None)

    def __contains__(self, place: Place) -> bool:
        """Say whether a place is still taken."""
        return place.user in self._taken

    def address_of(self, user: str) -> str:
        """Say where a learner came from when they joined."""
        return self._taken[user].address if user in self._taken else ""

    def use(self, place: Place) -> None:
        """Note that somebody is there: the first time at once, later when there is time to tidy up."""
        is_first, place.seen, place.used = not place.used, self._store.now(), True
        if is_first:
            self._store.see([place])

    def fits(self, token: str | None) -> bool:
        """Say whether a link is the one of this class."""
        return token is not None and secrets.compare_digest(token.encode(), self.token.encode())

    def join(self, address: str) -> str:
        """Take a place, and give its secret.

        Raises
        ------
        RefusedError
            The door is closed, or every place is in use.
        """
        if not self.is_open:
            raise RefusedError(403, "the door of this class is closed", "ask your teacher to open it")
        if len(self._taken) >= self._most and not self._give_one_up():
            ask_for = "ask your teacher to remove a learner, or to start the class with more places"
            raise RefusedError(429, "this class is full", ask_for, retry_s=int(UNUSED_S / 5))
        secret = new_secret()
        place = self._store.add_place(hash_of(secret), address)
        self._taken[place.user] = place
        return secret

    def remove(self, place: Place) -> None:
        """Give a place back; what it holds is deleted."""
        self._store.forget(place.user)
        self._taken.pop(place.user, None)

    def tidy(self) -> None:
        """Write down who was seen, and give back what nobody uses."""
        self._store.see(self.listed())
        owners = self._store.owners()
        for place in self.listed():
            if place.user not in owners and self._idle_s(place) > (IDLE_S if place.used else UNUSED_S):
                self.remove(place)

    def change_link(self) -> None:
        """Let the link that was given out let nobody in any more."""
        self.token = new_secret()
        self._store.set_fact("token", self.token)

    def open_door(self, is_open: bool) -> None:
        """Let newcomers in, or not."""
        self.is_open = is_open
        self._store.set_fact("door", OPEN if is_open else CLOSED)

    def _idle_s(self, place: Place) -> float:
        return self._store.now() - place.seen

    def _give_one_up(self) -> bool:
        """Free the place that has not been used for longest, of those that may be taken away."""
        owners, busy, there = self._store.owners(), self._store.busy(), self._taken.values()
        idle = [one for one in there if one.user not in owners and (not one.used or self._idle_s(one) > UNUSED_S)]
        idle = idle or [one for one in there if one.user not in busy and self._idle_s(one) > IDLE_S]
        if idle:
            self.remove(max(idle, key=self._idle_s))
        return bool(idle)


def neighbourhood(address: str) -> str:
    """Say which addresses count as one: an IPv4 address alone, an IPv6 address with its network of 64 bits.

    Examples
    --------
    >>> neighbourhood("::ffff:192.0.2.7"), neighbourhood("2001:db8::7"), neighbourhood("?")
    ('192.0.2.7', '2001:db8::/64', '')
    """
    try:
        found: IPv4Address | IPv6Address = ip_address(address.strip())
    except ValueError:
        return ""
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(IPv6Network((int(found) >> 64 << 64, 64)))
    return str(found.ipv4_mapped if isinstance(found, IPv6Address) else found)
