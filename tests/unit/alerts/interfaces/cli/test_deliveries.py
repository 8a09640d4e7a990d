"""`newsquake deliveries …`."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.interfaces.cli import deliveries as cli_deliveries
from core.errors import ConfigError
from core.store import Store
from tests.support.alertrows import rows
from tests.support.commands import out


def test_deliveries_are_listed_and_sent_again(
    config: Path, sqlite_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    cli_deliveries.list_deliveries(json=True, config=config)
    (one,) = out(capsys)["notifications"]
    assert (one["channel"], one["status"], one["event"]) == ("hook", "pending", "firing")
    with sqlite_store.write() as connection:
        connection.exec_driver_sql("UPDATE outbox SET status = 'refused', attempts = 1")
    cli_deliveries.replay("refused", by="anna", config=config)
    assert capsys.readouterr().out == "1 to be sent again\n"
    assert rows(sqlite_store)[0].status == "pending"
    cli_deliveries.enable("hook", by="anna", config=config)
    with pytest.raises(ConfigError, match="no channel is called 'fax'; known: hook"):
        cli_deliveries.enable("fax", config=config)
    cli_deliveries.secret()
    assert capsys.readouterr().out.splitlines()[-1].startswith("whsec_")
