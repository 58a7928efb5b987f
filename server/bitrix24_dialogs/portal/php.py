"""PHP's loose conversions, as the portal applies them to parameters and answers (behaviour 1)."""

import math
import re
from collections.abc import Mapping
from typing import Any

from bitrix24_dialogs.portal.errors import PhpError

INT_MAX = 2**63 - 1
_NUMBER = re.compile(r"[ \t\n\r\v\f]*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)", re.ASCII)
_INTEGER = re.compile(r"[ \t\n\r\v\f]*[+-]?\d{1,300}(?![\d.eE])", re.ASCII)
_WHITESPACE = " \t\n\r\0\x0b"


def to_float(value: object) -> float:
    """Convert like PHP's `(float)`: the leading number of a text, 0 when there is none."""
    match value:
        case None:
            return 0.0
        case int() | float():
            return float(value)
        case str():
            found = _NUMBER.match(value)
            return float(found[1]) if found else 0.0
        case _:
            return 1.0 if value else 0.0


def to_int(value: object) -> int:
    """Convert like PHP's `(int)`.

    "2043abc" gives 2043, "12.7" gives 12, true and any non-empty array give 1, anything else 0.
    """
    if isinstance(value, int):
        number = int(value)
    elif isinstance(value, str) and (digits := _INTEGER.match(value)):
        number = int(digits[0])
    else:
        amount = to_float(value)
        number = int(amount) if math.isfinite(amount) else 0
    return max(-INT_MAX - 1, min(INT_MAX, number))


def is_empty(value: object) -> bool:
    """Tell whether PHP's `empty()` holds: quirk: the text "0" is empty too."""
    return not value or value == "0"


def to_text(value: object) -> str:
    """Convert like PHP's `(string)` where a typed string is wanted.

    Raises:
        PhpError: for an array, which ends the request with status 500 (behaviour 1).
    """
    match value:
        case None | False:
            return ""
        case True:
            return "1"
        case float() if value.is_integer():
            return str(int(value))
        case str() | int() | float():
            return str(value)
        case _:
            raise PhpError("a text was wanted, an array was given")


def trimmed(value: object) -> str:
    """Return the text of `value` without the blanks PHP's `trim` removes."""
    return to_text(value).strip(_WHITESPACE)


def encoded_map(entries: Mapping[Any, Any]) -> dict[str, Any] | list[Any]:
    """Return a PHP array as `json_encode` writes it.

    quirk: an empty map is `[]`, and keys 0..n make a list.
    """
    keys = [str(key) for key in entries]
    if keys == [str(index) for index in range(len(keys))]:
        return list(entries.values())
    return dict(zip(keys, entries.values(), strict=True))


def put(target: dict[str, Any], key: str, value: object) -> None:
    """Store a form field under a bracketed PHP name such as `filter[ID]` or `list[]`."""
    head, brackets, rest = key.partition("[")
    path = re.findall(r"\[([^\[\]]*)\]", brackets + rest) if head else []
    names = [head, *path] if path else [key]
    place = target
    for name in names[:-1]:
        inner = place.get(_slot(place, name))
        if not isinstance(inner, dict):
            inner = {}
            place[_slot(place, name)] = inner
        place = inner
    place[_slot(place, names[-1])] = value


def _slot(place: dict[str, Any], name: str) -> str:
    if name:
        return name
    return str(1 + max((to_int(key) for key in place if key.isdecimal()), default=-1))


def listed(value: object) -> Any:
    """Turn the maps that `put` built into lists wherever PHP would see a list."""
    if not isinstance(value, dict):
        return value
    return encoded_map({key: listed(inner) for key, inner in value.items()}) if value else {}
