"""What rules have learned on a desk, written and read back: detector states, budgets, timers, fits."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import structlog
from sqlalchemy import Connection, func, or_, select, union_all

from alerts.engine.effects import Effects, NewFit
from alerts.engine.rule_runner import RuleRunner
from alerts.handling import audit
from alerts.lifecycle.alert import Alert
from alerts.thresholds.fit import load_fit
from core import tables
from core.store.bulk import insert_absent_many, upsert_many
from core.times import iso

log = structlog.get_logger(__name__)


def save_rule_state(connection: Connection, desk: str, effects: Effects) -> None:
    """Write the fits, detector states, budgets and timers that changed."""
    fits = [
        {
            "desk": desk,
            "rule": fit.rule,
            "in_force_from": fit.in_force_from,
            "version": fit.version,
            "fit": fit.fit,
            "basis": str(fit.basis),
        }
        for fit in effects.fits
    ]
    insert_absent_many(connection, tables.fits, fits)
    states = [
        {"desk": desk, "rule": key, "series": series, "state": state}
        for key, changed in effects.detectors.items()
        for series, state in changed.items()
    ]
    upsert_many(connection, tables.detector_state, states)
    for column, kept in (("budget", effects.budgets), ("timers", effects.timers)):
        rows = [{"desk": desk, "rule": key, column: state} for key, state in kept.items()]
        upsert_many(connection, tables.rule_state, rows)


def log_fits(connection: Connection, desk: str, fits: Sequence[NewFit], now_ms: int) -> None:
    """Write each new fit to the audit log and to the log: the threshold in force from then on, with its interval."""
    for fit in fits:
        detail = msgspec.json.decode(fit.fit) | {
            "version": fit.version,
            "in_force_from": iso(fit.in_force_from),
        }
        log.info("new fit", desk=desk, rule=fit.rule, **detail)
        audit.append(
            connection, at=now_ms, desk=desk, actor=f"desk:{desk}", action="rule.fit", subject=fit.rule, detail=detail
        )  # fmt: skip


def load_runner(connection: Connection, desk: str, runner: RuleRunner) -> None:
    """Restore a new runner from the stored state of its rule: detector, timers, open alerts, fits and budget.

    Raises what `RuleRunner.load` raises for invalid stored bytes. Logs a warning where only an earlier statistic of the
    rule's detector has a stored state.
    """
    states, kept, alerts = tables.detector_state.c, tables.rule_state.c, tables.alerts.c
    query = select(states.series, states.state).where(states.desk == desk, states.rule == runner.key)
    runner.load((series, state) for series, state in connection.execute(query))
    timers = connection.execute(
        select(kept.timers).where(kept.desk == desk, kept.rule == runner.key)
    ).scalar()
    if timers is not None:
        runner.timers.load(timers)
    found = connection.execute(
        select(alerts.state_data).where(
            alerts.desk == desk,
            alerts.rule == runner.rule.id,
            alerts.rule_version == runner.rule.version,
            alerts.state.in_(("pending", "firing")),
        )
    )
    for (data,) in found:
        runner.restore_alert(msgspec.msgpack.decode(data, type=Alert))
    load_budget(connection, desk, runner)
    if not has_run(connection, desk, runner.key):
        _warn_of_former_statistic(connection, desk, runner)


def has_run(connection: Connection, desk: str, key: str) -> bool:
    """Return whether the rule ran on this desk in this version. `key`: id@version."""
    query = union_all(
        *(
            select(table.c.rule).where(table.c.desk == desk, table.c.rule == key)
            for table in (tables.rule_state, tables.detector_state)
        )
    )
    return connection.execute(query.limit(1)).first() is not None


def _warn_of_former_statistic(connection: Connection, desk: str, runner: RuleRunner) -> None:
    """The code computes the statistic otherwise than when this rule last ran: what was fitted to it is not used."""
    fits = tables.fits.c
    for version in runner.rule.former:
        key = f"{runner.rule.id}@{version}"
        if not has_run(connection, desk, key):
            continue
        query = select(func.count()).where(fits.desk == desk, fits.rule == key)
        log.warning(
            "the statistic of this rule's detector is computed otherwise now: its fits and what it learned are not "
            "used, and it learns again",
            rule=runner.rule.id,
            detector=runner.rule.detector,
            fits=connection.execute(query).scalar_one(),
            version=runner.rule.version,
            was=version,
        )


def load_budget(connection: Connection, desk: str, runner: RuleRunner) -> None:
    """Restore the runner's fits and the history of its statistic; do nothing where its threshold is fixed.

    The history is the newest snapshot and the findings after it, of this version of the rule: what another version
    found in between, before somebody went back to this one, is on another scale.
    """
    if runner.threshold.budget is None:
        return
    kept, fits = tables.rule_state.c, tables.fits.c
    made = connection.execute(
        select(fits.in_force_from, fits.fit, fits.basis)
        .where(fits.desk == desk, fits.rule == runner.key)
        .order_by(fits.in_force_from)
    )
    runner.threshold.restore_fits([(since, load_fit(text, basis)) for since, text, basis in made])
    query = select(kept.budget).where(kept.desk == desk, kept.rule == runner.key)
    snapshot = connection.execute(query).scalar()
    if snapshot is not None:
        _observe_findings(connection, desk, runner, runner.threshold.restore_snapshot(snapshot))


def _observe_findings(connection: Connection, desk: str, runner: RuleRunner, after: int) -> None:
    found = tables.findings.c
    mine = or_(found.rule_version == runner.rule.version, found.rule_version.is_(None))
    query = (
        select(found.at, found.series, found.statistic)
        .where(found.desk == desk, found.rule == runner.rule.id, found.at > after, mine)
        .order_by(found.at, found.series)
    )
    for at, series, statistic in connection.execute(query):
        runner.threshold.observe_again(at, series, statistic)
