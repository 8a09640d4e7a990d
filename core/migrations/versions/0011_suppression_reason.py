"""Why a notification was withheld in a column of its own: until now it was the first word of `error`, a text.

The column holds the values of SuppressionReason (alerts/handling/suppression.py), empty where the row was not withheld.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_REASONS = (
    "replay", "stale", "closed", "disposed", "silenced", "maintenance", "inhibited", "folded", "unheard", "digest",
)  # fmt: skip
_OUTBOX = sa.table("outbox", sa.column("error", sa.Text), sa.column("reason", sa.String))


def upgrade() -> None:
    op.add_column("outbox", sa.Column("reason", sa.String(length=16), nullable=False, server_default=""))
    for reason in _REASONS:
        op.get_bind().execute(
            sa.update(_OUTBOX).where(_OUTBOX.c.error.startswith(f"{reason}:")).values(reason=reason)
        )


def downgrade() -> None:
    op.drop_column("outbox", "reason")
