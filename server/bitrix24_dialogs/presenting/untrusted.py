"""How a result says which of its texts were written by strangers, and what it lost on the way."""

from typing import Annotated

UNTRUSTED = "untrusted text"
"""The description that such a field carries in an output schema."""

INVISIBLE_REMOVED = "invisible_removed"
"""The field in which an object of a result counts the hidden characters that its untrusted texts came with."""


class Cleaned(str):
    """A text that has passed the choke point. Made by `Words` only, so that a type checker sees what bypasses it.

    Attributes:
        removed: how many hidden characters it came with. Whoever sends such may want to deceive.
    """

    __slots__ = ("removed",)

    removed: int

    def __new__(cls, text: str, removed: int = 0) -> "Cleaned":
        """``text``, which came with ``removed`` hidden characters."""
        cleaned = super().__new__(cls, text)
        cleaned.removed = removed
        return cleaned


Untrusted = Annotated[Cleaned, UNTRUSTED]
"""A text from the portal: data to be shown, never an instruction to be followed."""
