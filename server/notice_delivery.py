"""The courier: brings notices to those who asked for e-mail or a webhook; tried again for a day, then said in their inbox.

``tend`` does one pass and is called every few seconds by a thread of the dashboard's. Of several dashboards on one store
each try is made by one, see ``storage/deliveries.py``.
"""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from server import mode, notice_mail, notice_webhook
from storage import deliveries, notice_events, notice_settings, people
from storage.attempts import Message
from storage.core import Damaged, InvalidValue, NotFound, Store, StoreError, now
from storage.deliveries import Parcel
from storage.notice_settings import WAYS, NoticeSettings
from storage.notices import Board, Notice, concerns
from storage.people import LOCAL
from storage.settings import settings

log = logging.getLogger(__name__)

# Longer than all tries together take. What is older when a dashboard starts has been dealt with.
_WINDOW = timedelta(days=2)
_HANDS = 4  # so that one address that does not answer keeps few others waiting


@dataclass
class Courier:
    """What is on its way; ``clock`` tells the time."""

    store: Store
    clock: Callable[[], datetime] = now
    _board: Board = field(init=False)
    _routed: set[str] = field(init=False, default_factory=set)
    _open: list[Parcel] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._board = Board(self.store)

    def tend(self) -> None:
        """One pass: route the notices that are new, then make every try that is due."""
        at = self.clock()
        new = [notice for notice in self._board.load() if notice.id not in self._routed and at - notice.at < _WINDOW]
        if new:
            wishes = self._wishes()
            self._open += [parcel for notice in new for parcel in self._route(notice, wishes)]
            # Only now: had the store failed above, the next pass has to come here again.
            self._routed |= {notice.id for notice in new}
        if self._open:
            with ThreadPoolExecutor(_HANDS, "courier") as hands:
                left = list(hands.map(self._attend, self._open))
            self._open = [parcel for parcel, is_open in zip(self._open, left, strict=True) if is_open]

    def _wishes(self) -> dict[str, NoticeSettings]:
        """The settings of every account that wants anything sent."""
        found = {account: self._settings(account) for account in notice_settings.accounts(self.store)}
        return {account: chosen for account, chosen in found.items() if chosen and any(map(chosen.where, WAYS))}

    def _settings(self, account: str) -> NoticeSettings | None:
        if account == LOCAL.account and mode.is_sign_in():
            return None  # where people sign in, nobody is the local administrator
        try:
            return notice_settings.read(self.store, account)[1]
        except (NotFound, Damaged, InvalidValue) as error:  # or a stray folder among the accounts
            log.warning("The notice settings of an account cannot be used: %s", error)
            return None

    def _route(self, notice: Notice, wishes: dict[str, NoticeSettings]) -> Iterator[Parcel]:
        for account, chosen in wishes.items():
            for way in WAYS:
                parcel = Parcel(notice, way, account)
                is_new = chosen.at is None or notice.at >= chosen.at
                # What happened before it was asked for is not sent, unless a try was made by the settings of then.
                if chosen.wants(notice.code, way) and (is_new or deliveries.read(self.store, parcel)[0]):
                    yield parcel

    def _wanted(self, parcel: Parcel) -> NoticeSettings | None:
        """The account's settings as of now, if by them and by its rights it gets the parcel."""
        chosen = self._settings(parcel.account)
        if chosen is None or not chosen.wants(parcel.notice.code, parcel.way):
            return None
        return chosen if concerns(parcel.notice, people.person(self.store, parcel.account)) else None

    def _attend(self, parcel: Parcel) -> bool:
        """Make the try that is due, if one is; whether there may be further ones."""
        try:
            return self._try(parcel)
        except (OSError, StoreError) as error:
            log.error("Notice %s could not be handed on: %s", parcel.notice.id, error)
            return True

    def _try(self, parcel: Parcel) -> bool:
        _, known = deliveries.read(self.store, parcel)
        if known and known.is_over:
            return False
        if known and not known.is_due(self.clock()):
            return True
        chosen = self._wanted(parcel)
        if chosen is None:
            return False  # turned off, blocked, or the project is hidden by now
        claimed = deliveries.claim(self.store, parcel, self.clock())
        if claimed is None:
            return True
        done = deliveries.conclude(self.store, parcel, claimed, self._send(parcel, chosen), self.clock())
        if done.state == "given_up" and done.reason:
            notice_events.tell_undelivered(self.store, parcel.account, parcel.way, chosen.where(parcel.way), done.reason)
        return not done.is_over

    def _send(self, parcel: Parcel, chosen: NoticeSettings) -> Message | None:
        language, address = self._language(parcel.account), mode.own_address()
        if parcel.way == "webhook":
            return notice_webhook.send(parcel.notice, chosen, language, address)
        smtp = settings().smtp
        if smtp is None:
            return Message(template="No mail server is set; the administrator enters one in the settings file under [smtp]")
        return notice_mail.send(notice_mail.compose(parcel.notice, chosen.address, smtp.from_address, language, address), smtp)

    def _language(self, account: str) -> str | None:
        return people.person(self.store, account).language
