"""What of the notices an account wants told as a toast, by e-mail or to a web address of its own."""

import re
import secrets
from typing import Literal, get_args
from urllib.parse import urlsplit

from pydantic import AwareDatetime

from storage.core import InvalidValue, Record, Store, create_revision, list_names, load_head, now, record
from storage.notices import EVENTS, EventCode

Way = Literal["email", "webhook"]
WAYS: tuple[Way, ...] = get_args(Way)
"""How a notice leaves the dashboard."""

_STEM = "notices"
_MOST = 1000  # characters of an address
# What a mail server makes of an address is its business; this only keeps out what is no single address.
_ADDRESS = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+")


class NoticeSettings(Record):
    """What is told how; an empty address or URL means not at all. ``secret`` signs what is sent to the URL."""

    toast: tuple[EventCode, ...] = EVENTS
    email: tuple[EventCode, ...] = EVENTS
    webhook: tuple[EventCode, ...] = EVENTS
    address: str = ""
    url: str = ""
    secret: str = ""
    # Of this revision: what happened before it is not sent after it.
    at: AwareDatetime | None = None

    def where(self, way: Way) -> str:
        """The address or URL, empty for none."""
        return self.address if way == "email" else self.url

    def wants(self, code: str, way: Way) -> bool:
        """Whether a notice of this code goes out this way; what is about the way itself does not."""
        return bool(self.where(way)) and (code == "test" or code in (self.email if way == "email" else self.webhook))


def read(store: Store, account: str) -> tuple[int, NoticeSettings]:
    """The newest revision, from 1 on, and the settings; revision 0 and the defaults where nothing was set."""
    rev, settings = load_head(NoticeSettings, store.own(account), _STEM)
    return rev, settings or NoticeSettings()


def write(store: Store, account: str, base: int, settings: NoticeSettings) -> int:
    """Save what was changed from revision ``base``; InvalidValue for what cannot be sent to, Conflict if somebody was faster."""
    address, url = settings.address.strip(), settings.url.strip()
    if address and (len(address) > _MOST or not _ADDRESS.fullmatch(address)):
        raise InvalidValue("{address!r} is not an e-mail address; one looks like ann@example.org", address=address[:80])
    if url:
        check_url(url)
    # The receiver tells by it that a message is ours. It stays when the URL changes and goes when it is taken away.
    secret = (settings.secret or secrets.token_hex(32)) if url else ""
    saved = settings.model_copy(update={"address": address, "url": url, "secret": secret, "at": now()})
    rev = create_revision(store.own(account), _STEM, base, saved)
    record(store, "account.notices", "account", account)
    return rev


def check_url(url: str) -> str:
    """Return the URL if a message can be sent there; else InvalidValue says how one looks."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets or a port that are none
        fine = False
    if not fine or len(url) > _MOST or not url.isprintable() or " " in url:
        raise InvalidValue("{url!r} is not an address to send to; one begins with https:// or http://", url=url[:80])
    return url


def accounts(store: Store) -> list[str]:
    """Ids of the accounts that there may be settings of, ``local`` included."""
    return list_names(store.accounts)
