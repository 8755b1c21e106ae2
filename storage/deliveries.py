"""How a notice gets out: tries by e-mail or to a web address, each claimed once among all dashboards.

The state is a chain of revisions for each notice, way and account. Whoever creates the revision that says "trying" makes
that try; all others come too late. One that died over it is taken for a try that failed, once enough time has passed.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from storage.attempts import Message
from storage.core import Conflict, Record, Store, create_revision, load_head
from storage.notice_settings import Way
from storage.notices import Notice

State = Literal["trying", "waiting", "delivered", "given_up"]

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 900))
"""After the first, second, … try that failed; a day in all."""

# Hosts' clocks differ by seconds. One that is off by more than this can at worst send a message twice.
STALE = timedelta(minutes=10)


class Delivery(Record):
    """How it stands with one notice on one way to one account; ``reason`` is why the last try failed."""

    state: State
    tries: int
    at: AwareDatetime
    reason: Message | None = None

    def is_due(self, at: datetime) -> bool:
        """Whether it is time for another try."""
        if self.state == "waiting":
            return at - self.at >= PAUSES[min(self.tries, len(PAUSES)) - 1]
        return self.state == "trying" and at - self.at >= STALE

    @property
    def is_over(self) -> bool:
        """Whether there will be no further try."""
        return self.state in ("delivered", "given_up")


@dataclass(frozen=True)
class Parcel:
    """One notice on its way to one account."""

    notice: Notice
    way: Way
    account: str

    @property
    def stem(self) -> str:
        """What the revisions of its delivery are named by."""
        return self.way + self.account


def read(store: Store, parcel: Parcel) -> tuple[int, Delivery | None]:
    """The newest revision and how it stands; 0 and None before the first try."""
    return load_head(Delivery, store.deliveries(parcel.notice.id), parcel.stem)


def claim(store: Store, parcel: Parcel, at: datetime) -> int | None:
    """Take the next try if it is due → its revision; None if it is not, or another dashboard was faster."""
    rev, known = read(store, parcel)
    if known and not known.is_due(at):
        return None
    claimed = Delivery(state="trying", tries=known.tries + 1 if known else 1, at=at)
    try:
        return create_revision(store.deliveries(parcel.notice.id), parcel.stem, rev, claimed)
    except Conflict:
        return None


def conclude(store: Store, parcel: Parcel, claimed: int, reason: Message | None, at: datetime) -> Delivery:
    """Put on record how the try of revision ``claimed`` went, with the ``reason`` if it failed; a test is tried once only."""
    _, known = read(store, parcel)
    tries = known.tries if known else 1
    is_last = tries > len(PAUSES) or parcel.notice.code == "test"
    done = Delivery(state=_after(reason, is_last=is_last), tries=tries, at=at, reason=reason)
    # Where this took so long that another dashboard took over, what that one finds counts.
    with suppress(Conflict):
        create_revision(store.deliveries(parcel.notice.id), parcel.stem, claimed, done)
    return done


def _after(reason: Message | None, *, is_last: bool) -> State:
    if reason is None:
        return "delivered"
    return "given_up" if is_last else "waiting"
