"""What a source's health is told from: its rhythm, or the shape of its newest items."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("health", sa.Column("proof", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("health", "proof")
