"""Every metric: its name, type, labels and meaning, in one catalogue."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram, start_http_server

ARTICLES_READ: Final = Counter("newsquake_articles_read_total", "Articles read from sources", ["source"])
ARTICLES_SENT: Final = Counter(
    "newsquake_articles_sent_total", "Articles acknowledged by the broker", ["source"]
)
DUPLICATES: Final = Counter("newsquake_duplicates_total", "Repeats dropped", ["stage"])
DEAD_LETTERS: Final = Counter(
    "newsquake_dead_letters_total", "Records that could not be processed", ["stage", "reason"]
)
FETCH_ERRORS: Final = Counter("newsquake_fetch_errors_total", "Failed fetches", ["source", "error"])
JOBS_MISSED: Final = Counter("newsquake_jobs_missed_total", "Scheduled fetches that were missed", ["source"])
ARTICLES_SCORED: Final = Counter("newsquake_articles_scored_total", "Articles scored", ["language"])
CACHE_HITS: Final = Counter("newsquake_score_cache_hits_total", "Scores taken from the cache")
SHADOW: Final = Counter(
    "newsquake_shadow_texts_total", "Texts that a challenger scored in shadow", ["challenger", "outcome"]
)
SCORE_SECONDS: Final = Histogram("newsquake_score_batch_seconds", "Seconds to score a batch")
LAG: Final = Gauge("newsquake_lag_records", "Records behind the end of the log", ["stage"])
WATERMARK: Final = Gauge("newsquake_watermark_seconds", "Event time up to which panes are closed", ["desk"])
OPEN_PANES: Final = Gauge("newsquake_open_panes", "Panes not closed yet", ["desk"])
PANES_CLOSED: Final = Counter("newsquake_panes_closed_total", "Panes closed", ["desk"])
LATE: Final = Counter("newsquake_late_articles_total", "Articles later than the allowed lateness", ["desk"])
ALERT_CHANGES: Final = Counter(
    "newsquake_alert_changes_total", "Changes of an alert's state", ["desk", "state"]
)
FENCED: Final = Counter(
    "newsquake_fenced_total", "Times this process lost its lease or partitions", ["stage"]
)
CONSUMER_RECREATED: Final = Counter(
    "newsquake_consumer_recreated_total", "Consumers the watchdog replaced", ["stage"]
)
PAUSED: Final = Gauge("newsquake_paused_partitions", "Partitions paused for a person to look at", ["stage"])
OUTBOX: Final = Gauge("newsquake_outbox_waiting", "Notifications waiting to be sent", ["channel"])
NOTIFICATIONS: Final = Counter(
    "newsquake_notifications_total", "Notifications by outcome", ["channel", "outcome"]
)


def serve(port: int | None, address: str = "127.0.0.1") -> None:
    """Serve the metrics over HTTP from a background thread; does nothing where `port` is None."""
    if port is not None:
        start_http_server(port, addr=address)
