"""`newsquake audit …`: verify the chain of hashes and export the log."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from alerts.handling import audit
from alerts.interfaces.cli.options import Config, StoreUrl, open_desk
from alerts.interfaces.cli.output import escaped
from core.errors import ConfigError, NewsquakeError


def audit_verify(
    file: Annotated[Path | None, typer.Option(help="An export, instead of the store.")] = None,
    anchor: Annotated[str | None, typer.Option(help="COUNT:HASH that was kept elsewhere.")] = None,
    config: Config = None,
    store: StoreUrl = None,
) -> None:
    """Check the chain of hashes, in the store or offline from an export. Exit status 1 where a link is broken."""
    met = _anchor(anchor)
    if file is not None:
        found = audit.verify(_entries(file), met)
    else:
        with open_desk(config, store, None, read_only=True) as at, at.store.read() as connection:
            found = audit.verify(audit.entries(connection), met)
    if found.fault:
        raise NewsquakeError(f"the audit log is broken after {found.entries} right entries: {found.fault}")
    typer.echo(f"{found.entries} entries, every link holds; anchor {found.entries}:{found.last_hash}")


def _anchor(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    count, colon, value = text.partition(":")
    if not (colon and count.isdigit() and len(value) == 64):
        raise ConfigError(f"--anchor {text}: expected COUNT:HASH, as `newsquake audit verify` prints it")
    return int(count), value


def _entries(file: Path) -> Iterator[audit.AuditEntry]:
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    yield msgspec.json.decode(line, type=audit.AuditEntry)
                except msgspec.DecodeError as error:
                    raise ConfigError(f"{file}:{number}: not an audit entry ({error})") from error
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from error


def audit_export(
    out: Annotated[Path | None, typer.Option("-o", "--out", help="File; default: standard output.")] = None,
    config: Config = None,
    store: StoreUrl = None,
) -> None:
    """Write the whole audit log, one JSON object a line: it can be verified anywhere."""
    with open_desk(config, store, None, read_only=True) as at, at.store.read() as connection:
        target = out.open("wb") if out is not None else sys.stdout.buffer
        number = 0
        try:
            for entry in audit.entries(connection):
                target.write(escaped(msgspec.json.encode(entry).decode()).encode() + b"\n")
                number += 1
        finally:
            if out is not None:
                target.close()
    typer.echo(f"{number} entries", err=True)
