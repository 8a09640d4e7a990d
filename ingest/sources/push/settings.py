"""Settings of a source of kind `push`."""

from __future__ import annotations

from typing import Literal

from ingest.sources.base_settings import SourceSettings


class PushSettings(SourceSettings):
    """Articles that others send to POST /v1/articles under this source's name."""

    kind: Literal["push"]
