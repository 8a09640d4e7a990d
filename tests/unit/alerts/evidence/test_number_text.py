"""Numbers as text."""

from __future__ import annotations

import pytest

from alerts.evidence.number_text import figure, less, many, p_value, tiny, window_figure


@pytest.mark.parametrize(
    ("metric", "value", "text"),
    [
        ("negative_share", 0.734, "73 %"), ("stories", 12.0, "12"), ("stories", 1.26, "1.3"), ("stories", 20.4, "20"),
        ("mean_sentiment", -0.414, "-0.41"), ("mean_sentiment", 0.2, "+0.20"), ("stories", None, "NA"),
    ],
)  # fmt: skip
def test_a_value_is_written_by_its_metric(metric: str, value: float | None, text: str) -> None:
    assert figure(metric, value) == text


def test_a_dispersion_has_no_sign() -> None:
    assert window_figure("dispersion", 0.2) == "0.20"


@pytest.mark.parametrize(("value", "text"), [(None, "NA"), (0.012, "0.012"), (0.0002, "2e-4"), (1.0, "1")])
def test_a_p_value_is_short(value: float | None, text: str) -> None:
    assert p_value(value) == text


def test_an_expected_count_that_would_be_0_is_tiny() -> None:
    assert tiny("stories", 0.01) and not tiny("stories", 0.2) and not tiny("negative_share", 0.0)
    assert (less("en"), less("zh")) == ("less than 0.1", "不足 0.1")


def test_nouns_follow_their_number() -> None:
    assert (many(1, "story", "stories"), many(3, "story", "stories"), many(0, "article")) == (
        "1 story", "3 stories", "0 articles",
    )  # fmt: skip
