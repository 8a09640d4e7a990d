"""The store's tables: what is stored, under which key, and who writes it.

Times are integer milliseconds (`BigInteger`), probabilities integers in 1/10,000, JSON is text encoded by msgspec.
Decisions of a desk are keyed by desk; articles and scores are shared by all desks.
A change here needs a migration in core/migrations/versions.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()


def _time(name: str, **options: object) -> Column[int]:
    return Column(name, BigInteger, nullable=options.pop("nullable", False), **options)  # type: ignore[arg-type]


# -- what was read: written by whoever settles an origin -------------------------------------------------

origins = Table(
    "origins",
    metadata,
    Column("origin", String(80), primary_key=True),
    Column("kind", String(10), nullable=False),  # core.origins.IngestOutcome
    Column("source", String(200), nullable=False, index=True),
    Column("article_id", String(64), nullable=False, default=""),
    Column("revision", String(32), nullable=False, default=""),
    Column("reason", String(40), nullable=False, default=""),
    comment="Every origin ends as exactly one row, insert-if-absent: read = stored + duplicates + dead.",
)

articles = Table(
    "articles",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("revision", String(32), primary_key=True),
    Column("origin", String(80), nullable=False),
    Column("source", String(200), nullable=False),
    Column("publisher", String(200), nullable=False, default=""),
    Column("url", Text, nullable=False, default=""),
    Column("title", Text, nullable=False, default=""),
    Column("body", Text, nullable=False, default=""),
    Column("language", String(16), nullable=False, default=""),
    _time("published_at"),
    _time("first_seen_at"),
    _time("available_at", index=True),
    Column("extra", Text, nullable=False, default="{}"),
)

scores = Table(
    "scores",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("revision", String(32), primary_key=True),
    Column("p_negative", Integer, nullable=False),
    Column("p_neutral", Integer, nullable=False),
    Column("p_positive", Integer, nullable=False),
    Column("abstained", Boolean, nullable=False, default=False),
    Column("topics", Text, nullable=False, default="{}"),
    Column("mentions", Text, nullable=False, default="[]"),
    Column("signature", String(128), nullable=False, default=""),
    Column("language", String(16), nullable=False, default=""),
    Column("register", String(16), nullable=False, default=""),
    Column("model_version", String(80), nullable=False),
    Column("topic_threshold", Integer, nullable=False, default=5000),
    comment="The first score in log order is the one that counts (insert-if-absent).",
)

dead = Table(
    "dead",
    metadata,
    Column("origin", String(80), primary_key=True),
    Column("source", String(200), nullable=False, default=""),
    Column("topic", String(200), nullable=False, default=""),
    Column("partition", Integer, nullable=False, default=-1),
    Column("offset", BigInteger, nullable=False, default=-1),
    Column("key", Text, nullable=False, default=""),
    Column("payload", LargeBinary, nullable=False, default=b""),
    Column("payload_hash", String(64), nullable=False, default=""),
    Column("error", String(200), nullable=False, default=""),
    Column("reason", String(40), nullable=False, index=True),
    Column("detail", Text, nullable=False, default=""),
    Column("attempts", Integer, nullable=False, default=1),
    _time("at"),
    Column("status", String(16), nullable=False, default="dead"),  # core.deadletter.DeadLetterStatus
    Column(
        "context", Text, nullable=False, default="", server_default=""
    ),  # JSON, what a replay needs besides
    comment="Mirror of news.dead; what `newsquake dlq` reads.",
)

# -- ingest ------------------------------------------------------------------------------------------------

cursors = Table(
    "cursors",
    metadata,
    Column("source", String(200), primary_key=True),
    Column("state", Text, nullable=False, default="{}"),  # JSON: etag, seen ids, row, failures ...
    Column("read", BigInteger, nullable=False, default=0),  # distinct origins read so far
    Column("done", Boolean, nullable=False, default=False),
    _time("updated_at"),
    comment="Where a source stopped; stored only after the broker acknowledged its articles.",
)

pending = Table(
    "pending",
    metadata,
    Column("origin", String(80), primary_key=True),
    Column("source", String(200), nullable=False),
    Column("article", LargeBinary, nullable=False),
    comment="Acknowledged by a memory-only broker, not yet stored: sent again into a new, empty log.",
)

in_flight = Table(
    "in_flight",
    metadata,
    Column("source", String(200), primary_key=True),
    Column("origin", String(80), primary_key=True),
    comment="What a live source has sent, or is about to send, while no stored cursor counts it yet.",
)

health = Table(
    "health",
    metadata,
    Column("source", String(200), primary_key=True),
    _time("at", primary_key=True),
    Column("status", String(10), nullable=False),
    Column("expected", Float, nullable=False),
    Column("seen", Integer, nullable=False),
    _time("since"),
    Column("detail", Text, nullable=False, default=""),
    Column("proof", Text, nullable=False, default="", server_default=""),  # JSON; empty: none
)

# -- desks: everything below commits together, under the desk's lease -----------------------------------------

leases = Table(
    "leases",
    metadata,
    Column("desk", String(80), primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("holder", String(200), nullable=False),
    _time("renewed_at"),  # by the database's clock
)

positions = Table(
    "positions",
    metadata,
    Column("desk", String(80), primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("topic_id", String(80), nullable=False),
    Column("next_offset", BigInteger, nullable=False),
    _time("marker"),  # the newest marker's event time on this partition
)

desks = Table(
    "desks",
    metadata,
    Column("desk", String(80), primary_key=True),
    _time("watermark"),  # never goes back
    Column("rules_version", String(64), nullable=False, default=""),
    Column("state", LargeBinary, nullable=False, default=b""),
)

seen = Table(
    "seen",
    metadata,
    Column("desk", String(80), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("revision", String(32), primary_key=True),
    _time("available_at"),
    Column("story", String(64), nullable=False, default=""),
    Column("fate", String(12), nullable=False, default="open"),  # open | counted | revision | late
    Index("seen_story", "desk", "story"),
    Index("seen_time", "desk", "available_at"),
    comment="Which articles a desk has taken, and what became of each.",
)

stories = Table(
    "stories",
    metadata,
    Column("desk", String(80), primary_key=True),
    Column("story", String(64), primary_key=True),
    _time("first_at"),
    _time("last_at"),
    Column("articles", Integer, nullable=False, default=0),
    Column("publishers", Integer, nullable=False, default=0),
    Column("title", Text, nullable=False, default=""),
    Column("state", LargeBinary, nullable=False, default=b""),
    Index("stories_time", "desk", "last_at"),
)

panes = Table(
    "panes",
    metadata,
    Column("desk", String(80), primary_key=True),
    Column("series", String(160), primary_key=True),
    _time("start", primary_key=True),
    _time("end"),
    Column("articles", Integer, nullable=False, default=0),
    Column("stories", Integer, nullable=False, default=0),
    Column("publishers", Integer, nullable=False, default=0),
    Column("negative", Integer, nullable=False, default=0),  # stories whose majority is negative
    Column("decided", Integer, nullable=False, default=0),  # stories not abstained on
    Column(
        "sentiment_sum", BigInteger, nullable=False, default=0
    ),  # of p_positive - p_negative, over articles
    Column("state", LargeBinary, nullable=False, default=b""),  # the rest, msgpack
    Index("panes_time", "desk", "start"),
    comment="Panes as decided; they never change.",
)

corrections = Table(
    "corrections",
    metadata,
    Column("desk", String(80), primary_key=True),
    Column("series", String(160), primary_key=True),
    _time("start", primary_key=True),
    Column("articles", Integer, nullable=False, default=0),
    Column("state", LargeBinary, nullable=False, default=b""),
    comment="What came later than the allowed lateness, beside its pane.",
)

detector_state = Table(
    "detector_state",
    metadata,
    Column("desk", String(80), primary_key=True),
    Column("rule", String(160), primary_key=True),
    Column("series", String(160), primary_key=True),
    Column("state", LargeBinary, nullable=False),
)

rule_state = Table(
    "rule_state",
    metadata,
    Column("desk", String(80), primary_key=True),
    Column("rule", String(160), primary_key=True),
    Column("budget", LargeBinary, nullable=True),
    Column("timers", LargeBinary, nullable=True),
    comment="Of a rule's version on a desk: the newest snapshot of its budget, and when its series are due.",
)

fits = Table(
    "fits",
    metadata,
    Column("desk", String(80), primary_key=True),
    Column("rule", String(160), primary_key=True),
    _time("in_force_from", primary_key=True),
    Column("version", String(64), nullable=False),
    Column("fit", Text, nullable=False),
    Column("basis", String(24), nullable=False, server_default=""),  # alerts/thresholds/fit.py: FitBasis
    comment="Thresholds, priors, tails: versioned inputs with an event time from which they are in force.",
)

findings = Table(
    "findings",
    metadata,
    Column("desk", String(80), primary_key=True),
    Column("rule", String(160), primary_key=True),
    Column("series", String(160), primary_key=True),
    _time("at", primary_key=True),  # end of the window
    Column("statistic", Float, nullable=False),
    Column("p_value", Float, nullable=True),
    Column("observed", Float, nullable=True),
    Column("expected", Float, nullable=True),
    Column("low", Float, nullable=True),
    Column("high", Float, nullable=True),
    Column("breach", Boolean, nullable=False, default=False),
    Column("rule_version", String(64), nullable=True),  # None: written before it was kept
    Index("findings_time", "desk", "at"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("desk", String(80), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("rule", String(160), nullable=False),
    Column("rule_version", String(64), nullable=False),
    Column("series", String(160), nullable=False),
    Column("state", String(12), nullable=False),  # pending | firing | resolved
    Column("severity", String(12), nullable=False),
    _time("onset"),
    _time("fired_at", nullable=True),
    _time("resolved_at", nullable=True),
    Column("fired", Boolean, nullable=False, default=False),
    Column("incident", String(64), nullable=False, default=""),
    Column("state_data", LargeBinary, nullable=False, default=b""),
    Index("alerts_time", "desk", "onset"),
)

alert_lines = Table(
    "alert_lines",
    metadata,
    Column("desk", String(80), primary_key=True),
    _time("decided_at", primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("state", String(12), primary_key=True),
    Column("severity", String(12), primary_key=True),
    Column("line", Text, nullable=False),  # the line of alerts.jsonl, as it is
    Column("evidence", LargeBinary, nullable=False, default=b""),
    comment="alerts.jsonl: one row per change of state or severity of alerts that fired.",
)

handling = Table(
    "handling",
    metadata,
    Column("desk", String(80), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("acknowledged", Boolean, nullable=False, default=False),
    Column("acknowledged_by", String(200), nullable=False, default=""),
    Column("silenced", Boolean, nullable=False, default=False),
    Column("inhibited_by", String(64), nullable=False, default=""),
    Column("escalation", Integer, nullable=False, default=0),
    Column("disposition", String(20), nullable=False, default=""),  # true | false | duplicate | known
    Column("reason", Text, nullable=False, default=""),
    Column("state", Text, nullable=False, default="{}"),
    _time("updated_at"),
    comment="What people and clocks did with an alert; governs notification only.",
)

silences = Table(
    "silences",
    metadata,
    Column("desk", String(80), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("matchers", Text, nullable=False),  # JSON: {"rule": glob, "series": glob, "severity": glob}
    _time("starts_at"),
    _time("ends_at"),
    Column("reason", Text, nullable=False),
    Column("author", String(200), nullable=False),
    Column("expired", Boolean, nullable=False, default=False),
)

rule_sets = Table(
    "rule_sets",
    metadata,
    Column("desk", String(80), primary_key=True),
    Column("version", String(64), primary_key=True),
    _time("in_force_from"),
    _time("imported_at"),
    Column("source", Text, nullable=False),  # the YAML as it was
)

outbox = Table(
    "outbox",
    metadata,
    Column("desk", String(80), primary_key=True),
    Column("id", String(80), primary_key=True),  # stable: receivers drop doubles by it
    Column("channel", String(120), primary_key=True),
    Column("alert_id", String(64), nullable=False, index=True),
    Column("event", String(20), nullable=False),  # firing | severity | resolved | escalated | test
    Column("payload", Text, nullable=False),
    Column("status", String(12), nullable=False, default="pending"),  # pending|sent|refused|expired|withheld
    Column("attempts", Integer, nullable=False, default=0),
    _time("not_before"),
    _time("created_at"),
    _time("sent_at", nullable=True),
    Column("error", Text, nullable=False, default=""),
    Column("reason", String(16), nullable=False, default=""),  # of withheld: a SuppressionReason
    Index("outbox_due", "desk", "status", "not_before"),
)

channels = Table(
    "channels",
    metadata,
    Column("desk", String(80), primary_key=True),
    Column("channel", String(120), primary_key=True),
    Column("status", String(12), nullable=False, default="ok"),  # ok | failing | throttled | disabled
    _time("since"),
    Column("failures", Integer, nullable=False, default=0),  # in a row
    _time("not_before"),
    Column("detail", Text, nullable=False, default=""),
    comment="How each way to people and machines is doing; written by delivery.",
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("desk", String(80), nullable=False),
    _time("at"),
    Column("actor", String(200), nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("detail", Text, nullable=False, default="{}"),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    comment="Hash-chained: hash = sha256(previous_hash, at, desk, actor, action, subject, detail).",
)

feedback = Table(
    "feedback",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    _time("at"),
    Column("actor", String(200), nullable=False),
    Column("article_id", String(64), nullable=False),
    Column("revision", String(32), nullable=False, default=""),
    Column("field", String(40), nullable=False),  # sentiment | topic | entity
    Column("value", Text, nullable=False),
    Column("reason", Text, nullable=False, default=""),
)

# -- operations --------------------------------------------------------------------------------------------------

stages = Table(
    "stages",
    metadata,
    Column("stage", String(40), primary_key=True),  # ingest | classifier | alerts | delivery | dashboard
    Column("instance", String(120), primary_key=True),
    Column("status", String(20), nullable=False, default="running"),
    Column("counters", Text, nullable=False, default="{}"),  # JSON of numbers
    _time("updated_at"),
    comment="What each running stage says of itself, once a second; the live status reads it.",
)

shadow_scores = Table(
    "shadow_scores",
    metadata,
    Column("champion", String(60), primary_key=True),
    Column("challenger", String(60), primary_key=True),
    Column("text_key", String(64), primary_key=True),
    Column("article_id", String(64), nullable=False),
    Column("language", String(16), nullable=False, default=""),
    _time("at"),
    Column("sentiment", String(8), nullable=False),
    Column("other_sentiment", String(8), nullable=False),
    Column("abstained", Boolean, nullable=False),
    Column("other_abstained", Boolean, nullable=False),
    Column("distance", Integer, nullable=False),  # total variation of the two sentiments, 0..10,000
    Column("topics_changed", Integer, nullable=False),
    comment="What a challenger in shadow said beside the champion; written by the classifier, decides nothing.",
)

tokens = Table(
    "tokens",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("scopes", String(200), nullable=False),
    Column("rate_per_minute", Integer, nullable=False, default=600),
    _time("created_at"),
    Column("revoked", Boolean, nullable=False, default=False),
)
