"""What every kind of channel keeps. Kinds come from the registry; one without a rig fails."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml

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
from tests.support.channel_rigs import Rig
from tests.support.records import T0

MESSAGE = Message("msg_1", Content(event="test", desk="main", note="a <b>note</b>\r\nX-Injected: 1"))


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> ChannelKind:
    found: ChannelKind = request.param
    return found


@pytest.fixture
def rig(kind: ChannelKind, request: pytest.FixtureRequest) -> Rig:
    try:
        module = importlib.import_module(f"tests.support.channel_rigs.{kind.name}")
    except ModuleNotFoundError:
        pytest.fail(f"channel kind {kind.name!r} has no rig: add tests/support/channel_rigs/{kind.name}.py")
    found: Rig = module.rig(request)
    return found


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
    channel = opened(kind, rig.unreachable())
    with pytest.raises(ChannelUnavailable):
        channel.send(MESSAGE, T0)


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
    fields = kind.settings.model_fields
    secret = [name for name in fields if name in ("password", "secret", "token", "key", "api_key")]
    assert not [name for name in secret if fields[name].repr], "hide it: Field(repr=False)"
    [(_, entry)] = channel_settings(settings_with((kind, rig.entry())))
    for name in fields:
        assert fields[name].repr or f"{name}=" not in repr(entry)


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
    with pytest.raises(ConfigError, match="carrier: expected KIND"):
        registry.discover()


def test_what_is_refused_and_what_is_unavailable_are_different_errors() -> None:
    assert not issubclass(ChannelUnavailable, Refused) and not issubclass(Refused, ChannelUnavailable)
