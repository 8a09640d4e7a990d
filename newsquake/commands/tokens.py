"""Commands for the bearer tokens of the HTTP API."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Annotated

import typer

from core.errors import ConfigError
from newsquake.commands.options import Config, StoreUrl, settings_of


def tokens_create(
    name: Annotated[str, typer.Argument(help="The token's owner.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="push, read, handle; may be given several times.")
    ] = None,
    rate: Annotated[int, typer.Option(help="Requests a minute.")] = 600,
    config: Config = None,
    store: StoreUrl = None,
) -> None:
    """Create a token. It is shown once; the store keeps only its hash."""
    from core.store import open_store
    from core.tables import tokens

    scope = scope or ["read"]
    if unknown := set(scope) - {"push", "read", "handle"}:
        raise ConfigError(f"unknown scope {sorted(unknown)}: expected push, read, handle")
    token = "nq_" + secrets.token_urlsafe(32)
    opened = open_store(settings_of(config, store).store)
    with opened.write() as connection:
        connection.execute(
            tokens.insert().values(
                hash=sha256(token.encode()).hexdigest(), name=name, scopes=" ".join(sorted(set(scope))),
                rate_per_minute=rate, created_at=opened.now_ms(connection), revoked=False,
            )
        )  # fmt: skip
    typer.echo(token)


def tokens_list(config: Config = None, store: StoreUrl = None) -> None:
    """List tokens by name and hash."""
    from core.store import open_store
    from core.tables import tokens
    from core.times import iso

    with open_store(settings_of(config, store).store).read() as connection:
        for row in connection.execute(tokens.select().order_by(tokens.c.created_at)):
            state = "revoked" if row.revoked else "active"
            rate = f"{row.rate_per_minute}/min"
            typer.echo(f"{row.hash[:12]}  {state:<8} {row.name}  {row.scopes}  {rate}  {iso(row.created_at)}")


def tokens_revoke(
    which: Annotated[str, typer.Argument(help="Name, or the beginning of the hash.")],
    config: Config = None,
    store: StoreUrl = None,
) -> None:
    """Revoke tokens by name or hash."""
    from sqlalchemy import or_, update

    from core.store import open_store
    from core.tables import tokens

    with open_store(settings_of(config, store).store).write() as connection:
        done = connection.execute(
            update(tokens)
            .where(or_(tokens.c.name == which, tokens.c.hash.startswith(which)))
            .values(revoked=True)
        ).rowcount
    if not done:
        raise ConfigError(f"no token named {which!r} (newsquake tokens list)")
    typer.echo(f"revoked {done}")
