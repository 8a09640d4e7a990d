"""What a challenger in shadow said beside the champion."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "shadow_scores",
        sa.Column("champion", sa.String(length=60), nullable=False),
        sa.Column("challenger", sa.String(length=60), nullable=False),
        sa.Column("text_key", sa.String(length=64), nullable=False),
        sa.Column("article_id", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("sentiment", sa.String(length=8), nullable=False),
        sa.Column("other_sentiment", sa.String(length=8), nullable=False),
        sa.Column("abstained", sa.Boolean(), nullable=False),
        sa.Column("other_abstained", sa.Boolean(), nullable=False),
        sa.Column("distance", sa.Integer(), nullable=False),
        sa.Column("topics_changed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("champion", "challenger", "text_key"),
        comment="What a challenger in shadow said beside the champion; written by the classifier, decides nothing.",
    )


def downgrade() -> None:
    op.drop_table("shadow_scores")
