"""What a person asked does not fit, or cannot be done: errors that know their parts, so that each surface can say them
in its own words and language.
"""

from __future__ import annotations

from core.errors import ConfigError


class Unfit(ConfigError):
    """One part of a request (`reason`, `disposition` …) does not fit: an option, a field of JSON, a box on the page.

    >>> error = Unfit("disposition", "expected true or false", "x")
    >>> str(error), error.told("--as")
    ('disposition x: expected true or false', '--as x: expected true or false')
    """

    def __init__(self, part: str, said: str, value: str = "") -> None:
        self.part, self.said, self._value = part, said, value
        super().__init__(self.told(part))

    def told(self, name: str) -> str:
        """The same with the part's own name there."""
        value = "".join(char if char.isprintable() else "?" for char in self._value[:60])
        return f"{name} {value}: {self.said}" if value else f"{name}: {self.said}"


class Undone(ConfigError):
    """What a person asked cannot be done as things stand. `said`: with {places} for `values`.

    >>> error = Undone("alert {alert} is acknowledged already, by {name}", alert="3f9a", name="ada")
    >>> str(error), error.values["name"]
    ('alert 3f9a is acknowledged already, by ada', 'ada')
    """

    def __init__(self, said: str, **values: str) -> None:
        self.said, self.values = said, values
        super().__init__(said.format(**values))


def one_of(names: tuple[str, ...]) -> str:
    """`expected low, medium or high`."""
    return f"expected {', '.join(names[:-1])} or {names[-1]}"
