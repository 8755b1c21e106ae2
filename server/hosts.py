"""Who can reach the dashboard, by the address it listens on."""

import os
from ipaddress import ip_address


def needs_sign_in(address: str) -> bool:
    """Whether people have to sign in to a dashboard that listens on this address: asked for, or others can reach it."""
    return os.environ.get("FIELDMARK_SIGN_IN", "") not in ("", "0") or not is_this_host(address)


def is_this_host(address: str) -> bool:
    """Whether an address reaches nobody but programs of this host."""
    try:
        return address == "localhost" or ip_address(address).is_loopback
    except ValueError:
        return False
