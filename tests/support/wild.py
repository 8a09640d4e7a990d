"""A raw HTTP server for tests: each path does what a test says, however wrong, and a fetcher that may reach it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

from ingest.web.fetch import Fetcher

FEED = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>'
    + b"".join(
        b"<item><guid>%d</guid><title>Item %d</title><description>Text of item %d</description></item>"
        % (n, n, n)
        for n in range(50)
    )
    + b"</channel></rss>"
)


def ok(body: bytes, *headers: str, length: int | None = None) -> bytes:
    lines = [
        "HTTP/1.1 200 OK",
        f"Content-Length: {len(body) if length is None else length}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Wild:
    """A server on a raw socket: each path has a function that gets the connection."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.paths: dict[str, Callable[[socket.socket], None]] = {}
        self.asked: list[str] = []
        self.stopping = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def answer(self, path: str, data: bytes) -> str:
        self.paths[path] = lambda connection: connection.sendall(data)
        return self.url(path)

    def does(self, path: str, act: Callable[[socket.socket], None]) -> str:
        self.paths[path] = act
        return self.url(path)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        try:
            request = b""
            while b"\r\n\r\n" not in request:
                if not (chunk := connection.recv(65536)):
                    return
                request += chunk
            path = request.split(b" ", 2)[1].decode()
            self.asked.append(request.decode("latin-1"))
            act = self.paths.get(path)
            if act is None:
                connection.sendall(
                    b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )
            else:
                act(connection)
        except OSError:
            pass
        finally:
            connection.close()


def fetcher(**options: object) -> Fetcher:
    settings: dict[str, object] = {
        "user_agent": "Newsquake/test", "allow_private": ["127.0.0.1"], "host_delay_s": 0.0, "timeout_s": 2.0,
        "max_bytes": 1 << 20,
    }  # fmt: skip
    return Fetcher(**{**settings, **options})  # type: ignore[arg-type]
