"""What the tests of changing the callers' file share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bitrix24_dialogs.callers.caller import Caller
from bitrix24_dialogs.callers.operators import load_callers
from bitrix24_dialogs.settings import SettingsError
from tests.gateway.harness import assert_one_line


def refused(change: Callable[..., Any], *arguments: Any, **options: Any) -> str:
    with pytest.raises(SettingsError) as error:
        change(*arguments, **options)
    message = str(error.value)
    assert_one_line(message)
    return message


def with_token(file: Path, token: str) -> Caller | None:
    return load_callers(file).with_token(token.encode())
