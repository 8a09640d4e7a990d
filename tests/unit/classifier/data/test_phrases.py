"""Made-up headlines say what their labels say, and where."""

import pytest

pytest.importorskip("pandas")
from classifier.data import phrases


def test_the_same_seed_makes_the_same_headlines() -> None:
    assert phrases.make(50, 3) == phrases.make(50, 3)
    assert phrases.make(50, 3) != phrases.make(50, 4)


def test_every_company_stands_where_its_span_says_and_mixed_headlines_have_no_sentiment_of_their_own() -> (
    None
):
    made = phrases.make(2000, 1)
    seen = set()
    for example in made:
        labels = [label for _, _, label in example.spans]
        assert all(example.text[a:b].strip() and b <= len(example.text) for a, b, _ in example.spans)
        assert example.side == "train"
        if len(set(labels)) == 2:
            assert example.sentiment == -1
            seen.add((example.language, "mixed"))
        elif labels:
            assert example.sentiment == labels[0]
        assert "{" not in example.text
    assert seen == {("en", "mixed"), ("zh", "mixed")}


def test_none_of_the_wording_is_the_simulators() -> None:
    """The demo's news must not be learned by heart."""
    from pathlib import Path

    simulated = Path("newsquake/simulate")
    wire = "".join(file.read_text(encoding="utf-8") for file in simulated.glob("*.yaml"))
    import yaml

    table = yaml.safe_load(phrases.FILE.read_text(encoding="utf-8"))
    long = [row[1] for row in table["events"] if len(row[1].split()) >= 5]
    shared = [phrase for phrase in long if phrase.replace("{n}", "") in wire]
    assert shared == []
