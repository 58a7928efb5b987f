"""The text of a TOML file with one change in it, and everything else as it stands there, comments included."""

from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.items import Table


def with_table(text: str, group: str, name: str, values: Mapping[str, Any]) -> str:
    """``text`` with the table ``[group.name]`` at its end."""
    table = tomlkit.dumps({group: {name: values}})
    return _with_line_ends_of(text, f"{text.rstrip()}\n\n{table}" if text.strip() else table)


def with_value(text: str, group: str, name: str, key: str, value: str) -> str:
    """``text`` with ``key`` set in the table ``[group.name]``."""
    document: Any = tomlkit.parse(text)
    document[group][name][key] = value
    return _with_line_ends_of(text, tomlkit.dumps(document))


def without_table(text: str, group: str, name: str) -> str:
    """``text`` without the table ``[group.name]``. Comments after it stay: they are about the next one."""
    document: Any = tomlkit.parse(text)
    tables = document[group]
    if isinstance(tables, Table) and isinstance(tables[name], Table):
        slot = next(index for index, (key, _) in enumerate(tables.value.body) if key is not None and key.key == name)
        after = _after_the_last_key(tables[name])
        del tables[name]
        tables.value.body[slot] = (None, tomlkit.ws(after))
    else:
        del tables[name]
    return _with_line_ends_of(text, tomlkit.dumps(document))


def _after_the_last_key(table: Table) -> str:
    body = table.value.body
    last = max((index for index, (key, _) in enumerate(body) if key is not None), default=-1)
    return "".join(item.as_string() for _, item in body[last + 1 :])


def _with_line_ends_of(text: str, changed: str) -> str:
    return changed.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in text else changed
