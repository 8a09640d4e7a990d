"""Routes: the channels of an alert follow from its severity."""

from __future__ import annotations

import pytest

from alerts.rules.routes import channels_for


@pytest.mark.parametrize(
    ("route", "channels"),
    [
        ({"high": ("pager",), "default": ("mail",)}, ("pager",)),
        ({"critical": ("pager",), "default": ("mail",)}, ("mail",)),
        ({"critical": ("pager",)}, ("*",)),
        ({"high": (), "default": ("mail",)}, ()),
    ],
)
def test_a_severity_has_its_own_channels_else_the_default_else_all(
    route: dict[str, tuple[str, ...]], channels: tuple[str, ...]
) -> None:
    assert channels_for(route, "high") == channels
