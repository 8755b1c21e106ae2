"""Programs that belong together: started together, ended together."""

import signal
import subprocess
import time
from pathlib import Path

POLL_S = 0.3
GRACE_S = 90  # the worker gives its child 60 s to save a checkpoint


def run_together(commands: list[list[str]], folder: Path, environment: dict[str, str]) -> int:
    """Run the commands until one ends or Ctrl-C or SIGTERM comes, then end the others; the highest exit code.

    A program that ends by the signal it was sent counts as 0.
    """
    # Sessions of their own: Ctrl-C in the terminal reaches this process alone, which then ends them in order.
    children = [subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True) for command in commands]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _end(children))
    # Polled: waiting for one would not notice that another has ended.
    while all(child.poll() is None for child in children):
        time.sleep(POLL_S)
    _end(children)
    return max(0, *(child.wait(GRACE_S) for child in children))


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
