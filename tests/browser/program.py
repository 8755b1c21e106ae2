"""The dashboard's process as the tests start, kill and start it again."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

from storage.core import Store

ROOT = Path(__file__).resolve().parents[2]


class Program:
    """A process that serves the dashboard of a store, at an address that stays the same when it is started again."""

    def __init__(self, store: Store, log: Path, command: list[str], port_option: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.store = store
        self.address = f"http://127.0.0.1:{port}"
        self._log = log
        self._command = [sys.executable, *command, port_option, str(port)]
        # Beside the log, so that each server has an index of its own.
        self._environment = {**os.environ, "FIELDMARK_STORE": str(store.root), "FIELDMARK_CACHE": str(log.parent / "cache")}

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(self._command, cwd=ROOT, env=self._environment, stdout=output, stderr=output)
        while not self._answers():
            assert self._process.poll() is None, self._log.read_text()

    def end(self, number: signal.Signals, patience_s: float = 10) -> None:
        """Send it a signal and wait until it is gone."""
        self._process.send_signal(number)
        self._process.wait(patience_s)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.end(signal.SIGKILL)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=1):
                return True
        except OSError:
            return False


class Dashboard(Program):
    """The dashboard alone, from ``script``."""

    def __init__(self, store: Store, log: Path, script: Path = ROOT / "app.py") -> None:
        super().__init__(
            store, log, ["-m", "streamlit", "run", str(script), "--server.fileWatcherType", "none"], port_option="--server.port"
        )
