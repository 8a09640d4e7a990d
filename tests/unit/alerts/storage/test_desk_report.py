"""A desk reports that no marker has come for too long."""

from __future__ import annotations

import pytest

from alerts.testing import START
from core.records import Marker
from core.settings import Settings
from core.times import MINUTE
from tests.support.worker_runs import send, some, work


@pytest.mark.logs_errors
def test_missing_markers_are_said_aloud(bus, store):
    settings = Settings().model_copy(
        update={"alerts": Settings().alerts.model_copy(update={"stalled_after": 100})}
    )
    send(bus, *some(), Marker(writer="w", t=START + MINUTE))
    stage = work(bus, store, until=lambda stage: stage.status == "pipeline_stalled", settings=settings)
    assert stage.status == "pipeline_stalled"
