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
from bitrix24_dialogs.language.phrase import Phrase, reason_of
from bitrix24_dialogs.settings import SettingsError

Entries = dict[str, Any]
"""What stands in the file under each name, whatever it is."""

_TABLE = "callers"
_HASH = "token_sha256"
_READ_ONLY = "read_only"
_NAME = re.compile(rf"(?!{TOKEN_PREFIX})[^\W_][\w.@-]{{0,63}}")
_NAMES = Phrase("1 to 64 letters, digits and any of . _ - @, begins with a letter or digit, and is no token")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PLACE = re.compile(r"\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
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
        raise SettingsError("This name cannot be used; a caller's name has {names}", names=_NAMES)
    token = new_token()
    entry: dict[str, object] = {_HASH: token_sha256(token.encode())}
    if read_only:
        entry[_READ_ONLY] = True

    def added(callers: Entries) -> Entries:
        if name in callers:
            raise SettingsError(
                "{name} is in {path} already; for a new token: bitrix24-dialogs-mcp caller rotate {name}",
                name=name,
                path=path,
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
        raise SettingsError(
            "There is no such caller in {path}; for their names: bitrix24-dialogs-mcp caller list", path=path
        )
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
                    "{path} is written in a way that this command cannot change; begin each caller with a line"
                    " [callers.NAME], or change it by hand",
                    path=path,
                )
            write_private(path, rewritten)
    except OSError as error:
        reason = reason_of(error, Phrase("unwritable"))
        raise SettingsError("{path} cannot be written ({reason})", path=path, reason=reason) from None


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
        raise SettingsError(
            "{path} is not there; make it with: bitrix24-dialogs-mcp caller add NAME", path=path
        ) from None
    except OSError as error:
        raise SettingsError(
            "{path} cannot be read ({reason}); it must be a file that this user may read",
            path=path,
            reason=reason_of(error, Phrase("unreadable")),
        ) from None
    if len(content) > _LARGEST:
        raise SettingsError("{path} is larger than a megabyte; a list of callers is much smaller", path=path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeError:
        raise SettingsError("{path} is not UTF-8 text; save it as UTF-8", path=path) from None


def _entries(text: str, path: Path) -> Entries:
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # numbers and nesting beyond all measure are no TOMLDecodeError
        # Of the library's message only the place: the rest may quote the file.
        place = _PLACE.search(str(error))
        raise SettingsError(
            "{path} is not valid TOML ({where}); correct it by hand", path=path, where=_where(place)
        ) from None
    entries = document.get(_TABLE, {})
    if set(document) - {_TABLE} or not isinstance(entries, dict):
        raise SettingsError(
            "{path}: nothing but tables named [callers.NAME] may stand in it; check the spelling", path=path
        )
    return entries


def _where(place: re.Match[str] | None) -> Phrase:
    if place is None:
        return Phrase("something in it is far too long")
    if place["line"] is None:
        return Phrase("mistake at end of document")
    return Phrase("mistake at line {line}, column {column}", line=place["line"], column=place["column"])


def _holder(path: Path, name: str, table: object) -> TokenHolder:
    if not _NAME.fullmatch(name):
        raise SettingsError(
            "{path}: the name of a caller in it cannot be used; a name has {names}", path=path, names=_NAMES
        )
    place = f"{path}, [{_TABLE}.{name}]"
    if not isinstance(table, dict):
        raise SettingsError("{place}: it must be a table, with token_sha256 in it", place=place)
    return TokenHolder(Caller(name, read_only=_read_only(place, table)), _hash(place, name, table))


def _hash(place: str, name: str, table: Mapping[str, object]) -> str:
    stored = table.get(_HASH)
    if not isinstance(stored, str) or not _SHA256.fullmatch(stored.lower()):
        raise SettingsError(
            "{place}: token_sha256 must be 64 hexadecimal digits; to set it anew: bitrix24-dialogs-mcp caller rotate"
            " {name}",
            place=place,
            name=name,
        )
    return stored.lower()


def _read_only(place: str, table: Mapping[str, object]) -> bool:
    if set(table) - {_HASH, _READ_ONLY}:  # a misspelt read_only would protect nobody
        raise SettingsError(
            "{place}: nothing but token_sha256 and read_only may stand there; check the spelling", place=place
        )
    value = table.get(_READ_ONLY, False)
    if not isinstance(value, bool):
        raise SettingsError("{place}: read_only must be true or false, without quotes", place=place)
    return value


def _check_distinct(path: Path, holders: list[TokenHolder]) -> None:
    first: dict[str, str] = {}
    for holder in holders:
        name = holder.caller.name
        other = first.setdefault(holder.token_sha256, name)
        if other != name:
            raise SettingsError(
                "{path}: {other} and {name} have the same token; to give {name} another: bitrix24-dialogs-mcp caller"
                " rotate {name}",
                path=path,
                other=other,
                name=name,
            )
