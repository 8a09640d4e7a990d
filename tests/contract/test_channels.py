"""What every kind of channel keeps. Kinds come from the registry: one without a rig below fails."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from alerts.delivery.channels import registry
from alerts.delivery.channels.contract import Channel, ChannelKind, ChannelSettings, Message
from alerts.delivery.channels.registry import (
    KINDS,
    channel_names,
    channel_settings,
    example,
    open_channels,
)
from alerts.delivery.content import Content
from core.errors import ChannelUnavailable, ConfigError, Refused
from core.settings import Settings, load_settings
from tests.support.records import T0
from tests.support.smtp import SmtpServer

MESSAGE = Message("msg_1", Content(event="test", desk="main", note="a <b>note</b>\r\nX-Injected: 1"))


class Rig(Protocol):
    """A real receiver for one kind."""

    def entry(self) -> dict[str, Any]:
        """Return an entry of the settings that leads to the receiver."""

    def received(self) -> list[str]:
        """Return the id of each message that the receiver took."""


@dataclass
class MailRig:
    smtp: SmtpServer

    def entry(self) -> dict[str, Any]:
        return {
            "host": "127.0.0.1", "port": self.smtp.port, "tls": "none", "sender": "n@example.org",
            "recipients": ["d@example.org"], "timeout": "5s",
        }  # fmt: skip

    def received(self) -> list[str]:
        return [mail["Message-ID"].strip("<>").partition("@")[0] for mail in self.smtp.mails()]


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

    def received(self) -> list[str]:
        return self.ids


def mail_rig(request: pytest.FixtureRequest) -> Rig:
    return MailRig(request.getfixturevalue("smtp"))


def webhook_rig(request: pytest.FixtureRequest) -> Rig:
    return WebhookRig(request.getfixturevalue("httpserver"))


RIGS = {"mail": mail_rig, "webhook": webhook_rig}
"""How a test gets a real receiver of each kind."""


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> ChannelKind:
    found: ChannelKind = request.param
    return found


@pytest.fixture
def rig(kind: ChannelKind, request: pytest.FixtureRequest) -> Iterator[Rig]:
    assert kind.name in RIGS, f"channel kind {kind.name} has no rig in this file"
    yield RIGS[kind.name](request)


def settings_with(*entries: tuple[ChannelKind, dict[str, Any]]) -> Settings:
    sections: dict[str, list[dict[str, Any]]] = {}
    for kind, entry in entries:
        sections.setdefault(kind.section, []).append(entry)
    return Settings.model_validate({"delivery": sections})


def opened(kind: ChannelKind, entry: dict[str, Any]) -> Channel:
    [channel] = open_channels(settings_with((kind, entry))).values()
    return channel


def test_a_message_arrives_with_its_id_at_every_attempt(kind: ChannelKind, rig: Rig) -> None:
    channel = opened(kind, rig.entry())
    assert channel.send(MESSAGE, T0) == ""
    assert channel.send(MESSAGE, T0 + 1000) == ""
    assert rig.received() == ["msg_1", "msg_1"]


def test_the_check_of_a_working_receiver_finds_nothing_and_sends_nothing(kind: ChannelKind, rig: Rig) -> None:
    assert opened(kind, rig.entry()).check() == ""
    assert rig.received() == []


def test_a_receiver_that_is_away_is_unavailable_and_not_refused(kind: ChannelKind, rig: Rig) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    entry = rig.entry()
    entry |= {"port": port} if "port" in entry else {"url": f"http://127.0.0.1:{port}/"}
    with pytest.raises(ChannelUnavailable):
        opened(kind, entry).send(MESSAGE, T0)


def test_the_name_is_the_settings_own_and_unique(kind: ChannelKind, rig: Rig) -> None:
    named = {**rig.entry(), "name": "team"}
    settings = settings_with((kind, named), (kind, {**named, "name": "boss"}))
    assert channel_names(settings) == ["team", "boss"] == list(open_channels(settings))
    with pytest.raises(ConfigError, match="two channels are called 'team'"):
        channel_names(settings_with((kind, named), (kind, named)))


def test_an_unknown_key_of_an_entry_is_refused_with_its_line(
    kind: ChannelKind, rig: Rig, tmp_path: Path
) -> None:
    file = tmp_path / "newsquake.yaml"
    file.write_text(yaml.safe_dump({"delivery": {kind.section: [{**rig.entry(), "colour": "red"}]}}))
    line = file.read_text()[: file.read_text().index("colour")].count("\n") + 1
    settings = load_settings(file, environ={})
    with pytest.raises(
        ConfigError, match=rf"newsquake\.yaml:{line}: delivery\.{kind.section}\.0\.colour: unknown"
    ):
        channel_settings(settings)


def test_a_fault_of_the_environment_names_its_variable(
    kind: ChannelKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"NEWSQUAKE_DELIVERY__{kind.section.upper()}"
    monkeypatch.setenv(name, "[{colour: red}]")
    with pytest.raises(
        ConfigError, match=rf"environment: {name}: delivery\.{kind.section}\.0\.colour: unknown key"
    ):
        channel_settings(load_settings())


def test_secrets_are_not_printed(kind: ChannelKind, rig: Rig) -> None:
    hidden = [name for name, one in kind.settings.model_fields.items() if not one.repr]
    assert hidden, "no field of its settings is hidden (Field(repr=False))"
    [(_, entry)] = channel_settings(settings_with((kind, rig.entry())))
    for name in hidden:
        assert f"{name}=" not in repr(entry)


def test_the_example_of_init_is_valid_once_uncommented(kind: ChannelKind) -> None:
    first, *rest = kind.example.splitlines()
    assert first.strip() == f"{kind.section}: []"
    text = "delivery:\n" + "\n".join(line.replace("  # ", "  ", 1) for line in rest)
    entries = yaml.safe_load(text)["delivery"][kind.section]
    assert [kind.settings.model_validate(entry) for entry in entries]
    assert kind.example in example()


def test_doctor_has_words_for_it(kind: ChannelKind) -> None:
    assert kind.healthy and kind.remedy and issubclass(kind.settings, ChannelSettings)


def test_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"delivery\.webhok: unknown key \(did you mean webhooks\?\)"):
        channel_names(Settings.model_validate({"delivery": {"webhok": []}}))


def test_a_folder_that_is_no_complete_kind_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "carrier").mkdir()
    (tmp_path / "carrier" / "__init__.py").write_text("")
    monkeypatch.setattr(registry.package, "__path__", [*registry.package.__path__, str(tmp_path)])
    with pytest.raises(TypeError, match="carrier: expected KIND"):
        registry.discover()


def test_every_rig_is_of_a_kind() -> None:
    assert set(RIGS) == {kind.name for kind in KINDS}


def test_what_is_refused_and_what_is_unavailable_are_different_errors() -> None:
    assert not issubclass(ChannelUnavailable, Refused) and not issubclass(Refused, ChannelUnavailable)
