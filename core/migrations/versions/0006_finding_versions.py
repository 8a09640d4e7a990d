"""Which version of its rule a finding is of: another version's statistic is no history of this one's.

Findings of before have none; they count as history of whichever version runs, as they did.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("findings", sa.Column("rule_version", sa.String(64), nullable=True))


def downgrade() -> None:
    op.drop_column("findings", "rule_version")
