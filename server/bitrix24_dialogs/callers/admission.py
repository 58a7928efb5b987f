"""Who may call under the settings at hand: the operators' file, one token from a file, or a token of our own."""

import os
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address
from pathlib import Path

from bitrix24_dialogs.callers.caller import Caller, Callers, TokenHolder, new_token, token_sha256
from bitrix24_dialogs.callers.operators import load_callers
from bitrix24_dialogs.callers.storage import create_private, data_folder, open_to_others
from bitrix24_dialogs.language.phrase import Phrase, reason_of
from bitrix24_dialogs.settings import Settings, SettingsError, secret_from_file

_SHORTEST_TOKEN = 16
_TOKEN_SETTING = "BITRIX24_HTTP_TOKEN_FILE"  # noqa: S105 - the setting's name


class Admission(Enum):
    """What a caller shows."""

    OPERATORS = "a token of one of the callers in the operators' file"
    TOKEN_FILE = "the token in a file of the administrator's"  # noqa: S105
    OWN_TOKEN = "a token that this program made itself"  # noqa: S105
    NOTHING = "nothing, on loopback"


@dataclass(frozen=True)
class Door:
    """Who is let in.

    Attributes:
        admission: what a caller shows.
        callers: everybody who may call; None if nothing needs to be shown.
        file: where the callers or the token are kept.
    """

    admission: Admission
    callers: Callers | None
    file: Path | None = None


def open_door(settings: Settings, host: str) -> Door:
    """Who may call a server that listens on ``host``. Makes a token if none was made and nothing else is set.

    Raises:
        SettingsError: nobody could call, or everybody could, or what is configured cannot be used.
    """
    if settings.http_allow_anonymous:
        return _anonymous(settings, host)
    admission, file = admission_of(settings)
    if admission is Admission.OPERATORS and file is not None:
        callers = load_callers(file)
        if not callers.holders:
            raise SettingsError("{file} names no caller; add one with: bitrix24-dialogs-mcp caller add NAME", file=file)
        return Door(admission, callers, file)
    if admission is Admission.TOKEN_FILE and file is not None:
        return Door(admission, _one("token", token_from_file(file)), file)
    if not is_loopback(host):
        raise SettingsError(
            "Who may call? Listening on {host} needs BITRIX24_OPERATORS_FILE (make the file with: bitrix24-dialogs-mcp"
            " caller add NAME) or BITRIX24_HTTP_TOKEN_FILE; on 127.0.0.1 a token is made by itself",
            host=host,
        )
    return Door(admission, _one("owner", own_token()), own_token_file())


def admission_of(settings: Settings) -> tuple[Admission, Path | None]:
    """What a caller shows under these settings, and where it is kept. Reads and makes nothing.

    Raises:
        SettingsError: two ways are configured at once.
    """
    if settings.operators_file and settings.http_token_file:
        raise SettingsError("BITRIX24_OPERATORS_FILE and BITRIX24_HTTP_TOKEN_FILE are both set; leave one of them out")
    if settings.operators_file:
        return Admission.OPERATORS, settings.operators_file
    if settings.http_token_file:
        return Admission.TOKEN_FILE, settings.http_token_file
    usual = usual_operators_file()
    if os.path.lexists(usual):  # a link that leads nowhere must not change who may call
        return Admission.OPERATORS, usual
    return Admission.OWN_TOKEN, own_token_file()


def usual_operators_file() -> Path:
    """Where callers are kept if no setting says otherwise."""
    return data_folder() / "operators.toml"


def own_token_file() -> Path:
    """Where the token that this program makes itself is kept."""
    return data_folder() / "http-token"


def own_token() -> str:
    """This user's token; made if it is not there yet.

    Raises:
        SettingsError: it can be neither read nor made, or others can read it.
    """
    path = own_token_file()
    try:
        create_private(path, new_token() + "\n")
        shared = open_to_others(path)
    except OSError as error:
        raise SettingsError(
            "A token cannot be kept in {path} ({reason}); set BITRIX24_HTTP_TOKEN_FILE to a file that holds one",
            path=path,
            reason=reason_of(error, Phrase("unwritable")),
        ) from None
    if shared:
        raise SettingsError(
            "{path} holds a token, and others can read or change it; delete the file, and the next start makes a new"
            " one",
            path=path,
        )
    try:
        return _checked(secret_from_file(path, str(path)), str(path))
    except SettingsError as error:
        raise SettingsError(
            "{problem}; delete the file, and the next start makes a new one", problem=error.phrase
        ) from None


def token_from_file(file: Path) -> str:
    """The token in the file that ``BITRIX24_HTTP_TOKEN_FILE`` names.

    Raises:
        SettingsError: it cannot be read, or holds no usable token.
    """
    return _checked(secret_from_file(file, _TOKEN_SETTING), _TOKEN_SETTING)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens on ``host``."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _anonymous(settings: Settings, host: str) -> Door:
    if not is_loopback(host):
        raise SettingsError(
            "BITRIX24_HTTP_ALLOW_ANONYMOUS is for trials on this machine: anybody who reaches {host} could act on your"
            " dialogs. Listen on 127.0.0.1, or leave the setting out and use tokens",
            host=host,
        )
    if settings.operators_file or settings.http_token_file:
        raise SettingsError(
            "BITRIX24_HTTP_ALLOW_ANONYMOUS would let everybody past the tokens that are set; leave it out"
        )
    return Door(Admission.NOTHING, None)


def _checked(token: str, source: str) -> str:
    if not token.isascii() or not token.isprintable() or " " in token or len(token) < _SHORTEST_TOKEN:
        raise SettingsError(
            "{source}: expected one token of at least {number} letters, digits and signs without spaces, such as"
            " `openssl rand -hex 32` makes",
            source=source,
            number=_SHORTEST_TOKEN,
        )
    return token


def _one(name: str, token: str) -> Callers:
    return Callers([TokenHolder(Caller(name), token_sha256(token.encode()))])
