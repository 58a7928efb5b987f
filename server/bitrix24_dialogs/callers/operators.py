"""``operators.toml``: who may call, by name, with the hash of each one's token.

[callers.anna]
token_sha256 = "..."     # 64 hexadecimal digits, written by `bitrix24-dialogs-mcp caller add anna`
read_only = true         # optional: only tools that change nothing
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bitrix24_dialogs.callers.caller import Caller, Callers, TokenHolder, new_token, token_sha256
from bitrix24_dialogs.callers.storage import write_private
from bitrix24_dialogs.settings import SettingsError

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

_TABLE = "callers"
_HASH = "token_sha256"
_READ_ONLY = "read_only"
_NAME = re.compile(r"[\w.@-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_HEAD = "# Who may call this server. Tokens are kept as hashes; make one with: bitrix24-dialogs-mcp caller add NAME\n"


def load_callers(path: Path) -> Callers:
    """Everybody in the file.

    Raises:
        SettingsError: it cannot be read, or something in it is not as it must be; nothing of it is used then.
    """
    return parse_callers(_read(path), path)


def parse_callers(text: str, path: Path) -> Callers:
    """Everybody in ``text``, the contents of ``path``.

    Raises:
        SettingsError: as for `load_callers`.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # The library's message may quote the file, and somebody may have put a token into it.
        place = re.search(r"\(at (.*)\)$", str(error))
        raise SettingsError(f"{path} is not TOML{f' ({place[1]})' if place else ''}") from None
    tables = document.get(_TABLE, {})
    if set(document) - {_TABLE} or not isinstance(tables, dict):
        raise SettingsError(f"{path}: expected nothing but tables named [{_TABLE}.NAME]")
    holders = [_holder(path, name, table) for name, table in tables.items()]
    _check_distinct(path, holders)
    return Callers(holders)


def add_caller(path: Path, name: str, *, read_only: bool) -> str:
    """Let ``name`` call, and return the token, which is kept nowhere. The file is made if there is none.

    Raises:
        SettingsError: the name is taken or cannot be one, or the file cannot be used; it is unchanged.
    """
    if not _NAME.fullmatch(name):
        raise SettingsError("A caller's name has 1 to 64 letters, digits and any of . _ - @")
    token = new_token()

    def add(callers: Any) -> None:
        if name in callers:
            raise SettingsError(
                f"{name} is in {path} already; for a new token: bitrix24-dialogs-mcp caller rotate {name}"
            )
        entry = {_HASH: token_sha256(token.encode())}
        callers[name] = {**entry, _READ_ONLY: True} if read_only else entry

    _edit(path, add, create=True)
    return token


def rotate_caller(path: Path, name: str) -> str:
    """Give ``name`` a new token in place of the old one, and return it.

    Raises:
        SettingsError: there is no such caller, or the file cannot be used; it is unchanged.
    """
    token = new_token()

    def rotate(callers: Any) -> None:
        _known(callers, name, path)[_HASH] = token_sha256(token.encode())

    _edit(path, rotate)
    return token


def remove_caller(path: Path, name: str) -> None:
    """Let ``name`` call no longer.

    Raises:
        SettingsError: there is no such caller, or the file cannot be used; it is unchanged.
    """

    def remove(callers: Any) -> None:
        _known(callers, name, path)
        del callers[name]

    _edit(path, remove)


def _known(callers: Any, name: str, path: Path) -> Any:
    if name not in callers:
        raise SettingsError(f"{name} is not in {path}")
    return callers[name]


def _edit(path: Path, change: Callable[[Any], None], *, create: bool = False) -> None:
    """Change the file's table of callers, and keep everything else in it, comments included."""
    import tomlkit  # noqa: PLC0415 - only to write

    text = _HEAD if create and not path.exists() else _read(path)
    parse_callers(text, path)
    document: TOMLDocument = tomlkit.parse(text)
    if _TABLE not in document:
        document[_TABLE] = tomlkit.table(is_super_table=True)
    change(document[_TABLE])
    try:
        write_private(path, tomlkit.dumps(document))
    except OSError as error:
        raise SettingsError(f"{path} cannot be written ({error.strerror or 'unwritable'})") from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SettingsError(f"{path} is not there; make it with: bitrix24-dialogs-mcp caller add NAME") from None
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise SettingsError(f"{path} cannot be read ({reason or 'unreadable'})") from None


def _holder(path: Path, name: str, table: object) -> TokenHolder:
    place = f"{path}, [{_TABLE}.{name}]"
    if not _NAME.fullmatch(name):
        raise SettingsError(f"{path}: a caller's name has 1 to 64 letters, digits and any of . _ - @")
    if not isinstance(table, dict):
        raise SettingsError(f"{place}: expected a table")
    return TokenHolder(Caller(name, read_only=_read_only(place, table)), _hash(place, name, table))


def _hash(place: str, name: str, table: Mapping[str, object]) -> str:
    stored = table.get(_HASH)
    if not isinstance(stored, str) or not _SHA256.fullmatch(stored.lower()):
        raise SettingsError(
            f"{place}: {_HASH} must be 64 hexadecimal digits; to set it anew: bitrix24-dialogs-mcp caller rotate {name}"
        )
    return stored.lower()


def _read_only(place: str, table: Mapping[str, object]) -> bool:
    # A misspelt read_only would protect nobody.
    unknown = sorted(set(table) - {_HASH, _READ_ONLY})
    if unknown:
        raise SettingsError(f"{place}: there is no {', '.join(unknown)} here; use {_HASH} and {_READ_ONLY}")
    value = table.get(_READ_ONLY, False)
    if not isinstance(value, bool):
        raise SettingsError(f"{place}: {_READ_ONLY} must be true or false")
    return value


def _check_distinct(path: Path, holders: list[TokenHolder]) -> None:
    first: dict[str, str] = {}
    for holder in holders:
        other = first.setdefault(holder.token_sha256, holder.caller.name)
        if other != holder.caller.name:
            raise SettingsError(f"{path}: {other} and {holder.caller.name} have the same token; give each their own")
