"""A mail server on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.channel_rigs import Rig, free_port
from tests.support.smtp import SmtpServer


@dataclass
class MailRig:
    smtp: SmtpServer

    def entry(self) -> dict[str, Any]:
        return {
            "host": "127.0.0.1", "port": self.smtp.port, "tls": "none", "sender": "n@example.org",
            "recipients": ["d@example.org"], "timeout": "5s",
        }  # fmt: skip

    def unreachable(self) -> dict[str, Any]:
        return self.entry() | {"port": free_port()}

    def received(self) -> list[str]:
        return [mail["Message-ID"].strip("<>").partition("@")[0] for mail in self.smtp.mails()]


def rig(request: pytest.FixtureRequest) -> Rig:
    return MailRig(request.getfixturevalue("smtp"))
