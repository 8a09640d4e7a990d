"""Budgets and timers of rules in a table of their own: they stood among detectors' states under invented series' names.

Under the series "(budget)" stood the snapshot of a rule's budget, under "(timers)" when its series are due; the bytes
are the same as before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"

_COLUMNS = {"budget": "(budget)", "timers": "(timers)"}


def upgrade() -> None:
    op.create_table(
        "rule_state",
        sa.Column("desk", sa.String(length=80), nullable=False),
        sa.Column("rule", sa.String(length=160), nullable=False),
        sa.Column("budget", sa.LargeBinary(), nullable=True),
        sa.Column("timers", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("desk", "rule"),
        comment="Of a rule's version on a desk: the newest snapshot of its budget, and when its series are due.",
    )
    op.execute(
        "INSERT INTO rule_state (desk, rule) "
        "SELECT DISTINCT desk, rule FROM detector_state WHERE series IN ('(budget)', '(timers)')"
    )
    for column, series in _COLUMNS.items():
        op.execute(
            f"UPDATE rule_state SET {column} = (SELECT old.state FROM detector_state AS old "
            f"WHERE old.desk = rule_state.desk AND old.rule = rule_state.rule AND old.series = '{series}')"
        )
    op.execute("DELETE FROM detector_state WHERE series IN ('(budget)', '(timers)')")


def downgrade() -> None:
    for column, series in _COLUMNS.items():
        op.execute(
            f"INSERT INTO detector_state (desk, rule, series, state) "
            f"SELECT desk, rule, '{series}', {column} FROM rule_state WHERE {column} IS NOT NULL"
        )
    op.drop_table("rule_state")
