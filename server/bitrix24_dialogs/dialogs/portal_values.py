"""Reading values as PHP sends them: ids as text, empty maps as lists (protocol notes 1.3)."""

from collections.abc import Mapping
from typing import Any


def mapping(value: object) -> Mapping[str, Any]:
    """A map; PHP sends an empty one as ``[]``, and one with keys 0..n as a list."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list):
        return {str(index): item for index, item in enumerate(value)}
    return {}


def whole(value: object) -> int:
    """A number, also from its digits as text; 0 for everything else."""
    if isinstance(value, bool):
        return 0
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.lstrip("-").isdecimal() else 0


def text(value: object) -> str:
    """A text; nothing for everything that is none."""
    return value if isinstance(value, str) else ""


def numbers(value: object) -> tuple[int, ...]:
    """The numbers in a list, or in a map's values."""
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return tuple(number for item in items if (number := whole(item)))
