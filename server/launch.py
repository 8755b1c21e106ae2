"""The dashboard and a worker: started together, ended together."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from server.hosts import dashboard_address, reachable
from storage.core import Refused

ROOT = Path(__file__).resolve().parent.parent
POLL_S = 0.3
GRACE_S = 90  # the worker gives its child 60 s to save a checkpoint


def run(store: Path, machine: str, address: str, port: int, welcome: str, *, sign_in: bool = False) -> int:
    """A worker of ``machine`` and the dashboard until Ctrl-C; their exit code.

    Prints ``welcome``, with ``{address}`` in it, when the dashboard can be visited. Refused, and nothing is started, if
    the port is taken. ``sign_in`` asks people to sign in although the dashboard listens on this host alone.
    """
    host = reachable(address)
    if _listens(host, port):
        raise Refused("Port {port} is taken by another program, or by a Fieldmark that runs already. Choose another with --port", port=port)

    def greet() -> bool:
        ready = _listens(host, port)
        if ready:
            print(welcome.format(address=dashboard_address(host, port)), flush=True)
        return ready

    dashboard = ["-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.address", address]
    # Streamlit's own words would come between, and for them it asks the internet for this host's address.
    dashboard += ["--logger.hideWelcomeMessage", "true"]
    worker = ["-m", "worker", "--machine", machine, "--store", str(store)]
    environment = {**os.environ, "FIELDMARK_STORE": str(store), **({"FIELDMARK_SIGN_IN": "1"} if sign_in else {})}
    return _together([[sys.executable, *worker], [sys.executable, *dashboard]], environment, greet)


def _together(commands: list[list[str]], environment: dict[str, str], greet: Callable[[], bool]) -> int:
    """Run the commands until one ends or Ctrl-C or SIGTERM comes, then end the others; the highest exit code.

    A program that ends by the signal it was sent counts as 0. ``greet`` is asked again until it says that it did.
    """
    # Sessions of their own: Ctrl-C in the terminal reaches this process alone, which then ends them in order.
    children = [subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True) for command in commands]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _end(children))
    greeted = False
    # Polled: waiting for one would not notice that another has ended.
    while all(child.poll() is None for child in children):
        greeted = greeted or greet()
        time.sleep(POLL_S)
    _end(children)
    return max(0, *(child.wait(GRACE_S) for child in children))


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()


def _listens(host: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False
