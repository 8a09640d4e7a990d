"""`newsquake evidence …` and `newsquake audit …`: prove later what was known when, and who did what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from sqlalchemy import Connection, select

from alerts.errors import InvalidArgument
from alerts.evidence import schema
from alerts.evidence.verify import stored_alert, stored_change
from alerts.evidence.verify.checks import Check
from alerts.evidence.verify.derivation import verify_pack
from alerts.evidence.verify.stated import stated
from alerts.handling import actions as handling
from alerts.interfaces.cli.options import Config, DeskName, Json, StoreUrl, open_desk
from alerts.interfaces.cli.output import one_line, show_encoded, show_json
from core.errors import ConfigError, NewsquakeError
from core.tables import alert_lines
from core.times import iso

_MARKS = {"agrees": "ok  ", "differs": "BAD ", "unknown": "  ? ", "stated": "  - "}


def show(
    which: Annotated[str, typer.Argument(help="The alert's id, or its beginning.")],
    line: Annotated[
        int | None, typer.Option(help="Which of its changes (from 1); default: the last that fired.")
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Write the pack to this file.")] = None,
    config: Config = None,
    store: StoreUrl = None,
    desk: DeskName = None,
) -> None:
    """Show an alert's evidence pack (JSON), or write it to a file."""
    with open_desk(config, store, desk, read_only=True) as at, at.store.read() as connection:
        alert = handling.find(connection, at.name, which).id
        query = select(alert_lines).where(alert_lines.c.desk == at.name, alert_lines.c.id == alert)
        order = (alert_lines.c.decided_at, alert_lines.c.state, alert_lines.c.severity)
        lines = connection.execute(query.order_by(*order)).all()
    if not lines:
        raise ConfigError(f"alert {alert} never fired: there is no evidence of it")
    if line is not None:
        if not 1 <= line <= len(lines):
            raise ConfigError(f"--line {line}: expected 1 to {len(lines)} (or left out: the last that fired)")
        chosen = lines[line - 1]
    else:
        chosen = ([one for one in lines if one.state == "firing"] or list(lines))[-1]
    if not chosen.evidence:
        raise ConfigError(f"alert {alert}: this change has no evidence pack")
    if out is not None:
        out.write_bytes(chosen.evidence)
        typer.echo(f"wrote {out} ({len(chosen.evidence):,} bytes)", err=True)
        return
    show_encoded(chosen.evidence)


def check(
    which: Annotated[str, typer.Argument(help="A pack's file, or an alert's id (or its beginning).")],
    json: Json = False,
    config: Config = None,
    store: StoreUrl = None,
    desk: DeskName = None,
) -> None:
    """Derive the alert again from its pack and check every figure. Exit status 1 where one differs.

    An alert's id: every pack that the store has of it, also checked against the store's line, articles, scores, rules
    and audit log.
    """
    if Path(which).is_file():
        pack = _load(Path(which).read_bytes(), which)
        found = [("", [*verify_pack(pack), *stated(pack)])]
    else:
        with open_desk(config, store, desk, read_only=True) as at, at.store.read() as connection:
            try:
                alert = handling.find(connection, at.name, which).id
            except InvalidArgument as error:
                raise ConfigError(f"{error}; nor is there such a file") from error
            found = list(_stored(connection, at.name, alert))
    if json:
        show_json([[one.__dict__ for one in checks] for _, checks in found])
    else:
        for title, checks in found:
            if title:
                typer.echo(one_line(f"{title}:"))
            for one in checks:  # their text may come from anybody's pack
                typer.echo(one_line(f"{_MARKS[one.verdict]} {one.what}: {one.detail}"))
    counts = Counter(one.verdict for _, checks in found for one in checks)
    if counts["differs"]:
        raise NewsquakeError(f"{counts['differs']} figures differ: the pack is not what was decided")
    if not json:
        unknown = f"; {counts['unknown']} are unknown" if counts["unknown"] else ""
        typer.echo(f"{counts['agrees']} checks agree, none differs{unknown}", err=True)


def _stored(connection: Connection, desk: str, alert: str) -> Iterator[tuple[str, list[Check]]]:
    """Yield title and checks of each change of the alert that the store has, then of the alert as a whole.

    Raises ConfigError where it has none.
    """
    rows, lateness = stored_alert.changes(connection, desk, alert), set[int]()
    if not rows:
        raise ConfigError(f"alert {alert}: no evidence pack")
    for row in rows:
        title = f"{row.state}, {row.severity}, decided at {_moment(row.decided_at)}"
        if not row.evidence:
            yield title, stored_change.bare_checks(connection, desk, row)
            continue
        try:
            pack = _load(row.evidence, "the store's")
        except ConfigError as error:
            yield title, [Check("evidence pack", "differs", str(error))]
            continue
        lateness.add(pack.lateness_ms)
        yield (
            title,
            [
                *verify_pack(pack),
                *stored_change.store_checks(connection, desk, row, pack),
                *stated(pack, in_store=True),
            ],
        )
    whole = stored_alert.alert_row(connection, desk, alert)
    yield "the alert", stored_alert.alert_checks(connection, desk, whole, rows, lateness)


def _moment(at: int) -> str:
    try:
        return iso(at)
    except ArithmeticError:  # of an edited row
        return f"{at} ms"


def _load(pack: bytes, name: str) -> schema.Pack:
    try:
        return schema.load(pack)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ConfigError(f"{name}: not an evidence pack ({error})") from error
