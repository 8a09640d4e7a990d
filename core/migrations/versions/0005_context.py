"""What a dead letter's source needs besides the original bytes to make the article again."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("dead", sa.Column("context", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("dead", "context")
