"""Whether people sign in, and under which names the dashboard is served.

*Local mode*: nobody signs in, and whoever asks is the local administrator; only while the dashboard listens on this
host alone. *Sign-in mode*: everything else.
"""

import socket

from streamlit import config

from server.hosts import dashboard_address, needs_sign_in
from storage.settings import settings


def is_sign_in() -> bool:
    """Whether people have to sign in."""
    # By the address itself and not by what started the server: a bare `streamlit run` must not open a network to everybody.
    return needs_sign_in(config.get_option("server.address") or "")


def own_address() -> str:
    """The address that people open, without a slash at its end."""
    return settings().server.url or dashboard_address(config.get_option("server.address") or "", config.get_option("server.port"))


def allow_own_hosts() -> None:
    """Add the names this dashboard is known by to those it is served under; all others are refused."""
    known: list[str] = [*config.get_option("server.allowedHosts")]
    host, address = settings().server.host, config.get_option("server.address")
    # This host's name too: without a setting, colleagues come by it.
    known += [name for name in (host, address, socket.gethostname()) if name and name not in known]
    config.set_option("server.allowedHosts", known)
