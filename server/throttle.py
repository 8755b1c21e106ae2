"""Guessing passwords is slow: after some failures an account or an address is refused for a while, each time longer.

Counted in this process alone: it is the only one that people of this dashboard sign in to, and a restart forgets.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from threading import Lock

from storage.core import fold_name, sha256

WINDOW_S = 15 * 60
ACCOUNT_FAILURES = 5
ADDRESS_FAILURES = 20  # a whole office may come from one
FIRST_S = 30  # doubled each time
LONGEST_S = 60 * 60
_MOST = 20_000  # accounts and addresses remembered: names can be made up without end


@dataclass
class _Attempts:
    """Of one account or address: when it failed of late, and for how long it is refused."""

    failures: list[float] = field(default_factory=list)
    refusals: int = 0
    until: float = 0

    def fail(self, now: float, most: int) -> None:
        """One more failure; the ``most``-th within the window, and each one after it, refuses for a while."""
        if now - max([self.until, *self.failures[-1:]]) > WINDOW_S:
            self.refusals = 0
        self.failures = [*(when for when in self.failures if now - when < WINDOW_S), now]
        if len(self.failures) >= most:
            self.until = now + min(FIRST_S * 2**self.refusals, LONGEST_S)
            self.refusals += 1

    def take_back(self) -> None:
        """The last attempt was no failure, so it refuses nothing."""
        del self.failures[-1:]
        if self.until:  # by that attempt: one that is refused is not made
            self.until = 0
            self.refusals -= 1


class Throttle:
    """Attempts to sign in by account and by address; ``clock`` gives seconds that only grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._known: dict[str, _Attempts] = {}

    def admit(self, name: str, address: str) -> float:
        """Seconds to wait before this attempt may be made; 0 lets it pass, and counts it as failed until ``forgive``.

        Counted beforehand: of a hundred attempts at once, most would otherwise be looked at before the first has failed.
        """
        with self._lock:
            now, limits = self._clock(), self._limits(name, address)
            wait = max(self._known[key].until - now if key in self._known else 0.0 for key in limits)
            if wait <= 0:
                for key, most in limits.items():
                    self._attempts(key).fail(now, most)
            return max(wait, 0.0)

    def forgive(self, name: str, address: str) -> None:
        """The attempt that was admitted last was right: the account begins anew, the address loses this one only."""
        with self._lock:
            account, place = self._limits(name, address)
            self._known.pop(account, None)
            # Not all of the address's: an account of one's own would wash away the guesses at others.
            if attempts := self._known.get(place):
                attempts.take_back()

    def _attempts(self, key: str) -> _Attempts:
        if key not in self._known and len(self._known) >= _MOST:
            del self._known[next(iter(self._known))]  # the oldest
        return self._known.setdefault(key, _Attempts())

    @staticmethod
    def _limits(name: str, address: str) -> dict[str, int]:
        """Under which keys an attempt counts, and how many failures each may have."""
        # As the store compares names, and whether there is such an account or not: the answer must not tell.
        folded = fold_name(name).encode("utf-8", "replace")
        return {sha256(folded): ACCOUNT_FAILURES, _network(address): ADDRESS_FAILURES}


def _network(address: str) -> str:
    """What one guesser has: an IPv4 address, or the 64 bits of IPv6 that a line is given."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(IPv6Address(int(found) >> 64 << 64)) if isinstance(found, IPv6Address) else str(found)
