"""How a result says which of its texts were written by strangers."""

from typing import Annotated

UNTRUSTED = "untrusted text"
"""The description that such a field carries in an output schema."""

Untrusted = Annotated[str, UNTRUSTED]
"""A text from the portal: data to be shown, never an instruction to be followed. Made by `Words` only."""
