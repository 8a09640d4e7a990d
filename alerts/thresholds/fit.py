"""A fitted threshold, and what it rests on. A versioned input: JSON in the store, in force from a stated time."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from core.ids import digest


class FitBasis(StrEnum):
    """What a fitted threshold rests on. The values are stored."""

    INITIAL = "initial"
    """The conservative tail: nothing was observed yet."""
    LITTLE_HISTORY = "little_history"
    """The conservative tail: there is too little history for the rule's own."""
    RAISED = "raised"
    """Above the conservative tail: too many onsets in too little history."""
    PROVEN = "proven"
    """Below the conservative tail, as few episodes or their upper bound prove."""
    CONSERVATIVE = "conservative"
    """The conservative tail: peaks beyond it are assumed to be incidents, or are echoes of true alarms."""
    WITHIN_BUDGET = "within_budget"
    """The lowest threshold: every episode so far fits the budget."""
    PEAKS = "peaks"
    """The tail of the rule's own peaks."""


class Fit(msgspec.Struct, frozen=True):
    """A threshold and where it comes from."""

    threshold: float
    basis: FitBasis
    method: str
    """For people: how the threshold was found."""
    weeks: float = 0.0
    peaks: int = 0
    made_at: int = 0
    """Epoch ms."""
    low: float | None = None
    high: float | None = None
    """The threshold's 90 % interval."""
    excluded: int = 0
    """Peaks left out because people found them to be true alarms."""
    budget: float = 0.0
    """False alarms a week."""

    @property
    def conservative(self) -> bool:
        """Whether the threshold is what p-values say, not what the rule's own peaks say."""
        return self.basis not in (FitBasis.WITHIN_BUDGET, FitBasis.PEAKS)

    @property
    def version(self) -> str:
        """Hash (16 hexadecimal digits) of the JSON."""
        return digest("fit", self.to_json(), length=16)

    def to_json(self) -> str:
        """Return the fit as the store and evidence packs have it: all fields but `basis`, which is a column."""
        return msgspec.json.encode(
            _StoredFit(
                self.threshold,
                self.method,
                self.weeks,
                self.peaks,
                self.made_at,
                self.low,
                self.high,
                self.excluded,
                self.budget,
            )
        ).decode()


class _StoredFit(msgspec.Struct, frozen=True):
    threshold: float
    method: str
    weeks: float = 0.0
    peaks: int = 0
    made_at: int = 0
    low: float | None = None
    high: float | None = None
    excluded: int = 0
    budget: float = 0.0


def load_fit(text: str, basis: str) -> Fit:
    """Return the fit of which `text` is the `to_json` and `basis` the FitBasis.

    Raises msgspec.DecodeError for other JSON, ValueError for an unknown basis.
    """
    stored = msgspec.json.decode(text, type=_StoredFit)
    return Fit(basis=FitBasis(basis), **msgspec.structs.asdict(stored))
