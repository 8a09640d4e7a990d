"""How each channel is doing. (A new store has the table from 0001, which makes whatever core/tables.py says.)"""

from alembic import op

from core.tables import channels

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    channels.create(op.get_bind(), checkfirst=True)


def downgrade() -> None:
    channels.drop(op.get_bind())
