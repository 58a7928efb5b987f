"""``caller``: who may call over HTTP."""

import os
import sys
from pathlib import Path

from bitrix24_dialogs.callers.admission import Admission, admission_of, own_token_file, usual_operators_file
from bitrix24_dialogs.callers.operators import add_caller, load_callers, remove_caller, rotate_caller
from bitrix24_dialogs.settings import Settings


def run_add(settings: Settings, name: str, *, read_only: bool) -> int:
    """Let ``name`` call; the token goes to standard output, and is shown this once.

    Raises:
        SettingsError: it could not be done, and nothing was changed.
    """
    file = _file(settings)
    but = _but(settings)
    token = add_caller(file, name, read_only=read_only)
    what = " (reading only)" if read_only else ""
    _show(token, f"{name} may call{what} once the server is restarted; kept in {file}.{but}")
    return 0


def run_rotate(settings: Settings, name: str) -> int:
    """Give ``name`` a new token; it goes to standard output, and is shown this once.

    Raises:
        SettingsError: it could not be done, and nothing was changed.
    """
    token = rotate_caller(_file(settings), name)
    _show(token, f"The old token of {name} works until the server is restarted, and then no more.")
    return 0


def run_remove(settings: Settings, name: str) -> int:
    """Let ``name`` call no longer.

    Raises:
        SettingsError: it could not be done, and nothing was changed.
    """
    remove_caller(_file(settings), name)
    _tell(f"{name} is removed. Their token works until the server is restarted, and then no more.")
    return 0


def run_list(settings: Settings) -> int:
    """Print a line for each caller.

    Raises:
        SettingsError: the file cannot be used.
    """
    file = _file(settings)
    holders = load_callers(file).holders
    if not holders:
        _tell(f"{file} names no caller; add one with: bitrix24-dialogs-mcp caller add NAME")
    for holder in holders:
        print(holder.caller.name, "read-only" if holder.caller.read_only else "", sep="\t")  # noqa: T201
    return 0


def _file(settings: Settings) -> Path:
    return settings.operators_file or usual_operators_file()


def _but(settings: Settings) -> str:
    """What a new caller means for whoever calls without being in the file."""
    admission, _ = admission_of(settings)
    if admission is Admission.TOKEN_FILE:
        return "\nBut BITRIX24_HTTP_TOKEN_FILE is set: a server with that setting lets in the token in that file alone."
    if admission is Admission.OWN_TOKEN and os.path.lexists(own_token_file()):
        return "\nThe token that was made for this machine works no more then: add a caller for yourself too."
    return ""


def _show(token: str, what: str) -> None:
    _tell(f"{what}\nThe token, shown only now:")
    print(token)  # noqa: T201 - the one thing on standard output, so that it can be piped


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - what a person reads
