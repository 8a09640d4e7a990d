"""Real brokers: the embedded one, fresh per test, and Apache Kafka, one per session with its topics wiped per test."""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from core.bus.base import DEAD, EVENTS, RAW, SCORED
from newsquake.broker import EmbeddedBroker

ROOT = Path(__file__).resolve().parents[2]
TOPICS = (RAW, SCORED, DEAD, EVENTS)


def kafka_script() -> ModuleType:
    """scripts/kafka.py as a module."""
    name = "newsquake_kafka_script"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / "kafka.py")
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


def unavailable(what: str) -> None:
    """Skip with the reason; in CI that is a failure, since CI must have it."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must have it: {what}")
    pytest.skip(what)


@pytest.fixture
def tansu() -> Iterator[EmbeddedBroker]:
    """An embedded broker of this test's own, started. `.address`, `.kill()`, `.start()` (empty again)."""
    broker = EmbeddedBroker()
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def kafka_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an Apache Kafka: NEWSQUAKE_TEST_KAFKA, else one of this session's own."""
    if named := os.environ.get("NEWSQUAKE_TEST_KAFKA"):
        yield named
        return
    script = kafka_script()
    try:
        server = script.JavaKafka(tmp_path_factory.mktemp("kafka"))
        address = server.start()
    except script.NoKafka as error:
        unavailable(str(error))
        return
    yield address
    server.stop()


@pytest.fixture
def kafka(kafka_server: str) -> Iterator[str]:
    """The address of Apache Kafka without any of our topics."""
    wipe(kafka_server)
    yield kafka_server
    wipe(kafka_server)


def wipe(address: str) -> None:
    """Delete our topics (with them go the groups' offsets) and wait until they are gone."""
    from kafka.admin import KafkaAdminClient

    admin = KafkaAdminClient(bootstrap_servers=[address])
    try:
        if there := sorted(set(admin.list_topics()) & set(TOPICS)):
            admin.delete_topics(there)
        deadline = time.monotonic() + 20
        while set(admin.list_topics()) & set(TOPICS):
            assert time.monotonic() < deadline, "topics are still there after 20 s"
            time.sleep(0.1)
    finally:
        admin.close()


@pytest.fixture(params=["tansu", pytest.param("kafka", marks=pytest.mark.kafka)])
def broker_address(request: pytest.FixtureRequest) -> str:
    """The address of a real broker: the test runs once on each."""
    broker = request.getfixturevalue(request.param)
    return broker if isinstance(broker, str) else broker.address
