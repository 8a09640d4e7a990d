"""The watermark never goes back, waits for the slowest living writer and survives a restart."""

from __future__ import annotations

import msgspec

from alerts.engine.watermark import NEVER, Watermark
from alerts.testing import START
from core.records import Marker
from core.times import DAY, MINUTE


def test_clock_that_jumps_back_moves_no_watermark():
    watermark = Watermark(1, MINUTE)
    assert watermark.on_marker(0, Marker(writer="w", t=START)) == START - MINUTE
    assert watermark.on_marker(0, Marker(writer="w", t=START - DAY)) == START - MINUTE


def test_slowest_living_writer_holds_and_an_ended_one_does_not():
    watermark = Watermark(1, 0)
    watermark.on_marker(0, Marker(writer="fast", t=START + DAY))
    watermark.on_marker(0, Marker(writer="slow", t=START))
    assert (
        watermark.at == START + DAY
    )  # the slow one came when the fast one alone had moved it: it never goes back
    watermark.on_marker(0, Marker(writer="fast", t=START + 3 * DAY))
    assert watermark.at == START + DAY
    watermark.on_marker(0, Marker(writer="slow", t=START + 2 * DAY, end=True))
    assert watermark.at == START + 3 * DAY and not watermark.ended
    watermark.on_marker(0, Marker(writer="fast", t=START + 4 * DAY, end=True))
    assert watermark.at == START + 4 * DAY and watermark.ended


def test_partition_without_a_marker_holds_everything():
    watermark = Watermark(2, 0)
    assert watermark.on_marker(0, Marker(writer="w", t=START)) < NEVER + 1 and not watermark.ended


def test_markers_survive_a_restart_and_another_log_voids_them():
    watermark = Watermark(2, 0)
    for partition in range(2):
        watermark.on_marker(partition, Marker(writer="w", t=START))
    again = Watermark(2, 0)
    again.load(msgspec.msgpack.decode(msgspec.msgpack.encode(watermark.dump())))
    assert again.at == START and again.newest(1) == START
    again.forget_writers()
    assert again.at == START and again.newest(1) == NEVER
