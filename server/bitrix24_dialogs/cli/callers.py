"""``caller``: who may call over HTTP."""

import os
import sys
from pathlib import Path

from bitrix24_dialogs.callers.admission import Admission, admission_of, own_token_file, usual_operators_file
from bitrix24_dialogs.callers.operators import add_caller, load_callers, remove_caller, rotate_caller
from bitrix24_dialogs.language.speech import Speech
from bitrix24_dialogs.settings import Settings


def run_add(settings: Settings, speech: Speech, name: str, *, read_only: bool) -> int:
    """Let ``name`` call; the token goes to standard output, and is shown this once.

    Raises:
        SettingsError: it could not be done, and nothing was changed.
    """
    file = _file(settings)
    but = _but(settings, speech)
    token = add_caller(file, name, read_only=read_only)
    if read_only:
        may = speech(
            "{name} may call (reading only) once the server is restarted; kept in {file}.", name=name, file=file
        )
    else:
        may = speech("{name} may call once the server is restarted; kept in {file}.", name=name, file=file)
    _show(speech, token, may + but)
    return 0


def run_rotate(settings: Settings, speech: Speech, name: str) -> int:
    """Give ``name`` a new token; it goes to standard output, and is shown this once.

    Raises:
        SettingsError: it could not be done, and nothing was changed.
    """
    token = rotate_caller(_file(settings), name)
    _show(
        speech,
        token,
        speech("The old token of {name} works until the server is restarted, and then no more.", name=name),
    )
    return 0


def run_remove(settings: Settings, speech: Speech, name: str) -> int:
    """Let ``name`` call no longer.

    Raises:
        SettingsError: it could not be done, and nothing was changed.
    """
    remove_caller(_file(settings), name)
    _tell(speech("{name} is removed. Their token works until the server is restarted, and then no more.", name=name))
    return 0


def run_list(settings: Settings, speech: Speech) -> int:
    """Print a line for each caller.

    Raises:
        SettingsError: the file cannot be used.
    """
    file = _file(settings)
    holders = load_callers(file).holders
    if not holders:
        _tell(speech("{file} names no caller; add one with: bitrix24-dialogs-mcp caller add NAME", file=file))
    for holder in holders:
        print(holder.caller.name, speech("read-only") if holder.caller.read_only else "", sep="\t")  # noqa: T201
    return 0


def _file(settings: Settings) -> Path:
    return settings.operators_file or usual_operators_file()


def _but(settings: Settings, speech: Speech) -> str:
    """What a new caller means for whoever calls without being in the file."""
    admission, _ = admission_of(settings)
    if admission is Admission.TOKEN_FILE:
        return "\n" + speech(
            "But BITRIX24_HTTP_TOKEN_FILE is set: a server with that setting lets in the token in that file alone."
        )
    if admission is Admission.OWN_TOKEN and os.path.lexists(own_token_file()):
        return "\n" + speech(
            "The token that was made for this machine works no more then: add a caller for yourself too."
        )
    return ""


def _show(speech: Speech, token: str, what: str) -> None:
    _tell(what + "\n" + speech("The token, shown only now:"))
    print(token)  # noqa: T201 - the one thing on standard output, so that it can be piped


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - what a person reads
