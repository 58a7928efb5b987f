"""Plain data to dataclasses and back, by the fields' types."""

import types
from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from bitrix24_dialogs.portal.errors import SeedError

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """Return a value as JSON can hold it; maps of numbered things become lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        if value and all(hasattr(inner, "id") for inner in value.values()):
            return [to_plain(inner) for inner in value.values()]
        return {str(key): to_plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [to_plain(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def from_plain(kind: type[T], data: object, where: str = "seed") -> T:
    """Build a value of a type from plain data.

    Args:
        kind: the wanted type; a dataclass may leave out fields that have a default.
        data: what JSON held.
        where: the place, named in errors.

    Returns:
        The value.

    Raises:
        SeedError: one line that names the place and what was wanted there.
    """
    return cast("T", _build(kind, data, where))


def _build(kind: Any, data: Any, where: str) -> Any:
    origin = get_origin(kind)
    if kind is Any:
        return data
    if is_dataclass(kind):
        return _build_dataclass(kind, data, where)
    if origin in {Union, types.UnionType}:
        options = get_args(kind)
        return None if data is None else _build(next(one for one in options if one is not types.NoneType), data, where)
    if origin is Literal:
        return _checked(data in get_args(kind), data, where, f"one of {', '.join(map(str, get_args(kind)))}")
    if origin is list:
        items = _checked(isinstance(data, list), data, where, "a list")
        return [_build(get_args(kind)[0], item, f"{where}[{index}]") for index, item in enumerate(items)]
    if origin is dict:
        return _build_map(get_args(kind), data, where)
    return _build_scalar(kind, data, where)


def _build_map(arguments: tuple[Any, ...], data: Any, where: str) -> dict[Any, Any]:
    key_kind, inner_kind = arguments
    if isinstance(data, list) and is_dataclass(inner_kind):
        things = [_build(inner_kind, item, f"{where}[{index}]") for index, item in enumerate(data)]
        return _by_id(things, where)
    entries = _checked(isinstance(data, dict), data, where, "an object")
    return {_key(key_kind, key, where): _build(inner_kind, item, f"{where}.{key}") for key, item in entries.items()}


def _by_id(things: Iterable[Any], where: str) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for thing in things:
        if thing.id in found:
            raise SeedError(f"{where}: the id {thing.id} is there twice")
        found[thing.id] = thing
    return found


def _key(kind: Any, key: str, where: str) -> Any:
    return int(_checked(key.isdecimal(), key, where, "a number as key")) if kind is int else key


def _build_dataclass(kind: Any, data: Any, where: str) -> Any:
    given = _checked(isinstance(data, dict), data, where, "an object")
    hints, known = _hints(kind), {field.name: field for field in fields(kind)}
    if unknown := sorted(set(given) - set(known)):
        raise SeedError(f"{where}: unknown field {unknown[0]!r}")
    required = [name for name, one in known.items() if one.default is MISSING and one.default_factory is MISSING]
    if missing := [name for name in required if name not in given]:
        raise SeedError(f"{where}: the field {missing[0]!r} is missing")
    return kind(**{name: _build(hints[name], value, f"{where}.{name}") for name, value in given.items()})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _build_scalar(kind: Any, data: Any, where: str) -> Any:
    if kind is datetime:
        return _moment(data, where)
    if issubclass(kind, Enum):
        values = [member.value for member in kind]
        return kind(_checked(data in values, data, where, f"one of {', '.join(map(str, values))}"))
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    names = {int: "a whole number", str: "a text", bool: "true or false", float: "a number"}
    right = isinstance(data, kind) and (kind is bool or not isinstance(data, bool))
    return _checked(right, data, where, names[kind])


def _moment(data: Any, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(data)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise SeedError(f"{where}: a date with offset was wanted, not {data!r}")
    return moment


def _checked(right: bool, data: Any, where: str, wanted: str) -> Any:
    if not right:
        raise SeedError(f"{where}: {wanted} was wanted, not {str(data)[:40]!r}")
    return data
