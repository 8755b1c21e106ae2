"""Who can reach the dashboard, by the address it listens on."""

import os
from ipaddress import ip_address


def needs_sign_in(address: str) -> bool:
    """Whether people have to sign in to a dashboard that listens on this address: asked for, or others can reach it."""
    return os.environ.get("FIELDMARK_SIGN_IN", "") not in ("", "0") or not is_this_host(address)


def reachable(host: str) -> str:
    """By what programs of this host reach what listens at ``host``: no browser can go to what stands for every network."""
    return "localhost" if host in ("", "0.0.0.0", "::") else host  # noqa: S104


def dashboard_address(host: str, port: int) -> str:
    """The address by which a browser of this host opens a dashboard that listens there."""
    shown = reachable(host)
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"


def is_this_host(address: str) -> bool:
    """Whether an address reaches nobody but programs of this host."""
    try:
        return address == "localhost" or ip_address(address).is_loopback
    except ValueError:
        return False
