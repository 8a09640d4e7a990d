"""Marks become roles, and texts their normal form."""

from classifier.training.polarity.rows import Role, marked, opposite, read


def test_marked_names_are_found_after_the_text_was_brought_into_normal_form() -> None:
    text, roles = read(
        f"shares of {marked('Kone')} and {marked('ABB', 1)}，{marked('Kone')}", ("positive", "negative")
    )
    assert text == "Shares of Kone and ABB,Kone"
    assert roles == (Role("Kone", 10, 14, "positive"), Role("ABB", 19, 22, "negative"))


def test_a_text_that_begins_with_a_name_keeps_its_place() -> None:
    text, roles = read(f"{marked('kone')} falls", ("negative",))
    assert text == "Kone falls" and roles == (Role("Kone", 0, 4, "negative"),)


def test_the_opposite_of_neutral_is_neutral() -> None:
    assert [opposite(x) for x in ("positive", "negative", "neutral")] == ["negative", "positive", "neutral"]
