"""The first tables, as they stood when this was frozen: later changes are migrations of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "alert_lines",
        sa.Column("desk", sa.String(length=80), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("severity", sa.String(length=12), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "decided_at", "id", "state", "severity"),
        comment="alerts.jsonl: one row per change of state or severity of alerts that fired.",
    )
    op.create_table(
        "alerts",
        sa.Column("desk", sa.String(length=80), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.String(length=160), nullable=False),
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column("series", sa.String(length=160), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("severity", sa.String(length=12), nullable=False),
        sa.Column("onset", sa.BigInteger(), nullable=False),
        sa.Column("fired_at", sa.BigInteger(), nullable=True),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("fired", sa.Boolean(), nullable=False),
        sa.Column("incident", sa.String(length=64), nullable=False),
        sa.Column("state_data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "id"),
    )
    op.create_index("alerts_time", "alerts", ["desk", "onset"], unique=False)
    op.create_table(
        "articles",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.String(length=32), nullable=False),
        sa.Column("origin", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("publisher", sa.String(length=200), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("available_at", sa.BigInteger(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "revision"),
    )
    op.create_index(op.f("ix_articles_available_at"), "articles", ["available_at"], unique=False)
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("desk", sa.String(length=80), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("hash"),
        comment="Hash-chained: hash = sha256(previous_hash, at, desk, actor, action, subject, detail).",
    )
    op.create_table(
        "corrections",
        sa.Column("desk", sa.String(length=80), nullable=False),
        sa.Column("series", sa.String(length=160), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "series", "start"),
        comment="What came later than the allowed lateness, beside its pane.",
    )
    op.create_table(
        "cursors",
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("read", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source"),
        comment="Where a source stopped; stored only after the broker acknowledged its articles.",
    )
    op.create_table(
        "dead",
        sa.Column("origin", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("topic", sa.String(length=200), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("payload_hash", sa.String(length=64), nullable=False),
        sa.Column("error", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("origin"),
        comment="Mirror of news.dead; what `newsquake dlq` reads.",
    )
    op.create_index(op.f("ix_dead_reason"), "dead", ["reason"], unique=False)
    op.create_table(
        "desks",
        sa.Column("desk", sa.String(length=80), nullable=False),
        sa.Column("watermark", sa.BigInteger(), nullable=False),
        sa.Column("rules_version", sa.String(length=64), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("desk"),
    )
    op.create_table(
        "detector_state",
        sa.Column("desk", sa.String(length=80), nullable=False),
        sa.Column("rule", sa.String(length=160), nullable=False),
        sa.Column("series", sa.String(length=160), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "rule", "series"),
    )
    op.create_table(
        "feedback",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("article_id", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "findings",
        sa.Column("desk", sa.String(length=80), nullable=False),
        sa.Column("rule", sa.String(length=160), nullable=False),
        sa.Column("series", sa.String(length=160), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("statistic", sa.Float(), nullable=False),
        sa.Column("p_value", sa.Float(), nullable=True),
        sa.Column("observed", sa.Float(), nullable=True),
        sa.Column("expected", sa.Float(), nullable=True),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.Column("breach", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "rule", "series", "at"),
    )
    op.create_index("findings_time", "findings", ["desk", "at"], unique=False)
    op.create_table(
        "fits",
        sa.Column("desk", sa.String(length=80), nullable=False),
        sa.Column("rule", sa.String(length=160), nullable=False),
        sa.Column("in_force_from", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("fit", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "rule", "in_force_from"),
        comment="Thresholds, priors, tails: versioned inputs with an event time from which they are in force.",
    )
    op.create_table(
        "handling",
        sa.Column("desk", sa.String(length=80), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("acknowledged", sa.Boolean(), nullable=False),
        sa.Column("acknowledged_by", sa.String(length=200), nullable=False),
        sa.Column("silenced", sa.Boolean(), nullable=False),
        sa.Column("inhibited_by", sa.String(length=64), nullable=False),
        sa.Column("escalation", sa.Integer(), nullable=False),
        sa.Column("disposition", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "id"),
        comment="What people and clocks did with an alert; governs notification only.",
    )
    op.create_table(
        "health",
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "at"),
    )
    op.create_table(
        "leases",
        sa.Column("desk", sa.String(length=80), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("renewed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("desk"),
    )
    op.create_table(
        "origins",
        sa.Column("origin", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("article_id", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("origin"),
        comment="Every origin ends as exactly one row, insert-if-absent: read = stored + duplicates + dead.",
    )
    op.create_index(op.f("ix_origins_source"), "origins", ["source"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("desk", sa.String(length=80), nullable=False),
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("channel", sa.String(length=120), nullable=False),
        sa.Column("alert_id", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "id", "channel"),
    )
    op.create_index(op.f("ix_outbox_alert_id"), "outbox", ["alert_id"], unique=False)
    op.create_index("outbox_due", "outbox", ["desk", "status", "not_before"], unique=False)
    op.create_table(
        "panes",
        sa.Column("desk", sa.String(length=80), nullable=False),
        sa.Column("series", sa.String(length=160), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("stories", sa.Integer(), nullable=False),
        sa.Column("publishers", sa.Integer(), nullable=False),
        sa.Column("negative", sa.Integer(), nullable=False),
        sa.Column("decided", sa.Integer(), nullable=False),
        sa.Column("sentiment_sum", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "series", "start"),
        comment="Panes as decided; they never change.",
    )
    op.create_index("panes_time", "panes", ["desk", "start"], unique=False)
    op.create_table(
        "pending",
        sa.Column("origin", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("article", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("origin"),
        comment="Acknowledged by a memory-only broker, not yet stored: sent again into a new, empty log.",
    )
    op.create_table(
        "positions",
        sa.Column("desk", sa.String(length=80), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.String(length=80), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("marker", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "partition"),
    )
    op.create_table(
        "rule_sets",
        sa.Column("desk", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("in_force_from", sa.BigInteger(), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "version"),
    )
    op.create_table(
        "scores",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.String(length=32), nullable=False),
        sa.Column("p_negative", sa.Integer(), nullable=False),
        sa.Column("p_neutral", sa.Integer(), nullable=False),
        sa.Column("p_positive", sa.Integer(), nullable=False),
        sa.Column("abstained", sa.Boolean(), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("mentions", sa.Text(), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("register", sa.String(length=16), nullable=False),
        sa.Column("model_version", sa.String(length=80), nullable=False),
        sa.Column("topic_threshold", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", "revision"),
        comment="The first score in log order is the one that counts (insert-if-absent).",
    )
    op.create_table(
        "seen",
        sa.Column("desk", sa.String(length=80), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.String(length=32), nullable=False),
        sa.Column("available_at", sa.BigInteger(), nullable=False),
        sa.Column("story", sa.String(length=64), nullable=False),
        sa.Column("fate", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("desk", "id", "revision"),
        comment="Which articles a desk has taken, and what became of each.",
    )
    op.create_index("seen_story", "seen", ["desk", "story"], unique=False)
    op.create_index("seen_time", "seen", ["desk", "available_at"], unique=False)
    op.create_table(
        "silences",
        sa.Column("desk", sa.String(length=80), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("matchers", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("expired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "id"),
    )
    op.create_table(
        "stages",
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("instance", sa.String(length=120), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("counters", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stage", "instance"),
        comment="What each running stage says of itself, once a second; the live status reads it.",
    )
    op.create_table(
        "stories",
        sa.Column("desk", sa.String(length=80), nullable=False),
        sa.Column("story", sa.String(length=64), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("publishers", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "story"),
    )
    op.create_index("stories_time", "stories", ["desk", "last_at"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("rate_per_minute", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )


def downgrade() -> None:
    op.drop_table("alert_lines")
    op.drop_table("alerts")
    op.drop_table("articles")
    op.drop_table("audit")
    op.drop_table("corrections")
    op.drop_table("cursors")
    op.drop_table("dead")
    op.drop_table("desks")
    op.drop_table("detector_state")
    op.drop_table("feedback")
    op.drop_table("findings")
    op.drop_table("fits")
    op.drop_table("handling")
    op.drop_table("health")
    op.drop_table("leases")
    op.drop_table("origins")
    op.drop_table("outbox")
    op.drop_table("panes")
    op.drop_table("pending")
    op.drop_table("positions")
    op.drop_table("rule_sets")
    op.drop_table("scores")
    op.drop_table("seen")
    op.drop_table("silences")
    op.drop_table("stages")
    op.drop_table("stories")
    op.drop_table("tokens")
