"""An HTTP server on this machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.support.channel_rigs import Rig, free_port


@dataclass
class WebhookRig:
    server: HTTPServer
    ids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        def answer(request: Request) -> Response:
            request.get_data()
            self.ids.append(request.headers["webhook-id"])
            return Response("ok")

        self.server.expect_request("/hook", method="POST").respond_with_handler(answer)

    def entry(self) -> dict[str, Any]:
        return {
            "url": self.server.url_for("/hook"), "secret": "whsec_" + "A" * 32, "timeout": "5s",
            "allow_private_addresses": ["127.0.0.0/8", "localhost", "::1"],
        }  # fmt: skip

    def unreachable(self) -> dict[str, Any]:
        return self.entry() | {"url": f"http://127.0.0.1:{free_port()}/"}

    def received(self) -> list[str]:
        return self.ids


def rig(request: pytest.FixtureRequest) -> Rig:
    return WebhookRig(request.getfixturevalue("httpserver"))
