"""A web server and a mail server of the tests' own that take, or refuse, what they are sent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer, StreamRequestHandler, ThreadingTCPServer
from typing import Any


class Hook(ThreadingHTTPServer):
    """Answers every POST with ``status``; ``taken`` are bodies and headers in the order they came."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Posted)
        self.status, self.location = 200, ""
        self.taken: list[tuple[bytes, dict[str, str]]] = []

    @property
    def url(self) -> str:
        """Where to post to."""
        return f"http://127.0.0.1:{self.server_port}/hook"


class _Posted(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.taken.append((body, {name.lower(): value for name, value in self.headers.items()}))
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("location", self.server.location)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Silence."""


class PostOffice(ThreadingTCPServer):
    """A mail server that takes every message, or answers ``refusal`` to it; ``taken`` are those it took."""

    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Letter)
        self.refusal = ""
        self.taken: list[Message] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class _Letter(StreamRequestHandler):
    server: PostOffice

    def handle(self) -> None:
        """As much of SMTP as a message without sign-in and TLS needs."""
        self._say("220 here")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self._say("354 go on")
                self._take()
            else:
                self._say("221 bye" if word == b"QUIT" else "250 fine")

    def _take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        if not self.server.refusal:
            self.server.taken.append(message_from_bytes(b"".join(lines), policy=default))
        self._say(self.server.refusal or "250 taken")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def serving(server: BaseServer) -> Iterator[None]:
    """Let the server answer while the block lasts."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
