"""``operators.toml``: who may call, by name, with the hash of each one's token.

[callers.anna]
token_sha256 = "..."     # 64 hexadecimal digits, written by `bitrix24-dialogs-mcp caller add anna`
read_only = true         # optional: only tools that change nothing
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bitrix24_dialogs.callers.caller import TOKEN_PREFIX, Caller, Callers, TokenHolder, new_token, token_sha256
from bitrix24_dialogs.callers.rewriting import with_table, with_value, without_table
from bitrix24_dialogs.callers.storage import make_folder, one_at_a_time, write_private
from bitrix24_dialogs.settings import SettingsError

Entries = dict[str, Any]
"""What stands in the file under each name, whatever it is."""

_TABLE = "callers"
_HASH = "token_sha256"
_READ_ONLY = "read_only"
_NAME = re.compile(rf"(?!{TOKEN_PREFIX})[^\W_][\w.@-]{{0,63}}")
_NAMES = "1 to 64 letters, digits and any of . _ - @, begins with a letter or digit, and is no token"
_NO_TABLE = f"it must be a table, with {_HASH} in it"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PLACE = re.compile(r"\(at (line \d+, column \d+|end of document)\)$")
_HEAD = "# Who may call this server. Tokens are kept as hashes; make one with: bitrix24-dialogs-mcp caller add NAME\n\n"
_LARGEST = 1024 * 1024


def load_callers(path: Path) -> Callers:
    """Everybody in the file.

    Raises:
        SettingsError: it cannot be read, or something in it is not as it must be; nothing of it is used then.
    """
    return parse_callers(_read(path), path)


def parse_callers(text: str, path: Path) -> Callers:
    """Everybody in ``text``, the contents of ``path``.

    Raises:
        SettingsError: as for `load_callers`. It says where, and repeats nothing but names: somebody may have put a
            token into the file.
    """
    holders = [_holder(path, name, table) for name, table in _entries(text, path).items()]
    _check_distinct(path, holders)
    return Callers(holders)


def add_caller(path: Path, name: str, *, read_only: bool) -> str:
    """Let ``name`` call, and return the token, which is kept nowhere. The file is made if there is none.

    Raises:
        SettingsError: the name is taken or cannot be one, or the file cannot be used; it is unchanged.
    """
    if not _NAME.fullmatch(name):
        raise SettingsError(f"This name cannot be used; a caller's name has {_NAMES}")
    token = new_token()
    entry: dict[str, object] = {_HASH: token_sha256(token.encode())}
    if read_only:
        entry[_READ_ONLY] = True

    def added(callers: Entries) -> Entries:
        if name in callers:
            raise SettingsError(
                f"{name} is in {path} already; for a new token: bitrix24-dialogs-mcp caller rotate {name}"
            )
        return {**callers, name: entry}

    _edit(path, added, lambda text: with_table(text, _TABLE, name, entry), adding=True)
    return token


def rotate_caller(path: Path, name: str) -> str:
    """Give ``name`` a new token in place of the old one, and return it.

    Raises:
        SettingsError: there is no such caller, or the file cannot be used; it is unchanged.
    """
    token = new_token()
    stored = token_sha256(token.encode())

    def rotated(callers: Entries) -> Entries:
        entry = _known(callers, name, path)
        entry = {**entry, _HASH: stored} if isinstance(entry, dict) else entry
        _holder(path, name, entry)  # no token is made that another mistake would keep from working
        return {**callers, name: entry}

    _edit(path, rotated, lambda text: with_value(text, _TABLE, name, _HASH, stored))
    return token


def remove_caller(path: Path, name: str) -> None:
    """Let ``name`` call no longer.

    Raises:
        SettingsError: there is no such caller, or the file cannot be used; it is unchanged.
    """

    def removed(callers: Entries) -> Entries:
        _known(callers, name, path)
        return {other: entry for other, entry in callers.items() if other != name}

    _edit(path, removed, lambda text: without_table(text, _TABLE, name))


def _known(callers: Entries, name: str, path: Path) -> Any:
    if name not in callers:
        raise SettingsError(f"There is no such caller in {path}; for their names: bitrix24-dialogs-mcp caller list")
    return callers[name]


def _edit(
    path: Path, change: Callable[[Entries], Entries], rewrite: Callable[[str], str], *, adding: bool = False
) -> None:
    """Write the file anew with what ``rewrite`` makes of its text, if that says what ``change`` makes of its entries.

    Nobody is added to a file with mistakes in it; any other change may be the one that mends it.
    """
    try:
        if adding:
            make_folder(path.parent)
        with one_at_a_time(path):
            text = _read(path, _HEAD if adding else None)
            if adding:
                parse_callers(text, path)
            wanted = change(_entries(text, path))
            rewritten = rewrite(text)
            if not _says(rewritten, wanted):
                raise SettingsError(
                    f"{path} is written in a way that this command cannot change; begin each caller with a line"
                    f" [{_TABLE}.NAME], or change it by hand"
                )
            write_private(path, rewritten)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written ({error.strerror or 'unwritable'})") from None


def _says(text: str, wanted: Entries) -> bool:
    try:
        return bool(tomllib.loads(text).get(_TABLE, {}) == wanted)
    except tomllib.TOMLDecodeError:
        return False


def _read(path: Path, otherwise: str | None = None) -> str:
    """The file's text, or ``otherwise`` if there is no file."""
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
    except FileNotFoundError:
        if otherwise is not None:
            return otherwise
        raise SettingsError(f"{path} is not there; make it with: bitrix24-dialogs-mcp caller add NAME") from None
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read ({error.strerror or 'unreadable'}); it must be a file that this user may read"
        ) from None
    if len(content) > _LARGEST:
        raise SettingsError(f"{path} is larger than a megabyte; a list of callers is much smaller")
    try:
        return content.decode("utf-8-sig")
    except UnicodeError:
        raise SettingsError(f"{path} is not UTF-8 text; save it as UTF-8") from None


def _entries(text: str, path: Path) -> Entries:
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # numbers and nesting beyond all measure are no TOMLDecodeError
        # Of the library's message only the place: the rest may quote the file.
        place = _PLACE.search(str(error))
        where = f"mistake at {place[1]}" if place else "something in it is far too long"
        raise SettingsError(f"{path} is not valid TOML ({where}); correct it by hand") from None
    entries = document.get(_TABLE, {})
    if set(document) - {_TABLE} or not isinstance(entries, dict):
        raise SettingsError(f"{path}: nothing but tables named [{_TABLE}.NAME] may stand in it; check the spelling")
    return entries


def _holder(path: Path, name: str, table: object) -> TokenHolder:
    if not _NAME.fullmatch(name):
        raise SettingsError(f"{path}: the name of a caller in it cannot be used; a name has {_NAMES}")
    place = f"{path}, [{_TABLE}.{name}]"
    if not isinstance(table, dict):
        raise SettingsError(f"{place}: {_NO_TABLE}")
    return TokenHolder(Caller(name, read_only=_read_only(place, table)), _hash(place, name, table))


def _hash(place: str, name: str, table: Mapping[str, object]) -> str:
    stored = table.get(_HASH)
    if not isinstance(stored, str) or not _SHA256.fullmatch(stored.lower()):
        raise SettingsError(
            f"{place}: {_HASH} must be 64 hexadecimal digits; to set it anew: bitrix24-dialogs-mcp caller rotate {name}"
        )
    return stored.lower()


def _read_only(place: str, table: Mapping[str, object]) -> bool:
    if set(table) - {_HASH, _READ_ONLY}:  # a misspelt read_only would protect nobody
        raise SettingsError(f"{place}: nothing but {_HASH} and {_READ_ONLY} may stand there; check the spelling")
    value = table.get(_READ_ONLY, False)
    if not isinstance(value, bool):
        raise SettingsError(f"{place}: {_READ_ONLY} must be true or false, without quotes")
    return value


def _check_distinct(path: Path, holders: list[TokenHolder]) -> None:
    first: dict[str, str] = {}
    for holder in holders:
        name = holder.caller.name
        other = first.setdefault(holder.token_sha256, name)
        if other != name:
            raise SettingsError(
                f"{path}: {other} and {name} have the same token; to give {name} another:"
                f" bitrix24-dialogs-mcp caller rotate {name}"
            )
