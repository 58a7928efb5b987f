"""``caller``: who may call over HTTP."""

import sys
from pathlib import Path

from bitrix24_dialogs.callers.admission import usual_operators_file
from bitrix24_dialogs.callers.operators import add_caller, load_callers, remove_caller, rotate_caller
from bitrix24_dialogs.settings import Settings


def run_add(settings: Settings, name: str, *, read_only: bool) -> int:
    """Let ``name`` call; the token goes to standard output, and is shown this once.

    Raises:
        SettingsError: it could not be done, and nothing was changed.
    """
    file = _file(settings)
    token = add_caller(file, name, read_only=read_only)
    _show(token, f"{name} may call{' (reading only)' if read_only else ''} from the next start on; kept in {file}.")
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
    _tell(f"{name} is removed. The token works until the server is restarted, and then no more.")
    return 0


def run_list(settings: Settings) -> int:
    """Print a line for each caller.

    Raises:
        SettingsError: the file cannot be used.
    """
    for holder in load_callers(_file(settings)).holders:
        print(holder.caller.name, "read-only" if holder.caller.read_only else "", sep="\t")  # noqa: T201
    return 0


def _file(settings: Settings) -> Path:
    return settings.operators_file or usual_operators_file()


def _show(token: str, what: str) -> None:
    _tell(f"{what}\nThe token, shown only now:")
    print(token)  # noqa: T201 - the one thing on standard output, so that it can be piped


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - what a person reads
