"""The command line that starts the page, for the local run, compose and the command `newsquake dashboard`."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.settings import Settings

CONFIG = "NEWSQUAKE_CONFIG"
"""Environment variable: the settings file."""

HEALTH = "/_stcore/health"
"""Answers `ok` when the page can be opened."""

_HERE = Path(__file__).parent
_OPTIONS: dict[str, str | int | bool] = {
    "server.headless": True,
    "server.fileWatcherType": "none",
    "server.runOnSave": False,
    "server.enableStaticServing": False,
    "server.maxUploadSize": 1,
    "server.disconnectedSessionTTL": 60,
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    # A table's own download would write texts that begin with = as formulas; ours does not.
    "client.disableDataExport": True,
    "global.suppressDeprecationWarnings": True,
    # What was sent twice is kept for two runs only: pages stand open for days.
    "global.maxCachedMessageAge": 2,
    "runner.magicEnabled": False,
    "logger.hideWelcomeMessage": True,
}


def command(settings: Settings) -> list[str]:
    """The command line. It ends on SIGTERM; the settings travel in the environment (see `environment`)."""
    options = {
        **_OPTIONS,
        "server.address": settings.dashboard.host,
        "server.port": settings.dashboard.port,
        "browser.serverAddress": settings.dashboard.host,
        **dict(_flat(tomllib.loads((_HERE / "theme.toml").read_text()))),
    }
    flags = [
        f"--{name}={value if isinstance(value, str) else json.dumps(value)}"
        for name, value in options.items()
    ]
    return [sys.executable, "-m", "streamlit", "run", str(_HERE / "app.py"), *flags]


def environment(settings: Settings, config: Path | None = None) -> dict[str, str]:
    """What the page must find in its environment, to read the same store and desk."""
    found = {
        "NEWSQUAKE_STORE__URL": settings.store.url,
        "NEWSQUAKE_ALERTS__DESK": settings.alerts.desk,
        "NEWSQUAKE_DASHBOARD__HOST": settings.dashboard.host,
        "NEWSQUAKE_DASHBOARD__PORT": str(settings.dashboard.port),
    }
    if settings.dashboard.users:
        found["NEWSQUAKE_DASHBOARD__USERS"] = json.dumps(settings.dashboard.users)
    if config is not None:
        found[CONFIG] = str(config.resolve())
    return found


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
