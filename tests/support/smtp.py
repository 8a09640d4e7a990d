"""A real SMTP server (aiosmtpd) in a process of its own: what it takes lies in a folder, one file a mail."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest

from tests.support.brokers import kafka_script

_SERVER = """
import itertools, pathlib, sys, time
from aiosmtpd.controller import Controller

folder, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])

class Handler:
    def __init__(self):
        self.numbers = itertools.count(len(list(folder.glob("*.eml"))))
    async def handle_DATA(self, server, session, envelope):
        reply = folder / "reply"
        if reply.exists():
            return reply.read_text().strip()
        number = next(self.numbers)
        part = folder / f"{number:05d}.part"
        part.write_bytes(
            f"X-Envelope-To: {', '.join(envelope.rcpt_tos)}\\r\\n".encode() + envelope.original_content
        )
        part.rename(folder / f"{number:05d}.eml")
        return "250 OK"

controller = Controller(Handler(), hostname="127.0.0.1", port=port)
controller.start()
time.sleep(86400)
"""


class SmtpServer:
    """`.host`, `.port`, `.mails()`, `.wait(n)`; `.answer("451 later")` makes it refuse; `.stop()`, `.start()`."""

    host = "127.0.0.1"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port: int = kafka_script().free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        import smtplib

        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVER, str(self.folder), str(self.port)],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + 15
        while True:
            try:
                with smtplib.SMTP(self.host, self.port, timeout=2):
                    return
            except OSError:
                assert time.monotonic() < deadline, "the mail server did not start within 15 s"
                time.sleep(0.05)

    def stop(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def answer(self, reply: str | None) -> None:
        """Answer every mail so ("554 no", "451 later"), or take them again (None)."""
        file = self.folder / "reply"
        if reply is None:
            file.unlink(missing_ok=True)
        else:
            file.write_text(reply)

    def mails(self) -> list[EmailMessage]:
        """What it took, oldest first. Header X-Envelope-To says to whom."""
        return [
            cast(EmailMessage, message_from_bytes(file.read_bytes(), policy=policy.default))
            for file in sorted(self.folder.glob("*.eml"))
        ]

    def wait(self, count: int, within_s: float = 20.0) -> list[EmailMessage]:
        """Return once it took `count` mails."""
        deadline = time.monotonic() + within_s
        while len(found := self.mails()) < count:
            assert time.monotonic() < deadline, f"{len(found)} of {count} mails after {within_s:.0f} s"
            time.sleep(0.05)
        return found


@pytest.fixture
def smtp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpServer]:
    """A mail server of this test's own, started."""
    server = SmtpServer(tmp_path_factory.mktemp("mail"))
    server.start()
    with contextlib.ExitStack() as stack:
        stack.callback(server.stop)
        yield server
