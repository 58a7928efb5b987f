"""Results: data classes to compact JSON, and to the schema that declares them."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from bitrix24_dialogs.presenting.untrusted import INVISIBLE_REMOVED, UNTRUSTED, Cleaned

_PRIMITIVES: Mapping[type, str] = {
    int: "integer",
    str: "string",
    Cleaned: "string",
    bool: "boolean",
    float: "number",
}


def result_schema(kind: type) -> dict[str, Any]:
    """The JSON Schema of a result class: every field named, no ``null``, no references.

    Fields that may be None, and lists, are optional: they are left out when empty. An object with untrusted texts may
    count what hidden characters they came with.

    Raises:
        TypeError: a field's type cannot be published.
    """
    hints = _hints(kind)
    properties = {item.name: _schema(hints[item.name]) for item in fields(kind)}
    if any(_is_untrusted(hint) for hint in hints.values()):
        properties[INVISIBLE_REMOVED] = {"type": "integer"}
    required = [item.name for item in fields(kind) if not _may_be_left_out(hints[item.name])]
    return {"type": "object", "properties": properties, "required": required}


def result_dict(result: Any) -> dict[str, Any]:
    """``result`` as JSON data, without what is None or an empty optional list.

    Raises:
        TypeError: an untrusted text has not passed the choke point.
    """
    hints = _hints(type(result))
    filled = {item.name: _value(getattr(result, item.name)) for item in fields(result)}
    shown = {
        name: value for name, value in filled.items() if not (value in (None, []) and _may_be_left_out(hints[name]))
    }
    removed = sum(text.removed for text in _untrusted_texts(result))
    return {**shown, INVISIBLE_REMOVED: removed} if removed else shown


def untrusted_fields(result: Any, prefix: str = "") -> list[str]:
    """The names of the fields of ``result`` that hold strangers' words, inner ones with a dot; each once."""
    names: list[str] = []
    for name, hint in _hints(type(result)).items():
        value = getattr(result, name)
        if not value:
            continue
        if _is_untrusted(hint):
            names.append(prefix + name)
        for item in value if isinstance(value, tuple) else (value,):
            if is_dataclass(item):
                names += untrusted_fields(item, f"{prefix}{name}.")
    return list(dict.fromkeys(names))


def _untrusted_texts(result: Any) -> Iterator[Cleaned]:
    """The untrusted texts of one object, without those of the objects in it."""
    for name, hint in _hints(type(result)).items():
        if not _is_untrusted(hint):
            continue
        value = getattr(result, name)
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, Cleaned):
                yield text
            elif text is not None:
                raise TypeError(f"{type(result).__name__}.{name} has not passed the choke point")


def _is_untrusted(hint: Any) -> bool:
    return any(
        get_origin(part) is Annotated and UNTRUSTED in str(part.__metadata__[0]) for part in (hint, *get_args(hint))
    )


def _hints(kind: type) -> Mapping[str, Any]:
    return _hints_of(kind)


@cache
def _hints_of(kind: Hashable) -> Mapping[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _value(value: Any) -> Any:
    if is_dataclass(value):
        return result_dict(value)
    if isinstance(value, tuple):
        return [_value(item) for item in value]
    return str(value) if isinstance(value, Cleaned) else value


def _schema(hint: Any) -> dict[str, Any]:
    hint = _without_none(hint)
    if get_origin(hint) is Annotated:
        return {**_schema(hint.__origin__), "description": hint.__metadata__[0]}
    if hint in _PRIMITIVES:
        return {"type": _PRIMITIVES[hint]}
    if get_origin(hint) is Literal:
        return {"type": "string", "enum": list(get_args(hint))}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _schema(get_args(hint)[0])}
    if is_dataclass(hint) and isinstance(hint, type):
        return result_schema(hint)
    raise TypeError(f"a result cannot hold {hint}")


def _without_none(hint: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        (kept,) = (item for item in get_args(hint) if item is not NoneType)
        return kept
    return hint


def _may_be_left_out(hint: Any) -> bool:
    if get_origin(hint) is Annotated:
        return _may_be_left_out(hint.__origin__)
    return NoneType in get_args(hint) or get_origin(hint) is tuple
