"""Reading values as PHP sends them: ids as text, empty maps as lists (protocol notes 1.3)."""

import re
from collections.abc import Mapping
from typing import Any

_DIGITS = re.compile(r"-?[0-9]{1,18}")
_LARGEST = 2**53 - 1  # beyond it a JSON number is no longer exact everywhere


def mapping(value: object) -> Mapping[str, Any]:
    """A map; PHP sends an empty one as ``[]``, and one with keys 0..n as a list."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list):
        return {str(index): item for index, item in enumerate(value)}
    return {}


def whole(value: object) -> int:
    """A number, also from its digits as text; 0 for everything else."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _LARGEST:
        return 0
    return value


def text(value: object) -> str:
    """A text; nothing for everything that is none."""
    return value if isinstance(value, str) else ""


def numbers(value: object) -> tuple[int, ...]:
    """The positive numbers in a list, or in a map's values, each once."""
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return tuple(dict.fromkeys(number for item in items if (number := whole(item)) > 0))
