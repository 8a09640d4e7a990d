"""How a series is called to people."""

from __future__ import annotations

import pytest

from dashboard.names import title


@pytest.mark.parametrize(
    ("series", "said"),
    [
        ("all", "All news"),
        ("all@zh", "All news · Chinese"),
        ("topic:central_banks@en", "Central banks · English"),
        ("entity:US:AAPL", "Apple (US:AAPL)"),
        ("entity:US:AAPL/topic:legal_regulation@en", "Apple (US:AAPL) · Legal & regulation · English"),
        ("entity:X:my-fund", "X:my-fund"),
        ("source:reuters", "Source reuters"),
        ("topic:not_known", "not_known"),
    ],
)
def test_every_shape_of_series_has_a_name(series: str, said: str) -> None:
    assert title(series, "en", {"US:AAPL": "Apple"}.get) == said  # type: ignore[arg-type]
