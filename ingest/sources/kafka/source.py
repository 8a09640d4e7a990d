"""Somebody else's topic of JSON records, with a field mapping. Offsets are committed behind our acknowledgement.

A kill before that commit, or a rebalance that takes a partition away, brings the records again: they have the same
origins, so they count once.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from core.bus import Bus, Consumer, open_bus
from core.bus.base import Received
from core.errors import ConfigError, Reason
from core.settings import BrokerSettings
from ingest.items.item import NewsItem
from ingest.sources.contract import PollContext, PollResult, Source
from ingest.sources.json_items import map_item
from ingest.sources.kafka.settings import KafkaSettings

RECORDS_A_POLL = 2000
PEEK_S, PEEK_RECORDS = 10.0, 200
JOIN_S = 10.0
"""A join that is asked after in small pieces may never end on the embedded broker."""


class KafkaSource(Source):
    """One topic on another system's broker. `poll` also raises Fenced, after a rebalance."""

    _spec: KafkaSettings

    def __init__(
        self,
        settings: KafkaSettings,
        folder: Path = Path(),
        connect: Callable[[BrokerSettings], Bus] = open_bus,
    ) -> None:
        super().__init__(settings, folder)
        self._connect = connect
        self._bus: Bus | None = None
        self._consumer: Consumer | None = None

    def poll(self, state: dict[str, Any], context: PollContext) -> PollResult:
        consumer = self._open()
        consumer.keepalive()
        # Once we are in the group: shorter than the time between polls, or polls would count as missed.
        wait_s = min(2.0, self._spec.every / 2000) if consumer.assignment() else JOIN_S
        records = consumer.poll(wait_s, RECORDS_A_POLL)
        items = []
        ends: dict[int, int] = {}
        for record in records:
            items.append(self._item(record))
            ends[record.partition] = record.offset + 1
        return PollResult(
            items, state, unchanged=not records, more=len(records) >= RECORDS_A_POLL,
            acknowledged=lambda: consumer.commit(ends),
        )  # fmt: skip

    def _open(self) -> Consumer:
        if self._consumer is None:
            bus = self._join()
            bus.partitions(self._spec.topic)  # one that is not there would otherwise look like a quiet one
            self._consumer = bus.consumer(self._spec.topic, group=self._spec.group)
        return self._consumer

    def _join(self) -> Bus:
        spec = self._spec
        password = os.environ.get(spec.password_env) if spec.password_env else None
        if spec.password_env and password is None:
            raise ConfigError(f"source {spec.name}: environment variable {spec.password_env} is not set")
        if self._bus is not None:
            self._bus.close()
        self._bus = self._connect(
            BrokerSettings(
                address=spec.address,
                security_protocol=spec.security_protocol,
                sasl_mechanism=spec.sasl_mechanism,
                sasl_username=spec.sasl_username,
                sasl_password=password,
                ssl_cafile=self._file(spec.ssl_cafile),
                ssl_certfile=self._file(spec.ssl_certfile),
                ssl_keyfile=self._file(spec.ssl_keyfile),
            )
        )
        return self._bus

    def check(self, state: dict[str, Any], context: PollContext) -> PollResult:
        """Return the newest records, up to PEEK_RECORDS of each partition, read outside the group: no offset changes.

        Raises ConfigError or BusUnavailable.
        """
        bus = self._join()
        consumer = bus.consumer(self._spec.topic, partitions=range(bus.partitions(self._spec.topic)))
        try:
            ends = consumer.ends()
            consumer.seek({partition: max(0, end - PEEK_RECORDS) for partition, end in ends.items()})
            wanted, result = sum(min(end, PEEK_RECORDS) for end in ends.values()), PollResult()
            deadline = time.monotonic() + PEEK_S
            while len(result.items) < wanted and time.monotonic() < deadline:
                result.items += [self._item(record) for record in consumer.poll(0.5, RECORDS_A_POLL)]
            return result
        finally:
            consumer.close()

    def _item(self, record: Received) -> NewsItem:
        place = f"{record.topic}:{record.partition}:{record.offset}"
        try:
            entry = orjson.loads(record.value)
        except orjson.JSONDecodeError as error:
            fault = (Reason.BAD_JSON, str(error))
            return NewsItem(own_id=place, raw=record.value, context={"place": place}, fault=fault)
        return _placed(map_item(entry, self._spec.fields), place)

    def rebuild(self, raw: bytes, context: Mapping[str, Any]) -> NewsItem:
        """Return the item of a dead letter. Raises ValueError where `raw` is not JSON."""
        return _placed(map_item(orjson.loads(raw), self._spec.fields), context.get("place", ""))

    def _file(self, name: str | None) -> str | None:
        return str(self._folder / name) if name else None

    def close(self) -> None:
        """Leave the group and close the connection; uncommitted records are returned again by a later poll."""
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None
        if self._bus is not None:
            self._bus.close()
            self._bus = None


def _placed(item: NewsItem, place: str) -> NewsItem:
    """Return the item with its place on the topic in its context, and as its id where it has none."""
    return replace(item, own_id=item.own_id if item.key else place, context={"place": place})
