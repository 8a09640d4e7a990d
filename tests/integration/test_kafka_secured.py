"""Somebody else's topic behind SASL and TLS, on a real Apache Kafka with certificates made here."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from core.bus import open_bus
from core.bus.base import RAW
from core.errors import BusUnavailable, ConfigError
from core.settings import BrokerSettings, load_settings
from ingest.sources.contract import PollContext
from ingest.sources.kafka.source import KafkaSource
from ingest.sources.loading import load_sources
from ingest.sources.registry import create_source
from ingest.web.fetch import Fetcher
from tests.support.brokers import kafka_script, unavailable
from tests.support.records import article

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]
NOW = 1_700_000_000_000
MODULE = "org.apache.kafka.common.security"
EXTRA = """listeners=PLAINTEXT://127.0.0.1:{{port}},CONTROLLER://127.0.0.1:{{controller}},SASL_SSL://127.0.0.1:{sasl_ssl},\
SASL_PLAINTEXT://127.0.0.1:{sasl},SSL://127.0.0.1:{ssl}
advertised.listeners=PLAINTEXT://127.0.0.1:{{port}},SASL_SSL://127.0.0.1:{sasl_ssl},SASL_PLAINTEXT://127.0.0.1:{sasl},\
SSL://127.0.0.1:{ssl}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,\
SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
ssl.keystore.type=PKCS12
ssl.keystore.location={folder}/broker.p12
ssl.keystore.password=changeit
"""


@dataclass
class Secured:
    """A broker with an open door for the test and three locked ones."""

    plain: str
    doors: dict[str, str]
    folder: Path


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("secured")
    script = kafka_script()
    keys = ["keytool", "-keystore", str(folder / "broker.p12"), "-storepass", "changeit", "-alias", "broker"]
    name = ["-dname", "CN=127.0.0.1", "-ext", "san=ip:127.0.0.1", "-validity", "2", "-storetype", "PKCS12"]
    try:
        for arguments in (
            [*keys, "-genkeypair", "-keyalg", "EC", *name],
            [*keys, "-exportcert", "-rfc", "-file", str(folder / "ca.pem")],
        ):
            subprocess.run(arguments, check=True, capture_output=True, timeout=60)
        ports = {door: script.free_port() for door in ("sasl_ssl", "sasl", "ssl")}
        extra = EXTRA.format(folder=folder, **ports)
        for listener in ("sasl_ssl", "sasl_plaintext"):
            login = f"listener.name.{listener}."
            extra += f'{login}plain.sasl.jaas.config={MODULE}.plain.PlainLoginModule required user_desk="geheim";\n'
            for scram in ("scram-sha-256", "scram-sha-512"):
                extra += f"{login}{scram}.sasl.jaas.config={MODULE}.scram.ScramLoginModule required;\n"
        users = tuple(
            word
            for scram in ("SCRAM-SHA-256", "SCRAM-SHA-512")
            for word in ("--add-scram", f"{scram}=[name=desk,password=geheim]")
        )
        server = script.JavaKafka(folder / "kafka", extra=extra, users=users)
        plain = server.start()
    except (OSError, script.NoKafka) as error:
        unavailable(str(error))
        return
    yield Secured(plain, {door: f"127.0.0.1:{port}" for door, port in ports.items()}, folder)
    server.stop()


LOCKED = [
    ("ssl", {"security_protocol": "SSL", "ssl_cafile": "ca.pem"}),
    ("sasl", {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN"}),
    ("sasl", {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "SCRAM-SHA-256"}),
    ("sasl_ssl", {"security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512", "ssl_cafile": "ca.pem"}),
]  # fmt: skip


def publish(secured: Secured, topic: str, count: int, first: int = 0) -> None:
    """Their news, through the open door."""
    admin = KafkaAdminClient(bootstrap_servers=[secured.plain])
    if topic not in admin.list_topics():
        admin.create_topics([NewTopic(topic, 2, 1)])
    admin.close()
    producer = KafkaProducer(bootstrap_servers=[secured.plain])
    for number in range(first, first + count):
        news = {"key": str(number), "headline": f"Story {number}", "time": "2023-11-01T10:00:00Z"}
        producer.send(topic, json.dumps(news).encode())
    producer.close()


def poll(secured: Secured, door: str, options: dict[str, str], group: str, until: int) -> list[str]:
    """Titles that a `kafka` source of the settings brings within 30 s."""
    source = {
        "name": "s", "kind": "kafka", "address": secured.doors[door], "topic": group, "group": group,
        "fields": {"id": "key", "title": "headline", "published_at": "time"}, **options,
    }  # fmt: skip
    if options["security_protocol"].startswith("SASL"):
        source |= {"sasl_username": "desk", "password_env": "THEIR_PASSWORD"}
    [spec] = load_sources(load_settings(None, {"ingest": {"sources": [source]}}, environ={}))
    made = create_source(spec, secured.folder)
    assert isinstance(made, KafkaSource)
    made._connect = lambda settings: open_bus(settings.model_copy(update={"connect_timeout_s": 2}))
    titles: list[str] = []
    deadline = time.monotonic() + 30
    try:
        while len(titles) < until and time.monotonic() < deadline:
            found = made.poll({}, PollContext(Fetcher(user_agent="t"), NOW, lambda key, mark="": False))
            titles += [item.title for item in found.items]
            assert found.acknowledged is not None
            found.acknowledged()
    finally:
        made.close()
    return titles


@pytest.mark.parametrize(("door", "options"), LOCKED)
def test_a_locked_topic_is_read_and_its_place_kept(
    secured: Secured, door: str, options: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THEIR_PASSWORD", "geheim")
    group = "-".join((door, *options.values())).replace("_", "-")
    publish(secured, group, 50)
    assert sorted(poll(secured, door, options, group, 50)) == sorted(f"Story {n}" for n in range(50))
    publish(secured, group, 1, first=50)
    assert poll(secured, door, options, group, 1) == ["Story 50"], "what was committed does not come again"


@pytest.mark.parametrize(("door", "options"), LOCKED[1:])
def test_a_wrong_password_is_said(
    secured: Secured, door: str, options: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THEIR_PASSWORD", "falsch")
    with pytest.raises((BusUnavailable, ConfigError), match=r"(?i)authentication") as caught:
        poll(secured, door, options, "g", 1)
    assert "falsch" not in str(caught.value)
    monkeypatch.delenv("THEIR_PASSWORD")
    with pytest.raises(ConfigError, match="THEIR_PASSWORD is not set"):
        poll(secured, door, options, "g", 1)


def test_a_certificate_that_nobody_we_know_signed_is_refused(secured: Secured) -> None:
    with pytest.raises((BusUnavailable, ConfigError), match=r"(?i)certificate"):
        poll(secured, "ssl", {"security_protocol": "SSL"}, "g", 1)


def test_our_own_topics_work_behind_both(secured: Secured) -> None:
    settings = BrokerSettings(
        address=secured.doors["sasl_ssl"], security_protocol="SASL_SSL", sasl_mechanism="SCRAM-SHA-512",
        sasl_username="desk", sasl_password="geheim", ssl_cafile=str(secured.folder / "ca.pem"),
    )  # fmt: skip
    bus = open_bus(settings)
    bus.ensure_topics(2)
    producer = bus.producer()
    for number in range(200):
        producer.send(RAW, article(number), key=str(number), partition=number % 2)
    producer.flush()
    producer.close()
    consumer = bus.consumer(RAW, partitions=[0, 1])
    seen = 0
    deadline = time.monotonic() + 30
    while seen < 200 and time.monotonic() < deadline:
        seen += len(consumer.poll(1.0, 1000))
    consumer.close()
    bus.close()
    assert seen == 200
