"""Identifiers: 26 lower-case characters that sort by creation time; the only text that ever becomes part of a path."""

import hashlib
import re
import secrets
import time
from datetime import UTC, datetime
from threading import Lock

from storage.core.errors import InvalidValue

# Lower case throughout: on SMB two names that differ only in case are one file.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
# Strict, since an id becomes a path: '..' or an absolute path joined to the root leads out of it.
_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{26}")
_LAST = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
_SHA256 = re.compile(r"[0-9a-f]{64}")


_drawing = Lock()
_newest = 0  # milliseconds of the last id that this process drew


def new_id() -> str:
    """A new ULID in lower case: 48 bits of milliseconds, then 80 random bits (github.com/ulid/spec); later ones are greater."""
    global _newest
    # Clocks of hosts differ, so the order is for people; that no two are alike rests on the random bits.
    with _drawing:
        # Of two drawn within a millisecond, chance would decide which comes first.
        _newest = max(time.time_ns() // 1_000_000, _newest + 1)
        return _spell(_newest << 80 | secrets.randbits(80))


def born(identifier: str) -> datetime:
    """When the id was drawn, by the clock of the host that did; the last day there is for one that cannot have been."""
    milliseconds = sum(_ALPHABET.index(digit) << 5 * place for place, digit in enumerate(reversed(identifier[:10])))
    return datetime.fromtimestamp(min(milliseconds / 1000, _LAST), UTC)


def derived_id(*words: str) -> str:
    """The id that these words give on every host: of several who make the same thing, all but one find it made."""
    # A line break apart, or ("a", "bc") and ("ab", "c") would be one.
    return _spell(int.from_bytes(hashlib.sha256("\n".join(words).encode()).digest()[:16], "big"))


def is_id(text: str) -> bool:
    """Whether ``text`` is an identifier of ours, so that stray files in the store are passed over."""
    # fullmatch, as a pattern that ends in '$' lets a line break through.
    return _ID.fullmatch(text) is not None


def check_id(text: str) -> str:
    """Return ``text`` if it is an identifier; raise InvalidValue before it can become a path."""
    if not is_id(text):
        raise InvalidValue("{value!r} is not an id; ids are 26 lower-case letters and digits, as the lists show them", value=text)
    return text


def check_image_id(text: str) -> str:
    """Return ``text`` if it is a SHA-256 in hexadecimal, which is what names an image."""
    if _SHA256.fullmatch(text) is None:
        raise InvalidValue("{value!r} is not an image id; image ids are 64 hexadecimal digits", value=text)
    return text


def is_digest(text: str) -> bool:
    """Whether ``text`` is a SHA-256 in hexadecimal, which is what names a session or a token."""
    return _SHA256.fullmatch(text) is not None


def check_digest(text: str) -> str:
    """Return ``text`` if it is a SHA-256 in hexadecimal; raise InvalidValue before it can become a path."""
    # Without the value: whoever mistakes a secret for its digest must not find it in a log.
    if not is_digest(text):
        raise InvalidValue("This is not the SHA-256 of a session or a token; those are 64 hexadecimal digits")
    return text


def _spell(number: int) -> str:
    """130 bits, the highest first, as 26 characters."""
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
