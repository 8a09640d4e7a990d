"""Errors of a person's request: an invalid argument, an action that is not possible.

They keep their parts, so that command line, API and dashboard can each word and translate them.
"""

from __future__ import annotations

from core.errors import ConfigError


class InvalidArgument(ConfigError):
    """One argument of a request (`reason`, `disposition` …) is invalid: an option, a field of JSON, a form field.

    `argument` names it, `requirement` is what is expected, and the message quotes at most 60 characters of `value`.

    >>> error = InvalidArgument("disposition", "expected true or false", "x")
    >>> str(error), error.message("--as")
    ('disposition x: expected true or false', '--as x: expected true or false')
    """

    def __init__(self, argument: str, requirement: str, value: str = "") -> None:
        self.argument, self.requirement, self._value = argument, requirement, value
        super().__init__(self.message(argument))

    def message(self, name: str) -> str:
        """Return the message with `name` (an option, a label) in place of the argument's own name."""
        value = "".join(char if char.isprintable() else "?" for char in self._value[:60])
        return f"{name} {value}: {self.requirement}" if value else f"{name}: {self.requirement}"


class ActionRejected(ConfigError):
    """An action on an alert or silence is not possible in its present state.

    `template` is the message with placeholders, `values` fills them: translations use both.

    >>> error = ActionRejected("alert {alert} is acknowledged already, by {name}", alert="3f9a", name="ada")
    >>> str(error), error.values["name"]
    ('alert 3f9a is acknowledged already, by ada', 'ada')
    """

    def __init__(self, template: str, **values: str) -> None:
        self.template, self.values = template, values
        super().__init__(template.format(**values))


def one_of(names: tuple[str, ...]) -> str:
    """Return the names as an expectation: `expected low, medium or high`."""
    return f"expected {', '.join(names[:-1])} or {names[-1]}"
