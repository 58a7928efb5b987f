"""In which language whoever runs a command is spoken to, and how errors are said in it."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

from bitrix24_dialogs.gateway.errors import PortalError
from bitrix24_dialogs.language.speech import Code, Speech
from bitrix24_dialogs.settings import first_look

_SETTING = "BITRIX24_LANGUAGE"


def language_of(environment: Mapping[str, str], argv: Sequence[str]) -> Code:
    """The language that is set, known before the command line is understood; English if none or a wrong one is."""
    chosen = first_look(_SETTING, environment, _env_file(argv)).strip().lower()
    languages: Mapping[str, Code] = {code: code for code in get_args(Code)}
    return languages.get(chosen, "en")


def portal_problem(speech: Speech, error: PortalError) -> str:
    """What went wrong at the portal, and what to do about it."""
    what = speech.of(error.what)
    if error.code:
        what = speech("{what} (portal code {code})", what=what, code=error.code)
    return f"{what}. {speech.of(error.advice)}"


def _env_file(argv: Sequence[str]) -> Path | None:
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("--env-file", type=Path)
    try:
        known, _ = parser.parse_known_args(argv)
    except argparse.ArgumentError:  # told, in English, once the whole line is looked at
        return None
    return known.env_file if isinstance(known.env_file, Path) else None
