"""The ingest process: one replay, or the live sources on their schedule, until it is done or asked to stop."""

from __future__ import annotations

import structlog

from core.bus import Bus
from core.settings import Settings
from core.stage import Stage
from core.store import Store
from ingest.replay.options import ReplayOptions
from ingest.replay.progress import shown
from ingest.replay.replay import Replay

log = structlog.get_logger(__name__)


def run(
    settings: Settings, bus: Bus, store: Store, stage: Stage, replay: ReplayOptions | None = None
) -> None:
    """Work until the dump is through (stage status `done`) or the stage is asked to stop. Raises ConfigError."""
    if replay is not None:
        run_replay = Replay(settings, bus, store, stage, replay)
        with shown(stage):
            through = run_replay.run()
        if through:
            stage.report("done", force=True)
            log.info("replay through", file=str(replay.path), **stage.counters)
        return
    from ingest.live.runner import LiveRunner

    LiveRunner(settings, bus, store, stage).run()
