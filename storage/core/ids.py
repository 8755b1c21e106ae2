"""Identifiers: 26 lower-case characters that sort by creation time; the only text that ever becomes part of a path."""

import re
import secrets
import time

from storage.core.errors import InvalidValue

# Lower case throughout: on SMB two names that differ only in case are one file.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
# Strict, since an id becomes a path: '..' or an absolute path joined to the root leads out of it.
_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{26}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def new_id() -> str:
    """A new ULID in lower case: 48 bits of milliseconds, then 80 random bits (github.com/ulid/spec)."""
    # Clocks of hosts differ, so the order is for people; that no two are alike rests on the random bits.
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


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
