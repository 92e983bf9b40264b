"""The closed set of labels."""

from __future__ import annotations

from enum import StrEnum


class Label(StrEnum):
    """What a message does by being written; any combination may hold.

    The order of the members is the order of every column, array and table in haineclf.
    """

    INSULT = "insult"
    THREAT = "threat"
    CALL_TO_MURDER = "call_to_murder"
    HOMOPHOBIA = "homophobia"

    @property
    def french(self) -> str:
        """The label's name in French, for people."""
        return _FRENCH[self]


_FRENCH = {
    Label.INSULT: "insulte",
    Label.THREAT: "menace",
    Label.CALL_TO_MURDER: "appel au meurtre",
    Label.HOMOPHOBIA: "homophobie",
}
