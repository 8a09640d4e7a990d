"""What a fit rests on in a column of its own: until now it had to be read from the fit's `method`, a text for people.

The column holds the values of FitBasis (alerts/thresholds/fit.py). The fits themselves stay as they are.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_FITS = sa.table(
    "fits",
    sa.column("desk", sa.String),
    sa.column("rule", sa.String),
    sa.column("in_force_from", sa.BigInteger),
    sa.column("fit", sa.Text),
    sa.column("basis", sa.String),
)


def upgrade() -> None:
    op.add_column("fits", sa.Column("basis", sa.String(length=24), nullable=False, server_default=""))
    connection = op.get_bind()
    for row in connection.execute(sa.select(_FITS)).all():
        mine = (
            (_FITS.c.desk == row.desk)
            & (_FITS.c.rule == row.rule)
            & (_FITS.c.in_force_from == row.in_force_from)
        )
        basis = _basis(json.loads(row.fit).get("method", ""))
        connection.execute(sa.update(_FITS).where(mine).values(basis=basis))


def downgrade() -> None:
    op.drop_column("fits", "basis")


def _basis(method: str) -> str:
    if "parametric tail" in method:
        if "no history yet" in method:
            return "initial"
        return "raised" if ", raised:" in method else "little_history"
    if method.startswith("conservative tail"):
        return "conservative"
    if method.startswith("proven by"):
        return "proven"
    return "within_budget" if method.startswith("every episode") else "peaks"
