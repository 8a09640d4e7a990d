"""Origins in flight in a table of their own: they stood as JSON lists among the cursors, under `hand:SOURCE`."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_PREFIX = "hand:"
_CURSORS = sa.table(
    "cursors",
    sa.column("source", sa.String),
    sa.column("state", sa.Text),
    sa.column("read", sa.BigInteger),
    sa.column("done", sa.Boolean),
    sa.column("updated_at", sa.BigInteger),
)
_IN_FLIGHT = sa.table("in_flight", sa.column("source", sa.String), sa.column("origin", sa.String))


def upgrade() -> None:
    op.create_table(
        "in_flight",
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("origin", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("source", "origin"),
        comment="What a live source has sent, or is about to send, while no stored cursor counts it yet.",
    )
    connection = op.get_bind()
    theirs = _CURSORS.c.source.startswith(_PREFIX, autoescape=True)
    rows = connection.execute(sa.select(_CURSORS.c.source, _CURSORS.c.state).where(theirs)).all()
    found = [
        {"source": row.source.removeprefix(_PREFIX), "origin": origin}
        for row in rows
        for origin in dict.fromkeys(json.loads(row.state))
    ]
    if found:
        op.bulk_insert(_IN_FLIGHT, found)
    connection.execute(sa.delete(_CURSORS).where(theirs))


def downgrade() -> None:
    by_source: dict[str, list[str]] = {}
    for row in op.get_bind().execute(
        sa.select(_IN_FLIGHT).order_by(_IN_FLIGHT.c.source, _IN_FLIGHT.c.origin)
    ):
        by_source.setdefault(row.source, []).append(row.origin)
    rows = [
        {
            "source": f"{_PREFIX}{source}",
            "state": json.dumps(found),
            "read": 0,
            "done": False,
            "updated_at": 0,
        }
        for source, found in by_source.items()
    ]
    if rows:
        op.bulk_insert(_CURSORS, rows)
    op.drop_table("in_flight")
