"""Sources of kind `push`: articles that arrive at POST /v1/articles (ingest/push)."""

from ingest.sources.contract import SourceKind
from ingest.sources.push.settings import PushSettings

KIND = SourceKind(PushSettings, None, passive="waits for POST /v1/articles")
